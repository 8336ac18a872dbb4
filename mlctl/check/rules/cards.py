"""Cards: what people must know of a model before they use it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlctl.check.rule import Finding, rule
from mlctl.core.project import Project
from mlctl.core.standards import Standards

HOLLOW = re.compile(
    r"\b(TODO|TBD|FIXME|lorem ipsum)\b|\[More Information Needed\]|<!--\s*(fill|write|describe)[^>]*-->"
    r"|\{\{[^}]*\}\}|to be (written|filled|completed)\b",
    re.I,
)
GOOD = "# Card\n## Intended use\nA\n## Limitations\nB\n## Training data\nC\n## Owner\nD\n"


@rule(
    "CRD102",
    "the model card is filled in",
    stage="production",
    severity="warning",
    requires=("CRD101",),
    passes=[{"MODEL_CARD.md": GOOD}, {"README.md": ""}],
    fails=[
        {"MODEL_CARD.md": GOOD.replace("B", "TODO")},
        {"MODEL_CARD.md": GOOD.replace("## Owner\nD\n", "")},
        {"MODEL_CARD.md": GOOD.replace("C\n", "")},
    ],
)
def the_card_is_filled_in(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A card of headings only tells nobody when not to use the model.

    Write the named sections of the card; "not applicable" with a reason is an answer.
    """
    path = next(iter(project.find(*standards.names("model_cards"))), "")
    if not path:
        return
    text = project.text(path)
    hollow = HOLLOW.search(text)
    if hollow:
        yield Finding(path, f"it still says '{hollow[0][:40]}'", text.count("\n", 0, hollow.start()) + 1)
    sections = _sections(text)
    for wanted in standards.names("card_sections"):
        bodies = [body for head, body in sections if wanted in head]
        if not bodies:
            yield Finding(path, f"it has no section on {wanted}")
        elif not any(body.strip() for body in bodies):
            yield Finding(path, f"its section on {wanted} is empty")


def _sections(text: str) -> list[tuple[str, str]]:
    """Return (heading in lower case, text below it and its own subsections)."""
    parts = re.split(r"(?m)^(#+)\s+(.+)$", text)
    found = []
    for at in range(1, len(parts) - 2, 3):
        body = parts[at + 2]
        below = at + 3
        while below < len(parts) - 2 and len(parts[below]) > len(parts[at]):
            body += parts[below + 1] + parts[below + 2]
            below += 3
        found.append((parts[at + 1].strip().lower(), body))
    return found

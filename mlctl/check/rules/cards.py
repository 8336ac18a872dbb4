"""Cards: what people must know of a model before they use it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlctl.check.rule import Finding, rule
from mlctl.check.rules.data import datasets
from mlctl.core.project import Project
from mlctl.core.standards import Standards

HOLLOW = re.compile(
    r"\b(TODO|TBD|FIXME|lorem ipsum)\b|\[More Information Needed\]|<!--\s*(fill|write|describe)[^>]*-->"
    r"|\{\{[^}]*\}\}|to be (written|filled|completed)\b",
    re.I,
)
GOOD = "# Card\n## Intended use\nA\n## Limitations\nB\n## Training data\nC\n## Owner\nD\n"
METRICS = re.compile(
    r"\b(roc[ _-]auc|average[ _-]precision|log[ _-]loss|accuracy|f1(?:[ _-]score)?|rmse|mae|mape|r2|brier)\b", re.I
)
CURRENT = GOOD.replace("C\n", "The set `customers`, judged by roc_auc.\n").replace("D\n", "@growth\n")
KNOWN = {
    ".mlctl/project.yml": "owner: '@growth'\n",
    "gate.yml": "metric: roc_auc\n",
    "datasets.yml": "datasets: {customers: {uri: s3://b/customers.csv}}\n",
}


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


@rule(
    "CRD103",
    "the model card is current",
    stage="production",
    severity="warning",
    requires=("CRD101", "CRD102"),
    passes=[
        {"MODEL_CARD.md": CURRENT, **KNOWN},
        {"MODEL_CARD.md": GOOD, **KNOWN},
        {"README.md": ""},
    ],
    fails=[
        {"MODEL_CARD.md": CURRENT.replace("@growth", "@risk"), **KNOWN},
        {"MODEL_CARD.md": CURRENT.replace("roc_auc", "rmse"), **KNOWN},
        {
            "MODEL_CARD.md": CURRENT.replace("`customers`", "`visitors.csv`").replace("# Card", "# Card\n2 `a.csv`"),
            **KNOWN,
        },
    ],
)
def the_card_is_current(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A card that tells of last year's model is worse than none: it is believed.

    Let the card name the owner, the metric and the data of .mlctl/project.yml, gate.yml and datasets.yml.
    """
    path = next(iter(project.find(*standards.names("model_cards"))), "")
    if not path:
        return
    text = project.text(path)
    owner = str(project.facts.get("owner") or "")
    named = re.findall(r"(?<![\w/])@[\w-]+(?:/[\w-]+)?", _section(text, "owner"))
    if owner.startswith("@") and named and owner not in named:
        yield Finding(path, f"it names {named[0]} as the owner, the record says {owner}", _at(text, named[0]))
    metric = _metric(project)
    told = [word for word in dict.fromkeys(METRICS.findall(text)) if _plain(word) != _plain(metric)]
    if metric and told and not re.search(rf"\b{re.escape(metric)}\b|\b{_plain(metric, ' ')}\b", text, re.I):
        yield Finding(path, f"it tells of {told[0]}, the gate judges by {metric}", _at(text, told[0]))
    sets = datasets(project)[1]
    files = re.findall(r"`([^`\s]+\.(?:csv|parquet|json|feather))`", _section(text, "data"))
    uris = [str(said.get("uri")) for said in sets.values()]
    lost = [one for one in files if not any(uri.endswith(one) for uri in uris) and one not in project.names]
    if uris and lost:
        yield Finding(path, f"it names {lost[0]} as data, and datasets.yml does not", _at(text, lost[0]))


def _section(text: str, wanted: str) -> str:
    """Return what stands in the sections of a card whose heading holds a word."""
    return "\n".join(body for head, body in _sections(text) if wanted in head)


def _metric(project: Project) -> str:
    """Return the metric that the gate judges by, nothing where none is named."""
    path = next(iter(project.find("gate.yml", "gate.yaml", "src/*/gate.yml")), "")
    found = re.search(r"(?m)^metric:\s*([\w.-]+)", project.text(path)) if path else None
    return found[1] if found else ""


def _plain(word: str, between: str = "") -> str:
    return re.sub(r"[\s_-]+", between, word).lower()


def _at(text: str, word: str) -> int:
    return text.count("\n", 0, text.find(word)) + 1

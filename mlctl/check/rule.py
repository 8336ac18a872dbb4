"""What a rule is: a promise with its reason, its mend, its examples, and a function that looks whether it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mlctl.check.source import Source
    from mlctl.core.project import Project
    from mlctl.core.standards import Standards

STAGES = ("explore", "shared", "production", "regulated")
SEVERITIES = ("info", "warning", "error")
EVIDENCE = ("observed", "demonstrated", "attested")
POLICIES = ("recommended", "required", "locked")
FAMILIES = {
    "PRJ": "project", "DAT": "data", "FEA": "features and skew", "TRN": "training", "EVL": "evaluation",
    "SRV": "serving", "DPL": "deployment", "MON": "monitoring", "RTR": "retraining", "SEC": "security",
    "CRD": "cards", "TPL": "template", "WVR": "waivers",
}  # fmt: skip
Example = Mapping[str, str]
EXAMPLE_DAY = "2027-01-01"  # the day on which the examples are looked at


class Finding(NamedTuple):
    """A place where a promise is broken; `line` counts from 1, 0 is the file as a whole, `edit` names a safe fix."""

    path: str
    message: str
    line: int = 0
    edit: str = ""


class Rule(NamedTuple):
    """A promise. `look` yields findings. For rules over one file: `words` are in every file worth looking into,
    `syntax` tells whether a file that is no Python is not for it. What is `attestable` may be kept elsewhere. Where
    `unless(code, path)` holds, the project keeps it for that file in another way.
    """

    code: str
    name: str
    stage: str
    severity: str
    policy: str
    scope: str
    since: str
    why: str
    mend: str
    look: Callable[..., Iterable[Finding]]
    passes: tuple[Example, ...] = ()
    fails: tuple[Example, ...] = ()
    fix: str = "none"
    evidence: str = "observed"
    effective_on: str = ""
    requires: tuple[str, ...] = ()
    words: str = ""
    syntax: bool = True
    attestable: bool = False
    unless: Callable[..., bool] | None = None
    origin: str = "mlctl"

    @property
    def family(self) -> str:
        """The name of the rule's family; its letters where a platform has one of its own."""
        return FAMILIES.get(self.code[:3], self.code[:3])


PUBLISHES = r"pypi-publish|\btwine upload|\b(uv|poetry|hatch|flit|pdm|maturin) publish|cibuildwheel"
REGISTRY: dict[str, Rule] = {}


def rule(
    code: str, name: str, *, stage: str, passes: Any, fails: Any, severity: str = "error", since: str = "0.1",
    policy: str = "recommended", fix: str = "none", evidence: str = "observed", effective_on: str = "",
    requires: tuple[str, ...] = (), scope: str = "project", words: str = "",
    syntax: bool = True, attestable: bool = False, unless: Callable[..., bool] | None = None,
) -> Callable[[Callable[..., Iterable[Finding]]], Callable[..., Iterable[Finding]]]:  # fmt: skip
    """Register a function as the rule `code`; its docstring's first paragraph is the why, its last the mend.

    `passes` and `fails` are sketches ({path: text}, or several); raises ValueError where one is missing.
    """

    def register(look: Callable[..., Iterable[Finding]]) -> Callable[..., Iterable[Finding]]:
        paragraphs = [" ".join(p.split()) for p in (look.__doc__ or "").split("\n\n") if p.strip()]
        if len(paragraphs) < 2 or passes is None or fails is None or code in REGISTRY:
            raise ValueError(f"{code} needs a why, a mend, two examples and a code of its own")
        REGISTRY[code] = Rule(
            code, name, stage, severity, policy, scope, since, paragraphs[0], paragraphs[-1], look, _examples(passes),
            _examples(fails), fix, evidence, effective_on, requires, words, syntax, attestable, unless,
        )  # fmt: skip
        return look

    return register


def _examples(said: Example | Iterable[Example]) -> tuple[Example, ...]:
    return (said,) if isinstance(said, Mapping) else tuple(said)


def file_rule(
    code: str, name: str, *, words: str, stage: str, passes: Any, fails: Any, severity: str = "warning", **more: Any
) -> Callable[[Callable[[Source, Standards], Iterable[Finding]]], Callable[..., Iterable[Finding]]]:
    """Register a rule over one file at a time; every file of interest holds one of `words`, parted by `|`.

    An example may be a text: the content of `src/train.py`.
    """

    def sketches(said: Any) -> tuple[Example, ...]:
        said = (said,) if isinstance(said, (str, Mapping)) else said
        return tuple({"src/train.py": one} if isinstance(one, str) else one for one in said)

    return rule(
        code, name, stage=stage, passes=sketches(passes), fails=sketches(fails), severity=severity, scope="file",
        words=words, **more,
    )  # fmt: skip


def reached(stage: str, at: str, stages: Iterable[str] = STAGES) -> bool:
    """Tell whether a project at the stage `at` has reached `stage`."""
    order = list(stages)
    return stage in order and at in order and order.index(stage) <= order.index(at)


def asked(project: Project, name: str) -> bool:
    """Tell whether the project declares a `name`: an entry point or a fact that is neither empty nor "none"."""
    return bool(project.entry(name)) or project.facts.get(name) not in (None, "", "none", False, [], {})


def library(project: Project) -> bool:
    """Tell whether this is a library, published for others, and no model: no record, but classifiers or a release."""
    from mlctl.check.ci import written

    said = project.text("pyproject.toml") + project.text("setup.py") + project.text("setup.cfg")
    classified = re.search(r"Development Status ::|Programming Language :: Python|Topic ::", said)
    return not project.recorded and bool(classified or re.search(PUBLISHES, written(project)))

"""Evaluation: better than guessing, good enough, and held to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlctl.check import ci
from mlctl.check.rule import Finding, rule
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards

GATES = (
    "gate.yml",
    "gate.yaml",
    "src/*/gate.yml",
    "**/gate*.y*ml",
    "**/thresholds.y*ml",
    "conf*/**/evaluat*.y*ml",
    "**/quality_gate*.y*ml",
)
LIMITS = re.compile(
    r"(?m)^\s*[\"']?(floors?|thresholds?|min(imum)?(_\w+)?|max(imum)?_\w+|acceptance|limits?|tolerance)[\"']?\s*:"
)
ENFORCED = (
    r"(?i)(\bgate\b|\bdemo\b|validate[-_]model|check[-_]metrics|quality[-_]gate|metrics diff|model[-_]validation)"
)
GATE = {"src/churn/gate.yml": "floors: {auc: 0.7}\nbaseline: {margin: 0.05}"}
CI = {".github/workflows/ci.yml": "on: [pull_request]\njobs: {c: {steps: [{run: churn gate}]}}"}


@rule(
    "EVL101",
    "a baseline is compared",
    stage="production",
    evidence="demonstrated",
    passes={PROJECT: "evidence"},
    fails={PROJECT: "none"},
)
def a_baseline_is_compared(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A model that is no better than guessing costs money for nothing.

    Let the evaluation write the metric of a naive guess as `baseline` beside the model's.
    """
    found = project.memo("evidence", lambda: None)
    if not _holds(found or {}, "baseline"):
        yield Finding(PROJECT, "no result of the project's own commands names a baseline")


def _holds(value: Any, name: str) -> bool:
    """Tell whether a document has the key `name` with something in it, at any depth."""
    todo = [value]
    while todo:
        here = todo.pop()
        if isinstance(here, Mapping):
            if any(
                str(key).lower().startswith(name) and inner not in (None, "", {}, []) for key, inner in here.items()
            ):
                return True
            todo += here.values()
        elif isinstance(here, list):
            todo += here
    return False


@rule(
    "EVL102",
    "acceptance thresholds are tracked and enforced",
    stage="production",
    policy="required",
    passes={**GATE, **CI},
    fails=[{"README.md": ""}, GATE, {**CI, "gate.yml": "metric: auc"}],
)
def thresholds_are_enforced(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A threshold that nobody checks is a wish.

    Write the floors into gate.yml, and let CI run the gate.
    """
    paths = project.find(*GATES)
    gate = next((path for path in paths if LIMITS.search(project.text(path))), "")
    if not gate:
        yield Finding(paths[0] if paths else "gate.yml", "no acceptance threshold is tracked")
    elif not ci.runs(project, ENFORCED):
        yield Finding(gate, "CI does not run the gate that enforces it")

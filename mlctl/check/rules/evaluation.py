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
LOSSES = re.compile(r"loss|error|\b(mae|r?mse|mape|smape|wape)|brier|deviance|perplexity", re.I)
SCORES = re.compile(r"auc|accuracy|precision|recall|\bf1|\bf_?beta|\br2|score|ndcg|kappa|mcc|\biou|dice", re.I)
DEMO = "build/demo.json"
GATE = {"src/churn/gate.yml": "floors: {auc: 0.7}\nbaseline: {margin: 0.05}"}
CI = {".github/workflows/ci.yml": "on: [pull_request]\njobs: {c: {steps: [{run: churn gate}]}}"}


@rule(
    "EVL101",
    "a baseline is compared",
    stage="production",
    evidence="demonstrated",
    passes=[
        {DEMO: '{"roc_auc": {"value": 0.8, "baseline": 0.5}}'},
        {DEMO: '{"baseline": {"mae": 3}, "run": {"mae": 2}}'},
    ],
    fails=[
        {DEMO: '{"roc_auc": 0.8, "baseline": null}'},
        {DEMO: '{"rmse": {"value": 9.0, "baseline": 2.5}}'},
        {DEMO: '{"baseline": {"f1": 0.5}, "run": {"f1": 0.4}}'},
    ],
)
def a_baseline_is_compared(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A model that is no better than guessing costs money for nothing.

    Let the evaluation write the metric of a naive guess as `baseline` beside the model's `value`, and beat it.
    """
    told = list(_compared(project.memo("evidence", dict) or {}))
    if not told:
        yield Finding(PROJECT, "no result of the project's own commands names a baseline")
    for name, value, baseline in told:
        worse = value is not None and (
            (LOSSES.search(name) and value >= baseline) or (SCORES.search(name) and value <= baseline)
        )
        if worse:
            yield Finding(PROJECT, f"{name} is {value:.4g}, no better than the baseline's {baseline:.4g}")


def _compared(evidence: Mapping[str, Any]) -> Iterator[tuple[str, float | None, float]]:
    """Yield name, value and baseline of each metric that has a `baseline` beside it, alone or in a table of them."""
    todo: list[tuple[str, Any]] = [("", evidence)]
    while todo:
        name, here = todo.pop()
        if isinstance(here, list):
            todo += [(name, one) for one in here]
        if not isinstance(here, Mapping):
            continue
        todo += here.items()
        base = next((one for key, one in here.items() if str(key).lower().startswith("baseline")), None)
        if isinstance(base, Mapping):
            beside = {
                k: v for one in here.values() if isinstance(one, Mapping) and one is not base for k, v in one.items()
            }
            known = {**beside, **here}
            yield from ((key, _number(known.get(key)), one) for key, one in base.items() if _number(one) is not None)
        elif (number := _number(base)) is not None:
            yield str(name), _number(here.get("value")), number


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


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

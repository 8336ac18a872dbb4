"""Retraining: the same path as the first training, and the same gate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlctl.check import ci
from mlctl.check.rule import Finding, rule
from mlctl.core.project import Project
from mlctl.core.standards import Standards

SCHEDULED = frozenset(("schedule", "repository_dispatch"))
TRAINS = re.compile(r"\btrain(\.py)?\b")
GATES = re.compile(r"\bgate\b|\bretrain\b|\bdemo\b|validate[-_]model|quality[-_]gate|model[-_]validation")
PATH = ".github/workflows/retrain.yml"


@rule(
    "RTR103",
    "retraining takes the same path and gate",
    stage="production",
    passes=[
        {PATH: "on:\n  schedule: []\njobs: {a: {steps: [{run: churn train && churn gate}]}}"},
        {PATH: "on:\n  schedule: []\njobs: {a: {steps: [{run: churn retrain}]}}"},
    ],
    fails={PATH: "on:\n  schedule: []\njobs: {a: {steps: [{run: churn train}, {run: churn promote}]}}"},
)
def retraining_takes_the_same_gate(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A model that comes in at night must pass what one that comes in by day must pass.

    Let the scheduled job run the same training and the same gate, as `retrain` does.
    """
    jobs = [job for job in ci.jobs(project) if job.triggers & SCHEDULED]
    for path in dict.fromkeys(job.file for job in jobs):
        steps = [(step, job.line) for job in jobs if job.file == path for step in job.runs]
        trains = next((line for step, line in steps if TRAINS.search(step)), 0)
        if trains and not any(GATES.search(step) for step, _ in steps):
            yield Finding(f"/{path}", "what is trained on schedule passes no gate", trains)

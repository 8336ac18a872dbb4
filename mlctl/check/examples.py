"""A rule held against its own examples, without a disk."""

from __future__ import annotations

import json

from mlctl.check.report import Asked, report
from mlctl.check.rule import EXAMPLE_DAY, Example, Rule
from mlctl.core.project import Drawn, Project
from mlctl.core.standards import Standards

SHOWN = "build/"


def speaks(rule: Rule, example: Example, standards: Standards) -> bool:
    """Tell whether `rule` finds something in a sketch; JSON in `build/` is what the project's commands have shown."""
    shown = {
        path.removeprefix(SHOWN).removesuffix(".json"): json.loads(text)
        for path, text in example.items()
        if path.startswith(SHOWN) and path.endswith(".json")
    }
    files = {path: text for path, text in example.items() if not path.startswith(SHOWN)}
    evidence = shown or ({"nothing": {}} if rule.evidence == "demonstrated" else {})
    asked = Asked("regulated", (rule.code, "PRJ110"), today=EXAMPLE_DAY, evidence=evidence, standards=standards)
    found = report([Project(Drawn(files))], asked).projects[0]
    return any(verdict.rule.code == rule.code for verdict in found.verdicts)

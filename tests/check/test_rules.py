"""Every rule keeps its own promise: its passing examples have no finding of it, its failing ones have."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mlctl.check.catalogue import catalogue
from mlctl.check.examples import speaks
from mlctl.check.rule import FAMILIES, SEVERITIES, STAGES, Rule
from mlctl.core.standards import embedded

RULES = catalogue(embedded())
FIRST = [
    "PRJ101",
    "PRJ102",
    "PRJ103",
    "PRJ104",
    "PRJ106",
    "PRJ107",
    "PRJ108",
    "PRJ110",
    "DAT103",
    "DAT105",
    "DAT106",
    "DAT108",
    "DAT109",
    "DAT110",
    "DAT112",
    "FEA101",
    "FEA102",
    "FEA104",
    "FEA106",
    "TRN101",
    "TRN103",
    "TRN104",
    "TRN105",
    "TRN109",
    "TRN111",
    "EVL101",
    "EVL102",
    "SRV101",
    "SRV102",
    "DPL101",
    "DPL103",
    "DPL105",
    "MON101",
    "MON106",
    "RTR101",
    "SEC101",
    "SEC102",
    "SEC105",
    "SEC107",
    "SEC109",
    "CRD101",
    "CRD102",
    "TPL101",
    "TPL102",
    "TPL103",
    "TPL104",
    "TPL105",
    "TPL106",
    "WVR101",
    "WVR102",
    "WVR103",
    "WVR104",
]


def examples(kind: str) -> list[object]:
    return [
        pytest.param(rule, sketch, id=f"{rule.code}-{number}")
        for rule in RULES.values()
        for number, sketch in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize(("rule", "sketch"), examples("passes"))
def test_a_rule_is_silent_where_its_promise_is_kept(rule: Rule, sketch: Mapping[str, str]) -> None:
    assert not speaks(rule, sketch, embedded())


@pytest.mark.parametrize(("rule", "sketch"), examples("fails"))
def test_a_rule_speaks_where_its_promise_is_broken(rule: Rule, sketch: Mapping[str, str]) -> None:
    assert speaks(rule, sketch, embedded())


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_a_rule_is_complete(rule: Rule) -> None:
    assert rule.code[:3] in FAMILIES
    assert rule.stage in STAGES
    assert rule.severity in SEVERITIES
    assert rule.why.endswith(".")
    assert rule.mend.endswith(".")
    assert set(rule.requires) <= RULES.keys()


@pytest.mark.parametrize("code", FIRST)
def test_the_rules_that_carry_most_are_there(code: str) -> None:
    assert code in RULES

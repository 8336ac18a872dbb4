"""How a rule is set here: raised and added freely, lowered only if recommended, the rest by a waiver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mlctl.check.rule import SEVERITIES, Rule
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards
from mlctl.tools import yaml


@dataclass(frozen=True)
class Setting:
    """The severity and policy of a rule in a project, whether it is off, where each comes from, what was refused."""

    severity: str
    policy: str
    off: bool = False
    origin: str = "the rule itself"
    refused: str = ""
    ruled: str = "the rule itself"


def setting(rule: Rule, standards: Standards, project: Project | None, today: str) -> Setting:
    """Return how `rule` is set by the standards, the day (ISO) and the project, in this order."""
    severity, origin = rule.severity, "the rule itself"
    said = standards.table("severities").get(rule.code)
    if said in SEVERITIES:
        severity, origin = str(said), f"the {standards.origin} standards"
    policy = str(standards.table("policies").get(rule.code, rule.policy))
    ruled = f"the {standards.origin} standards" if rule.code in standards.table("policies") else "the rule itself"
    effective = str(standards.table("effective_on").get(rule.code, rule.effective_on))
    if severity == "error" and effective and today < effective:
        severity, origin = "warning", f"its date: an error from {effective} on"
    found = Setting(severity, policy, origin=origin, ruled=ruled)
    return _chosen(rule, found, own(project), project) if project else found


def _chosen(rule: Rule, there: Setting, own: Mapping[str, Any], project: Project) -> Setting:
    """Return the setting after what the project itself says of the rule."""
    wanted = "off" if rule.code in (own.get("disable") or []) else (own.get("severities") or {}).get(rule.code)
    if wanted is None or wanted == there.severity:
        return there
    lower = wanted == "off" or SEVERITIES.index(wanted) < SEVERITIES.index(there.severity)
    if lower and there.policy != "recommended":
        return replace(there, refused=str(wanted))
    said = enumerate(project.text(PROJECT).splitlines(), 1)
    place = next((f"{project.full(PROJECT)}:{number}" for number, line in said if rule.code in line), PROJECT)
    if wanted == "off":
        return replace(there, off=True, origin=place)
    return replace(there, severity=str(wanted), origin=place)


def own(project: Project) -> dict[str, Any]:
    """Return the table `check` of a project's record; raise `Malformed` for what can't be meant."""
    said = project.facts.get("check")
    if said is None:
        return {}
    name = project.full(PROJECT)
    line = project.line(PROJECT, "check:")
    found = yaml.mapping(said, name, line)
    severities, disable = found.get("severities") or {}, found.get("disable") or []
    if not isinstance(disable, list) or not all(isinstance(code, str) for code in disable):
        raise yaml.Malformed(name, line, "'check.disable' must be a list of codes")
    if not isinstance(severities, dict) or not all(value in SEVERITIES for value in severities.values()):
        raise yaml.Malformed(name, line, f"'check.severities' maps codes to one of {', '.join(SEVERITIES)}")
    return found

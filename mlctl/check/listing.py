"""The catalogue for people: every rule, or one with its why, its examples and where its setting comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlctl.check.catalogue import catalogue
from mlctl.check.report import Asked, standards_of
from mlctl.check.rule import Example, Rule
from mlctl.check.setting import Setting, setting
from mlctl.core.index import NoRepository, WorkTree, top
from mlctl.core.project import Project, projects, within
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards, embedded
from mlctl.core.template import Unknown
from mlctl.tools.console import Console


@dataclass(frozen=True)
class Listing:
    """Rules with how they are set here."""

    rules: tuple[tuple[Rule, Setting], ...]
    standards: Standards


def listing(here: Path, code: str) -> Listing:
    """Return the rules that hold in `here`, or the one named; raise `Unknown` for a code that is none."""
    project = here_project(here)
    standards = standards_of(project) if project else embedded()
    known = catalogue(standards)
    if code and code.upper() not in known:
        raise Unknown("rule", code, list(known))
    chosen = [known[code.upper()]] if code else list(known.values())
    return Listing(tuple((one, setting(one, standards, project, Asked().day)) for one in chosen), standards)


def here_project(here: Path) -> Project | None:
    """Return the project that `here` lies in; nothing outside of a repository."""
    try:
        root = top(here)
    except NoRepository:
        return None
    inside = str(here.resolve().relative_to(root.resolve()))
    inside = "" if inside == "." else inside
    found = [one for one in projects(WorkTree(root)) if within(inside, one.folder)]
    return max(found, key=lambda one: len(one.folder), default=None)


def show(there: Listing, one: bool, as_json: bool, console: Console) -> None:
    """Print the listing."""
    if as_json:
        said = {"schema": "mlctl.rules/1", "rules": [_json(rule, how) for rule, how in there.rules]}
        console.document(json.dumps(said, indent=2, ensure_ascii=False))
        return
    for line in _explained(*there.rules[0]) if one else _table(there):
        console.result(line)


def _table(there: Listing) -> Iterator[str]:
    family = ""
    for rule, how in there.rules:
        if rule.family != family:
            family = rule.family
            yield family
        state = "off" if how.off else how.severity
        yield f"  {rule.code}  {state:<8} {rule.stage:<10} {how.policy:<12} {rule.name}"


def _explained(rule: Rule, how: Setting) -> Iterator[str]:
    state = "off" if how.off else how.severity
    yield f"{rule.code} {rule.name}"
    yield f"{state}, {how.policy}, from stage {rule.stage} on; {rule.evidence}; fix: {rule.fix}"
    yield f"the severity is set by {how.origin}, the policy by {how.ruled}; the rule comes with {rule.origin}"
    if how.refused:
        yield f"{PROJECT} says '{how.refused}': that does not hold for what is {how.policy}, a waiver does"
    yield from ("", rule.why, "", f"Mend: {rule.mend}")
    for head, examples in (("Kept:", rule.passes), ("Broken:", rule.fails)):
        yield from ("", head)
        for example in examples[:2]:
            yield from _example(example)


def _example(example: Example) -> Iterator[str]:
    for path, text in example.items():
        yield f"  {path}"
        lines = text.splitlines()
        yield from (f"    {line[:100]}" for line in lines[:6])
        yield from (f"    … {len(lines) - 6} lines more",) if len(lines) > 6 else ()


def _json(rule: Rule, how: Setting) -> dict[str, Any]:
    return {
        "code": rule.code, "name": rule.name, "family": rule.family, "severity": "off" if how.off else how.severity,
        "stage": rule.stage, "policy": how.policy, "scope": rule.scope, "why": rule.why, "mend": rule.mend,
        "fix": rule.fix, "since": rule.since, "evidence": rule.evidence, "origin": how.origin,
        "policy_origin": how.ruled, "rule_origin": rule.origin, "refused": how.refused or None,
    }  # fmt: skip


def markdown(rules: list[Rule]) -> str:
    """Return the table of rules for the documentation."""
    rows = [f"| {r.code} | {r.name} | {r.severity} | {r.stage} | {r.why} |" for r in rules]
    return "\n".join(["| code | promise | severity | from stage | why |", "|---|---|---|---|---|", *rows]) + "\n"

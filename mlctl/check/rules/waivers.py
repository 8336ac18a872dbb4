"""Waivers: an exception is accountable, or it does not hold."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from mlctl.check.attested import Attestation
from mlctl.check.code import code
from mlctl.check.rule import EXAMPLE_DAY, Finding, rule
from mlctl.check.waivers import Waiver, day, waivers
from mlctl.core.project import WAIVERS, Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards


def _entry(**more: str) -> dict[str, str]:
    """Return a sketch with one waiver."""
    said = {"rule": "PRJ110", "category": "time", "reason": "r", "owner": "'@t'", "until": "2999-01-01", **more}
    lines = [f"{key}: {value}" for key, value in said.items() if value]
    return {WAIVERS: "- " + "\n  ".join(lines) + "\n", "src/a.py": "x = '/home/ada/x'\n"}


def _soon(days: int) -> str:
    return (datetime.date.fromisoformat(EXAMPLE_DAY) + datetime.timedelta(days=days)).isoformat()


def _all(project: Project, standards: Standards) -> list[Waiver]:
    found: list[Waiver] = project.memo(
        "waivers", lambda: waivers(project, standards, (), code(project, standards).inline)
    )
    return found


@rule(
    "WVR101",
    "waivers are complete",
    stage="explore",
    passes=_entry(),
    fails=[
        _entry(reason=""),
        _entry(owner=""),
        _entry(until="soon"),
        _entry(rule="XYZ999"),
        _entry(category="because"),
        {"a.py": "x = 1  # mlctl: ignore[PRJ110] until=2999-01-01 owner=@t"},
    ],
)
def waivers_are_complete(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    An exception without a reason, an owner and an end is a hole.

    Write what is missing, or let `mlctl waive` write the waiver.
    """
    for one in _all(project, standards):
        if one.faults:
            yield Finding(
                one.file,
                f"the waiver{' of ' + one.rule if one.rule else ''} does not apply: {'; '.join(one.faults)}",
                one.line,
            )


@rule(
    "WVR102",
    "waivers have not expired",
    stage="explore",
    severity="warning",
    passes=_entry(),
    fails=[_entry(until="2020-01-01"), _entry(until=_soon(3))],
)
def waivers_have_not_expired(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    An exception ends on the day that was agreed.

    Keep the promise now, or agree on a new day with `mlctl waive`.
    """
    today = str(project.memo("today", lambda: ""))
    for one in _all(project, standards):
        left = (day(one.until) or datetime.date.max) - (day(today) or datetime.date.min)
        if not one.faults and left.days < int(standards.table("waivers").get("warn_days", 14)):
            when = f"ended on {one.until}" if left.days < 0 else f"ends in {left.days} days, on {one.until}"
            yield Finding(one.file, f"the waiver of {one.rule} {when}", one.line)


@rule(
    "WVR103",
    "waivers are used",
    stage="explore",
    severity="warning",
    fix="safe",
    passes={**_entry(until=_soon(100)), ".mlctl/project.yml": "stage: shared"},
    fails={**_entry(until=_soon(100)), "src/a.py": "x = 1\n"},
)
def waivers_are_used(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    An exception that excuses nothing hides the next fault of its kind.

    Remove it; `mlctl check --fix` does.
    """
    return iter(())


@rule(
    "WVR104",
    "waivers are not too long",
    stage="explore",
    severity="warning",
    passes=_entry(until=_soon(100)),
    fails=_entry(until=_soon(400)),
)
def waivers_are_not_too_long(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    An exception for years is a standard that nobody wrote down.

    Shorten it, and talk with the platform's team about the rule.
    """
    most = int(standards.table("waivers").get("max_days", 180))
    today = day(str(project.memo("today", lambda: "")))
    for one in _all(project, standards):
        end = day(one.until)
        if not one.faults and today and end and (end - today).days > most:
            yield Finding(
                one.file, f"the waiver of {one.rule} runs until {one.until}, longer than {most} days", one.line
            )


ANSWER = "attested:\n  MON101: {see: 'https://monitor.example/12', owner: '@t', until: %s}\n"


@rule(
    "WVR105",
    "attestations are complete and in date",
    stage="explore",
    severity="warning",
    passes=[
        {PROJECT: ANSWER % _soon(100)},
        {PROJECT: (ANSWER % _soon(90)).replace("https://monitor.example/12", "a.md"), "a.md": ""},
    ],
    fails=[
        {PROJECT: ANSWER % "2020-01-01"},
        {PROJECT: ANSWER % _soon(3)},
        {PROJECT: ANSWER % _soon(800)},
        {PROJECT: (ANSWER % _soon(90)).replace("owner: '@t', ", "")},
        {PROJECT: (ANSWER % _soon(90)).replace("https://monitor.example/12", "docs/none.md")},
        {PROJECT: (ANSWER % _soon(90)).replace("MON101", "SEC101")},
        {PROJECT: "attested: {MON101: yes}"},
    ],
)
def attestations_are_in_date(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    What somebody answered for long ago is no longer known.

    Look again, then write `see`, `owner` and a new `until` under `attested` in .mlctl/project.yml.
    """
    today = day(str(project.memo("today", lambda: ""))) or datetime.date.min
    known: list[Attestation] = project.memo("attestations", list)
    for one in known:
        left = ((day(one.until) or datetime.date.max) - today).days
        if one.faults:
            yield Finding(PROJECT, f"the attestation of {one.code} does not count: {'; '.join(one.faults)}", one.line)
        elif left < int(standards.table("waivers").get("warn_days", 14)):
            when = f"ended on {one.until}" if left < 0 else f"ends in {left} days, on {one.until}"
            yield Finding(PROJECT, f"the attestation of {one.code} {when}", one.line)

"""What a commit hook says: the errors alone, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator

from mlctl.check.report import Report, Verdict
from mlctl.tools.errors import printable

LONGEST = 20


def brief(report: Report) -> Iterator[str]:
    """Yield the errors, at most so many lines in all."""
    found = [one for checked in report.projects for one in checked.verdicts if one.counts and not one.under]
    for one in found[: LONGEST - 2]:
        yield f"{one.rule.code} {place(one)}: {printable(one.message)}"
    if len(found) > LONGEST - 2:
        yield f"… and {len(found) - LONGEST + 2} more"
    if found:
        yield f"{counted(len(found), 'error')}; `mlctl check --staged` says how to mend, `mlctl waive` excuses"


def place(one: Verdict) -> str:
    """Return path and line of a finding."""
    return f"{printable(one.path)}:{one.line}" if one.line else printable(one.path)


def counted(number: int, word: str) -> str:
    """Return a number with its noun."""
    return f"{number} {word}" if number == 1 or word == "info" else f"{number} {word}s"

"""The options of `mlctl check`, named once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


class Plain(StrEnum):
    """How a list is printed."""

    TEXT = "text"
    JSON = "json"


Paths = Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Folders; by default this one.")]
Stage = Annotated[str, typer.Option(help="Hold them against this stage: what stands between them and it.")]
Select = Annotated[list[str] | None, typer.Option(metavar="CODES", help="Only these codes or families.")]
Ignore = Annotated[list[str] | None, typer.Option(metavar="CODES", help="Without these.")]
Fix = Annotated[bool, typer.Option("--fix", help="Mend what can be mended safely.")]
Diff = Annotated[bool, typer.Option("--diff", help="Show what --fix would do; write nothing.")]
How = Annotated[Format, typer.Option("--format", help="How to print the result.")]
PlainHow = Annotated[Plain, typer.Option(help="How to print the result.")]
Output = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the result there.")]
Statistics = Annotated[bool, typer.Option("--statistics", help="Count by rule.")]
Staged = Annotated[bool, typer.Option("--staged", help="Look at the commit about to be made, not at the disk.")]
Hook = Annotated[bool, typer.Option("--hook", help="--staged for a commit hook: errors alone, briefly.")]
Baseline = Annotated[bool, typer.Option("--baseline", help="Leave out what the baseline holds.")]
Keep = Annotated[bool, typer.Option("--write-baseline", help="Keep today's findings as the baseline.")]
Against = Annotated[str, typer.Option(metavar="REF", help="Preview the standards of this platform version.")]
Reports = Annotated[Path | None, typer.Option(metavar="DIR", help="Merge SARIF and evidence in DIR.")]
Run = Annotated[bool, typer.Option("--run", help="Run the project's evidence commands first.")]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit 0 in spite of findings.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Look at every file anew.")]

Code = Annotated[str, typer.Argument(help="One rule: why, mend, examples, where its setting comes from.")]
Excused = Annotated[str, typer.Argument(metavar="CODE", help="The rule that shall not hold here.")]
Until = Annotated[str, typer.Option(metavar="DATE", help="The last day of the waiver, as 2027-03-31.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why.")]
Category = Annotated[str, typer.Option(help="One of the categories of the standards.")]
Owner = Annotated[str, typer.Option(help="Who answers for it; by default the project's owner.")]
Only = Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Only there.")]
Approver = Annotated[str, typer.Option(metavar="WHO", help="For a locked rule: the standards' approver.")]

"""The commands `mlctl check`, `mlctl rules` and `mlctl waive`."""

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


def check(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Folders; by default this one.")
    ] = None,
    stage: Annotated[str, typer.Option(help="Hold them against this stage: what stands between them and it.")] = "",
    select: Annotated[list[str] | None, typer.Option(metavar="CODES", help="Only these codes or families.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="CODES", help="Without these.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended safely.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would do; write nothing.")] = False,
    format: Annotated[Format, typer.Option(help="How to print the result.")] = Format.TEXT,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the result there.")] = None,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count by rule.")] = False,
    staged: Annotated[
        bool, typer.Option("--staged", help="Look at the commit about to be made, not at the disk.")
    ] = False,
    hook: Annotated[bool, typer.Option("--hook", help="--staged for a commit hook: errors alone, briefly.")] = False,
    baseline: Annotated[bool, typer.Option("--baseline", help="Leave out what the baseline holds.")] = False,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Keep today's findings as the baseline.")
    ] = False,
    against: Annotated[str, typer.Option(metavar="REF", help="Preview the standards of this platform version.")] = "",
    with_reports: Annotated[Path | None, typer.Option(metavar="DIR", help="Merge SARIF and evidence in DIR.")] = None,
    run: Annotated[bool, typer.Option("--run", help="Run the project's evidence commands first.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 in spite of findings.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Look at every file anew.")] = False,
) -> None:
    """Hold projects against their platform's standards.

    For example: mlctl check --stage production --statistics
    """
    from mlctl.check.request import Request, act
    from mlctl.check.view import show

    request = Request(
        here=context.obj.here, paths=tuple(paths or ()), stage=stage, select=_codes(select), ignore=_codes(ignore),
        fix=fix, diff=diff, staged=staged or hook, hook=hook, baseline=baseline,
        write_baseline=write_baseline, against=against, reports=with_reports, run=run, cached=not no_cache,
    )  # fmt: skip
    result = act(request, context.obj.console)
    show(result, format.value, statistics, output, context.obj.console)
    raise typer.Exit(0 if result.clean or exit_zero else 1)


def rules(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="One rule: why, mend, examples, where its setting comes from.")] = "",
    format: Annotated[Plain, typer.Option(help="How to print the result.")] = Plain.TEXT,
) -> None:
    """List the rules, or explain one.

    For example: mlctl rules FEA101
    """
    from mlctl.check.listing import listing, show

    show(listing(context.obj.here, code), bool(code), format == Plain.JSON, context.obj.console)


def waive(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="The rule that shall not hold here.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="The last day of the waiver, as 2027-03-31.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    category: Annotated[str, typer.Option(help="One of the categories of the standards.")] = "time",
    owner: Annotated[str, typer.Option(help="Who answers for it; by default the project's owner.")] = "",
    path: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Only there.")] = None,
    approved_by: Annotated[str, typer.Option(metavar="WHO", help="For a locked rule: the standards' approver.")] = "",
) -> None:
    """Excuse a project from a rule: why, who and until when.

    For example: mlctl waive DPL104 --until 2027-03-31 --category tooling-gap --reason "no traffic split yet"
    """
    from mlctl.check.waive import Wish, waive

    written = waive(context.obj.here, Wish(code, until, reason, category, owner, tuple(path or ()), approved_by))
    context.obj.console.result(f"waived {code} until {until} in {written}")


def _codes(said: list[str] | None) -> tuple[str, ...]:
    return tuple(code.strip().upper() for one in said or () for code in one.split(",") if code.strip())

"""The commands `mlctl check`, `mlctl rules` and `mlctl waive`."""

from __future__ import annotations

import typer

from mlctl.check import options as say


def check(
    context: typer.Context,
    paths: say.Paths = None,
    stage: say.Stage = "",
    select: say.Select = None,
    ignore: say.Ignore = None,
    fix: say.Fix = False,
    diff: say.Diff = False,
    how: say.How = say.Format.TEXT,
    output: say.Output = None,
    statistics: say.Statistics = False,
    staged: say.Staged = False,
    hook: say.Hook = False,
    baseline: say.Baseline = False,
    write_baseline: say.Keep = False,
    against: say.Against = "",
    with_reports: say.Reports = None,
    run: say.Run = False,
    exit_zero: say.ExitZero = False,
    no_cache: say.NoCache = False,
) -> None:
    """Hold projects against their platform's standards.

    For example: mlctl check --stage production --statistics
    """
    from mlctl.check.request import Request, act
    from mlctl.check.view import show

    result = act(Request(
        context.obj.here, tuple(paths or ()), stage, _codes(select), _codes(ignore), fix, diff, staged or hook, hook,
        baseline, write_baseline, against, with_reports, run, cached=not no_cache,
    ), context.obj.console)  # fmt: skip
    show(result, how.value, statistics, context.obj.here / output if output else None, context.obj.console)
    raise typer.Exit(0 if result.clean or exit_zero else 1)


def rules(context: typer.Context, code: say.Code = "", format: say.PlainHow = say.Plain.TEXT) -> None:
    """List the rules, or explain one.

    For example: mlctl rules FEA101
    """
    from mlctl.check.listing import listing, show

    show(listing(context.obj.here, code), bool(code), format == say.Plain.JSON, context.obj.console)


def waive(
    context: typer.Context,
    code: say.Excused,
    until: say.Until,
    reason: say.Reason,
    category: say.Category = "time",
    owner: say.Owner = "",
    path: say.Only = None,
    approved_by: say.Approver = "",
) -> None:
    """Excuse a project from a rule: why, who and until when.

    For example: mlctl waive DPL104 --until 2027-03-31 --category tooling-gap --reason "no traffic split yet"
    """
    from mlctl.check.waive import Wish, waive

    written = waive(context.obj.here, Wish(code, until, reason, category, owner, tuple(path or ()), approved_by))
    context.obj.console.result(f"waived {code} until {until} in {written}")


def _codes(said: list[str] | None) -> tuple[str, ...]:
    return tuple(code.strip().upper() for one in said or () for code in one.split(",") if code.strip())

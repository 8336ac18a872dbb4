"""The commands `mlctl upgrade`, `add`, `remove`, `adopt`, `status` and `diff`."""

from __future__ import annotations

import posixpath
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the whole plan; write nothing.")]
Diff = Annotated[bool, typer.Option("--diff", help="Show the changes as a patch; write nothing.")]
Commit = Annotated[bool, typer.Option("--commit", help="Commit a clean result.")]
Trust = Annotated[bool, typer.Option("--trust", help="Let the template's hooks and extensions run, this once.")]
NoHooks = Annotated[bool, typer.Option("--no-hooks", help="Leave the template's hooks out.")]
Defaults = Annotated[bool, typer.Option("-y", "--defaults", help="Ask nothing.")]
Answer = Annotated[list[str] | None, typer.Option("-s", "--set", metavar="KEY=VALUE", help="Change an answer.")]
How = Annotated[Format, typer.Option("--format", help="How to print the result.")]


def upgrade(
    context: typer.Context,
    to: Annotated[str, typer.Option(metavar="REF", help="Tag, branch or commit; by default the newest release.")] = "",
    platform: Annotated[str, typer.Option("-p", "--platform", metavar="SOURCE", help="Move to this platform.")] = "",
    answer: Answer = None,
    defaults: Defaults = False,
    dry_run: DryRun = False,
    diff: Diff = False,
    commit: Commit = False,
    continue_: Annotated[bool, typer.Option("--continue", help="Commit once the conflicts are resolved.")] = False,
    abort: Annotated[bool, typer.Option("--abort", help="Take the upgrade back, path by path.")] = False,
    restore: Annotated[list[str] | None, typer.Option(metavar="PATH", help="Bring back a file you deleted.")] = None,
    layer: Annotated[str, typer.Option(metavar="NAME", help="Move this layer; the others stay.")] = "",
    pre: Annotated[bool, typer.Option("--pre", help="Take pre-releases too.")] = False,
    trust: Trust = False,
    no_hooks: NoHooks = False,
    format: How = Format.TEXT,
) -> None:
    """Pull the platform's changes into this project; nothing that anybody wrote is lost.

    For example: mlctl upgrade --dry-run
    """
    from mlctl.upgrade.request import Request
    from mlctl.upgrade.run import end, run
    from mlctl.upgrade.view import show, show_outcome

    if continue_ or abort:
        _ends(context, continue_ and abort, (to, platform, answer, dry_run, diff, restore, layer, pre))
        show_outcome(end(context.obj.here, abort), format == Format.JSON, context.obj.console)
        return
    back = tuple(map(posixpath.normpath, restore or ()))
    request = Request(
        context.obj.here, "upgrade", to, platform, tuple(answer or ()), ask=not defaults, trust=trust,
        hooks=not no_hooks, pre=pre, restore=back, diff=diff, stay=bool(answer or restore) and not to,
        layer=layer,
    )  # fmt: skip
    result = run(request, dry_run or diff, commit, context.obj.console)
    show(result, format == Format.JSON, context.obj.console)
    raise typer.Exit(0 if result.plan.clean else 1)


def _ends(context: typer.Context, both: bool, wishes: tuple[object, ...]) -> None:
    """Raise where an end of an upgrade is asked together with the other one, or with a wish."""
    if both:
        raise typer.BadParameter("--continue and --abort are two ends: name one", context)
    if any(wishes):
        raise typer.BadParameter("--continue and --abort end what was begun: leave out what else is asked", context)


def add(
    context: typer.Context,
    components: Annotated[list[str], typer.Argument(metavar="COMPONENT…", help="Components of the platform.")],
    platform: Annotated[
        str, typer.Option("-p", "--platform", metavar="SOURCE", help="The platform that has them: a further layer.")
    ] = "",
    ref: Annotated[str, typer.Option(help="Tag, branch or commit of a new layer.")] = "",
    swap: Annotated[
        bool, typer.Option("--swap", help="Let it take the place of one that fills the same port.")
    ] = False,
    answer: Answer = None,
    defaults: Defaults = False,
    dry_run: DryRun = False,
    diff: Diff = False,
    commit: Commit = False,
    trust: Trust = False,
    format: How = Format.TEXT,
) -> None:
    """Add components to this project.

    For example: mlctl add ci-gitlab --swap
    """
    from mlctl.upgrade.request import Request
    from mlctl.upgrade.run import run
    from mlctl.upgrade.view import show

    request = Request(
        context.obj.here, "add", said=tuple(answer or ()), ask=not defaults, added=tuple(components), swap=swap,
        trust=trust, diff=diff, stay=True, platform=platform, ref=ref,
    )  # fmt: skip
    result = run(request, dry_run or diff, commit, context.obj.console)
    show(result, format == Format.JSON, context.obj.console)
    raise typer.Exit(0 if result.plan.clean else 1)


def remove(
    context: typer.Context,
    components: Annotated[
        list[str] | None, typer.Argument(metavar="COMPONENT…", help="Components of this project.")
    ] = None,
    layer: Annotated[str, typer.Option(metavar="NAME", help="Take a whole layer out.")] = "",
    dry_run: DryRun = False,
    diff: Diff = False,
    commit: Commit = False,
    trust: Trust = False,
    format: How = Format.TEXT,
) -> None:
    """Take components out of this project; files of theirs that you edited stay.

    For example: mlctl remove monitoring
    """
    from mlctl.upgrade.request import Request
    from mlctl.upgrade.run import run
    from mlctl.upgrade.view import show

    if not components and not layer:
        raise typer.BadParameter("name a component, or a layer by --layer", param_hint="COMPONENT…")
    request = Request(
        context.obj.here, "remove", ask=False, dropped=tuple(components or ()), trust=trust, diff=diff, stay=True,
        layer=layer,
    )  # fmt: skip
    result = run(request, dry_run or diff, commit, context.obj.console)
    show(result, format == Format.JSON, context.obj.console)
    raise typer.Exit(0 if result.plan.clean else 1)


def adopt(
    context: typer.Context,
    kind: Annotated[str, typer.Option("-k", "--kind", help="A kind of the platform.")] = "",
    platform: Annotated[str, typer.Option("-p", "--platform", metavar="SOURCE", help="The platform or template.")] = "",
    ref: Annotated[str, typer.Option(help="The version that the files came from, or come nearest to.")] = "",
    answer: Answer = None,
    answers: Annotated[Path | None, typer.Option(help="A YAML or JSON file of answers.")] = None,
    defaults: Defaults = False,
    trust: Trust = False,
    format: How = Format.TEXT,
) -> None:
    """Put an existing repository under a platform; only `.mlctl/` is written.

    For example: mlctl adopt --defaults
    """
    from mlctl.upgrade.adopt import Request
    from mlctl.upgrade.adopt import adopt as act
    from mlctl.upgrade.view import show_adoption

    request = Request(context.obj.here, kind, platform, ref, tuple(answer or ()), answers, not defaults, trust)
    show_adoption(act(request, context.obj.console), format == Format.JSON, context.obj.console)


def status(
    context: typer.Context,
    fetch: Annotated[bool, typer.Option("--fetch", help="Ask a platform that is not on this machine.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 where it is not up to date.")] = False,
    format: How = Format.TEXT,
) -> None:
    """Show version, lag, edited files and an unfinished upgrade.

    For example: mlctl status --fetch
    """
    from mlctl.upgrade.status import show
    from mlctl.upgrade.status import status as act

    result = act(context.obj.here, fetch)
    show(result, format == Format.JSON, context.obj.console)
    raise typer.Exit(1 if exit_code and not result.current else 0)


def diff(
    context: typer.Context,
    trust: Trust = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 where there are differences.")] = False,
    format: How = Format.TEXT,
) -> None:
    """Show this project against its own rendering: what would go back to the platform.

    For example: mlctl diff
    """
    from mlctl.upgrade.drift import drift, show

    result = drift(context.obj.here, trust)
    show(result, format == Format.JSON, context.obj.console)
    raise typer.Exit(1 if exit_code and (result.paths or result.lost) else 0)

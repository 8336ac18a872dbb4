"""The commands `mlctl platform …`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

platform = typer.Typer(
    name="platform",
    no_args_is_help=True,
    help="Start, look through and prove a platform: the central team's bench.",
)
Source = Annotated[str, typer.Option("-p", "--platform", help="Git URL or path; by default the one in this folder.")]
Ref = Annotated[str, typer.Option(help="Tag, branch or commit; `worktree` for uncommitted work.")]


class Format(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


How = Annotated[Format, typer.Option("--format", help="How to print the result.")]


@platform.command("list")
def list_(context: typer.Context, source: Source = "", ref: Ref = "", how: How = Format.TEXT) -> None:
    """List the kinds and components of a platform.

    For example: mlctl platform list -p https://git.example.org/ml/platform
    """
    from mlctl.catalog.listing import listing
    from mlctl.catalog.place import place
    from mlctl.catalog.view import show_listing

    show_listing(listing(place(context.obj.here, source, ref)), how == Format.JSON, context.obj.console)


@platform.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A kind, a component, or `base`.")],
    source: Source = "",
    ref: Ref = "",
    how: How = Format.TEXT,
) -> None:
    """Tell all about one unit: what it asks, brings, needs and costs.

    For example: mlctl platform show serving-fastapi
    """
    from mlctl.catalog.listing import sheet
    from mlctl.catalog.place import place
    from mlctl.catalog.view import show_sheet

    show_sheet(sheet(place(context.obj.here, source, ref), name), how == Format.JSON, context.obj.console)


@platform.command()
def lint(context: typer.Context, source: Source = "", ref: Ref = "", how: How = Format.TEXT) -> None:
    """Find everything that is wrong with a platform, without rendering it.

    For example: mlctl platform lint -p ../our-platform
    """
    from mlctl.catalog.lint import lint
    from mlctl.catalog.place import place
    from mlctl.catalog.view import show_lint

    result = lint(place(context.obj.here, source, ref))
    show_lint(result, how == Format.JSON, context.obj.console)
    raise typer.Exit(1 if result.faults else 0)


@platform.command()
def init(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(help="Where; absent or empty.")],
    answer: Annotated[
        list[str] | None, typer.Option("-s", "--set", metavar="KEY=VALUE", help="Answer: project_name, owner, ci.")
    ] = None,
    defaults: Annotated[bool, typer.Option("-y", "--defaults", help="Ask nothing.")] = False,
    no_git: Annotated[bool, typer.Option("--no-git", help="Make no repository and no release.")] = False,
    no_lock: Annotated[bool, typer.Option("--no-lock", help="Keep the versions that mlctl tested.")] = False,
) -> None:
    """Start a platform repository of your own from the one that mlctl carries.

    For example: mlctl platform init our-platform --set owner=@ml-platform --set ci=gitlab
    """
    from mlctl.catalog.start import start
    from mlctl.catalog.view import show_start
    from mlctl.new.request import said
    from mlctl.tools.console import Terminal, interactive

    here, console = context.obj.here, context.obj.console
    terminal = Terminal() if not defaults and interactive() else None
    made = start(here / directory, said(answer or ()), terminal, not no_lock, not no_git, here, console.busy)
    show_start(made, console)


@platform.command()
def lock(
    context: typer.Context,
    source: Source = "",
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Take the newest, also where the old fit.")] = False,
) -> None:
    """Resolve the packages of the versions table anew, into constraints.txt.

    For example: mlctl platform lock --upgrade
    """
    from mlctl.catalog.pins import pin
    from mlctl.catalog.place import own
    from mlctl.catalog.view import show_pins

    found, root = own(context.obj.here, source)
    with context.obj.console.busy("resolving (uv pip compile)", always=False):
        pins = pin(found, root, upgrade)
    show_pins(pins, context.obj.console)


@platform.command("test")
def try_(
    context: typer.Context,
    source: Source = "",
    regold: Annotated[bool, typer.Option("--regold", help="Accept what is rendered now as the golden tree.")] = False,
    run: Annotated[
        bool, typer.Option("--run", help="Make, install and run the components too, each beside each.")
    ] = False,
    only: Annotated[str, typer.Option(metavar="NAME", help="Only the cases whose name holds this.")] = "",
    last: Annotated[int, typer.Option(min=0, help="How many releases are replayed.")] = 5,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=0, help="How many at once; by default one a core.")] = 0,
    how: How = Format.TEXT,
) -> None:
    """Hold a platform against the bar: every offered answer, stage production, golden tree, and its history replayed.

    For example: mlctl platform test --last 3
    """
    from mlctl.catalog.place import own
    from mlctl.catalog.proof import Wish, prove
    from mlctl.catalog.proven import progress, show_proof

    found, root = own(context.obj.here, source)
    result = prove(found, root, Wish(regold, run, only, last, jobs), progress(context.obj.console))
    show_proof(result, source, how == Format.JSON, context.obj.console)
    raise typer.Exit(0 if result.sound else 1)

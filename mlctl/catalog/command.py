"""The commands `mlctl platform …`."""

from __future__ import annotations

from enum import StrEnum
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

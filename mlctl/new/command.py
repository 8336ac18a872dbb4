"""The command `mlctl new`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


Platforms = Annotated[
    list[str] | None,
    typer.Option("-p", "--platform", help="Git URL or path of a platform or template; again: of a further layer."),
]
Refs = Annotated[
    list[str] | None, typer.Option(help="Tag, branch or commit; `worktree` for uncommitted work; one for each `-p`.")
]


def new(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Argument(help="Where; by default the template's own folder name.")] = None,
    kind: Annotated[str, typer.Option("-k", "--kind", help="A kind of the platform.")] = "",
    platform: Platforms = None,
    ref: Refs = None,
    answer: Annotated[
        list[str] | None, typer.Option("-s", "--set", metavar="KEY=VALUE", help="Answer a question.")
    ] = None,
    answers: Annotated[Path | None, typer.Option(help="A YAML or JSON file of answers.")] = None,
    defaults: Annotated[bool, typer.Option("-y", "--defaults", help="Ask nothing.")] = False,
    with_: Annotated[list[str] | None, typer.Option("--with", metavar="COMPONENT", help="Add a component.")] = None,
    without: Annotated[list[str] | None, typer.Option(metavar="COMPONENT", help="Leave a component out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be made; write nothing.")] = False,
    no_git: Annotated[bool, typer.Option("--no-git", help="Make no repository and no commit.")] = False,
    no_lock: Annotated[bool, typer.Option("--no-lock", help="Do not run `uv lock`.")] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Let the template's code run, this once: hooks, extensions, `uv lock`.")
    ] = False,
    no_hooks: Annotated[bool, typer.Option("--no-hooks", help="Leave the template's hooks out.")] = False,
    format: Annotated[Format, typer.Option(help="How to print the result.")] = Format.TEXT,
) -> None:
    """Start a project.

    For example: mlctl new churn --set owner=@team-growth --with ci-gitlab
    """
    from mlctl.new.request import Request, prepare
    from mlctl.new.scaffold import scaffold
    from mlctl.new.view import show

    request = Request(
        here=context.obj.here, directory=directory, kind=kind, platforms=tuple(platform or ()), refs=tuple(ref or ()),
        said=tuple(answer or ()), answers=answers, ask=not defaults, added=tuple(with_ or ()),
        dropped=tuple(without or ()), trust=trust, hooks=not no_hooks, git=not no_git, lock=not no_lock, dry=dry_run,
    )  # fmt: skip
    template, given, wish = prepare(request, context.obj.console)
    result = scaffold(template, given, wish, context.obj.console.busy)
    show(result, format == Format.JSON, context.obj.console)

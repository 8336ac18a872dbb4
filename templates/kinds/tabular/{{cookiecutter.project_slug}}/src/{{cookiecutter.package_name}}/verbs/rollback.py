"""The verb `rollback`."""

from typing import Annotated

import typer


def rollback(
    to: Annotated[str | None, typer.Option(help="a version; the one before if left out")] = None,
) -> None:
    """Make an earlier champion the champion again."""
    from ..platform.champion import rollback as run
    from ..platform.config import Workspace

    manifest = run(Workspace.here(), to)
    typer.echo(f"{manifest.name} version {manifest.version} is the champion again")

"""The verb `pull`."""

from pathlib import Path
from typing import Annotated

import typer


def pull(
    digest: Annotated[
        str | None, typer.Option(help="the very bundle, by 12 or more digits of its digest")
    ] = None,
    version: Annotated[str | None, typer.Option(help="the bundle of a version")] = None,
    output: Annotated[
        Path | None, typer.Option(help="a folder of its own; build/champion if left out")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="a folder or a URL; BUNDLE_URI if left out")
    ] = None,
) -> None:
    """Fetch a published bundle, the latest if none is named, and prove every byte of it."""
    from ..platform import travel
    from ..platform.config import Workspace

    workspace = Workspace.here()
    manifest = travel.pull(travel.store(source), workspace, digest, version, output)
    place = output or workspace.champion
    typer.echo(f"{manifest.name} version {manifest.version} is in {place}")
    typer.echo(f"digest {manifest.digest}")

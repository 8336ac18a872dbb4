"""The verb `release`."""

from typing import Annotated

import typer


def release(
    place: Annotated[str, typer.Argument(help="where; all are told if left out")] = "",
    digest: Annotated[str | None, typer.Option(help="pin this bundle")] = None,
    version: Annotated[str | None, typer.Option(help="pin the bundle of this version")] = None,
    image: Annotated[str | None, typer.Option(help="run this image, by tag or digest")] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="what runs in this place, as it is there")
    ] = None,
) -> None:
    """Say what a place runs, or write it down; applying it is the next command."""
    from ..platform import release as platform
    from ..platform.config import Workspace
    from ..platform.errors import ProjectError

    root = Workspace.here().root
    wishes = (digest, version, image, source)
    if not place and any(wish is not None for wish in wishes):
        raise ProjectError("which place?", "name it first: `release PLACE …`")
    chosen = [platform.target(root, place)] if place else platform.targets(root)
    for target in chosen:
        origin = platform.target(root, source) if source else None
        told = platform.release(target, image, digest, version, origin)
        pinned = told.get(platform.DIGEST) or "nothing yet"
        typer.echo(f"{target.name}: {told.get(platform.IMAGE, '')} with the bundle {pinned}")

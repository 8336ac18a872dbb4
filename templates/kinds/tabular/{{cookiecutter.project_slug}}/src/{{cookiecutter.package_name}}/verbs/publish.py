"""The verb `publish`."""

from typing import Annotated

import typer


def publish(
    to: Annotated[
        str | None, typer.Option(help="a folder or a URL; BUNDLE_URI if left out")
    ] = None,
) -> None:
    """Publish the champion where deployments pull it from, and tell its digest."""
    from ..platform import travel
    from ..platform.config import Workspace
    from ..platform.errors import COMMAND

    there = travel.store(to)
    manifest = travel.publish(there, Workspace.here().champion)
    typer.echo(f"{manifest.name} version {manifest.version} is published in {there.uri}")
    typer.echo(f"digest {manifest.digest}")
    typer.echo(f"next: pin this digest where it is deployed, or {COMMAND} pull --digest …")

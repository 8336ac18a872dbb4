"""The verb `promote`."""

import typer


def promote() -> None:
    """Make the challenger the champion, if the gate lets it (else exit 20)."""
    from ..platform.config import Workspace
    from ..platform.gate import promote as run

    manifest, _ = run(Workspace.here())
    typer.echo(f"{manifest.name} version {manifest.version} is the champion: build/champion")

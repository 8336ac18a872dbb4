"""The verb `promote`."""

import typer


def promote() -> None:
    """Make the challenger the champion, if the gate lets it (else exit 20)."""
    from ..platform.config import Workspace
    from ..platform.errors import COMMAND
    from ..platform.gate import promote as run

    manifest, _ = run(Workspace.here())
    typer.echo(f"{manifest.name} version {manifest.version} is the champion: build/champion")
    typer.echo(f"next: {COMMAND} predict --input ROWS.csv, or another verb of `{COMMAND} --help`")

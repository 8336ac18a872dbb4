"""The verb `retrain`."""

import os
from pathlib import Path
from typing import Annotated

import typer


def retrain(
    if_drift: Annotated[
        Path | None, typer.Option(help="only if the monitor wrote drift in here")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="also write the outcome here")] = None,
) -> None:
    """Train, ask the gate, promote, and publish where BUNDLE_URI is set (exit 20 if rejected)."""
    from ..platform import travel
    from ..platform.config import Workspace
    from ..platform.retrain import retrain as run
    from ..platform.retrain import save

    there = travel.store() if os.environ.get("BUNDLE_URI") else None
    found = run(Workspace.here(), there, if_drift)
    if json:
        save(found, json)
    if found.outcome == "rejected" and found.verdict:
        raise found.verdict.error
    typer.echo(f"{found.outcome}: {found.why}")
    if found.published and found.after:
        typer.echo(f"digest {found.after.digest}")
        typer.echo("next: pin this digest where it is deployed")

"""The verb `demo`."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    json: Annotated[Path | None, typer.Option(help="also write the evidence here")] = None,
) -> None:
    """Rehearse the whole loop in build/demo: train, gate, promote, reject, serve, compare."""
    from ..platform import demo as platform
    from ..platform.config import Workspace

    root = Workspace.here().root
    workspace = Workspace(root, root / "build" / "demo")
    context = platform.demo(workspace, lambda line: typer.echo(line, err=True))
    platform.show(context)
    if json:
        platform.save(context, json)

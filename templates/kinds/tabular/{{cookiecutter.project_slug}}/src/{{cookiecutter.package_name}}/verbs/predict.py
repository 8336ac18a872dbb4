"""The verb `predict`."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def predict(
    input: Annotated[Path, typer.Option(help="a CSV file with the columns of the request")],  # noqa: A002
    output: Annotated[Path | None, typer.Option(help="a CSV file; stdout if left out")] = None,
    bundle: Annotated[Path | None, typer.Option(help="build/champion if left out")] = None,
) -> None:
    """Add predictions to the rows of a file, by the champion under its own code."""
    from ..platform.champion import scores
    from ..platform.config import Workspace
    from ..platform.schema import read_csv

    rows = read_csv(input)
    scored = rows.join(scores(bundle or Workspace.here().champion, rows))
    scored.to_csv(output or sys.stdout, index=False)

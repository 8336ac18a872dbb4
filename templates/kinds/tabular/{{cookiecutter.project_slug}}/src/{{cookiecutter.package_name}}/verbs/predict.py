"""The verb `predict`."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def predict(
    input: Annotated[Path, typer.Option(help="a CSV or Parquet file with the request's columns")],  # noqa: A002
    output: Annotated[Path | None, typer.Option(help="a CSV file; stdout if left out")] = None,
    bundle: Annotated[Path | None, typer.Option(help="build/champion if left out")] = None,
) -> None:
    """Add predictions to the rows of a file, by the champion under its own code."""
    from ..platform import config, table
    from ..platform.champion import scores
    from ..platform.config import Workspace
    from ..platform.errors import ProjectError
    from ..platform.schema import Request

    if output and not output.parent.is_dir():
        raise ProjectError(f"there is no folder {output.parent}", "make it, or name another")
    folder = bundle or Workspace.here().champion
    rows, csv = table.whole(input, config.datasets())
    asked = folder / "request.json"
    columns = Request.read(asked).columns if asked.is_file() else ()
    found = scores(folder, table.unsigned(rows, columns, csv))
    # A file that was scored before is scored anew.
    scored = rows.drop(columns=found.columns, errors="ignore").join(found)
    scored.to_csv(output or sys.stdout, index=False)

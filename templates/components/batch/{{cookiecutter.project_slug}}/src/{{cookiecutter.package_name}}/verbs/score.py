"""The verb `score`."""

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer


def score(
    input: Annotated[str, typer.Option(help="CSV or Parquet, with the columns of the request")],  # noqa: A002
    output: Annotated[str, typer.Option(help="CSV or Parquet, by its name")],
    run_id: Annotated[str, typer.Option(help="by default, input and model name the run")] = "",
    reject: Annotated[str, typer.Option(help="collect bad rows here, and score the others")] = "",
    chunk_rows: Annotated[int, typer.Option(min=1, help="rows held in memory at once")] = 50_000,
    bundle: Annotated[Path | None, typer.Option(help="build/champion if left out")] = None,
) -> NoReturn:
    """Score a file larger than memory, by the champion under its own code; once per run id."""
    from ..platform import bundle as bundles
    from ..platform.config import Workspace

    folder = (bundle or Workspace.here().champion).resolve()
    command = [*bundles.command(folder, "batch"), "--bundle", str(folder), "--input", input]
    command += ["--output", output, "--chunk-rows", str(chunk_rows)]
    command += [f"--run-id={run_id}", f"--reject={reject}"]
    os.execve(command[0], command, bundles.environment(folder))

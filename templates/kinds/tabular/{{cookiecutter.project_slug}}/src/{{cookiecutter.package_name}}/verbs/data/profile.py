"""The verb `data profile`."""

from pathlib import Path
from typing import Annotated

import typer


def profile(
    file: Annotated[str | None, typer.Argument(help="the training data if left out")] = None,
    delimiter: Annotated[str | None, typer.Option(help="guessed if left out")] = None,
    encoding: Annotated[str | None, typer.Option(help="utf-8 if left out")] = None,
) -> None:
    """Show each column of a file: its type, its gaps, and where its values lie."""
    from ...platform import config, onboard, table, telling
    from ...platform.config import Workspace

    root, uri = Workspace.here().root, file and str(Path(file).absolute())
    if file is None:
        known = config.datasets()
        uri = known.datasets[known.training].uri
    elif "://" in file:
        uri = file
    with table.fetched(str(uri), root, onboard.FILE if file else table.MEND) as path:
        telling.profiled(onboard.profiled(path, delimiter, encoding))

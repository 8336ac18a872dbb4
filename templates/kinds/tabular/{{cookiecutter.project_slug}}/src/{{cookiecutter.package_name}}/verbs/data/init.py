"""The verb `data init`."""

from typing import Annotated

import typer


def init(
    file: Annotated[str, typer.Argument(help="a CSV or Parquet file, or its URL")],
    target: Annotated[str, typer.Option(help="the column to predict")],
    task: Annotated[str | None, typer.Option(help="binary, multiclass or regression")] = None,
    time: Annotated[str | None, typer.Option(help="when a row was known")] = None,
    group: Annotated[str | None, typer.Option(help="its rows stay on one side")] = None,
    entity: Annotated[str | None, typer.Option(help="whom a row is about")] = None,
    positive: Annotated[str | None, typer.Option(help="the class that counts")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="leave this column out")] = None,
    keep: Annotated[list[str] | None, typer.Option(help="keep it, whatever is wrong")] = None,
    delimiter: Annotated[str | None, typer.Option(help="guessed if left out")] = None,
    encoding: Annotated[str | None, typer.Option(help="utf-8 if left out")] = None,
    missing: Annotated[list[str] | None, typer.Option(help="a word for no value")] = None,
    force: Annotated[bool, typer.Option("--force", help="overwrite what you edited")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="write nothing")] = False,
) -> None:
    """Draft contract, params, gate, features, tests and a made-up sample for a data file."""
    from ...platform import onboard, telling
    from ...platform.config import Workspace
    from ...platform.intake import Asked

    asked = Asked(
        target, task, time, group, entity, positive, tuple(exclude or ()), tuple(keep or ()),
        delimiter, encoding, tuple(missing or ()),
    )  # fmt: skip
    telling.drafted(onboard.init(Workspace.here().root, file, asked, force, dry_run), dry_run)

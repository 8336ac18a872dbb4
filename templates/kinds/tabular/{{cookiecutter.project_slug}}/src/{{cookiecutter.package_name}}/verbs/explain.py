"""The verb `explain`."""

import json as text
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

SHOWN = 12


def explain(
    input: Annotated[Path, typer.Option(help="a CSV file with the columns of the request")],  # noqa: A002
    row: Annotated[int | None, typer.Option(min=1, help="one row; all if left out")] = None,
    of: Annotated[
        str | None, typer.Option(help="a class; the positive or predicted one if left out")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    bundle: Annotated[Path | None, typer.Option(help="build/champion if left out")] = None,
) -> None:
    """Say which columns make the champion score a row as it does, under its own code."""
    from ..platform.champion import explain as run
    from ..platform.config import Workspace
    from ..platform.errors import ProjectError
    from ..platform.explain import MOST_ROWS
    from ..platform.schema import read_csv

    rows = read_csv(input)
    if row is not None and row > len(rows):
        raise ProjectError(f"{input} has {len(rows)} rows", f"name a --row from 1 to {len(rows)}")
    if row is None and len(rows) > MOST_ROWS:
        sentence = f"{input} has {len(rows)} rows, and {MOST_ROWS} are explained at once"
        raise ProjectError(sentence, "name one of them: `--row 1`")
    first = 0 if row is None else row - 1
    rows = rows if row is None else rows.iloc[[first]]
    found = run(bundle or Workspace.here().champion, rows, of)
    if json:
        numbered = [{"row": first + place} | each for place, each in enumerate(found, 1)]
        document = {"schema": "explain/1", "explanations": numbered}
        typer.echo(text.dumps(document, indent=2))
        return
    for place, each in enumerate(found, 1):
        typer.echo("\n".join(lines(first + place, each)))


def lines(row: int, found: dict[str, Any]) -> Iterator[str]:
    """An explanation in words."""
    from ..platform.explain import shown
    from ..platform.schema import figure

    kind, _, name = found["explained"].partition("_")
    what = f"the probability of {name}" if name else f"the {kind}"
    head = f"row {row}: {found['prediction']}; " if name else f"row {row}: "
    yield f"{head}{what} is {figure(found['output'])}, and {figure(found['base'])} for typical rows"
    every = found["contributions"]
    for each in every[:SHOWN]:
        typical = "" if each["typical"] is None else f" (typical: {shown(each['typical'])})"
        yield f"  {each['sentence']}{typical}"
    if rest := every[SHOWN:]:
        total = sum(each["contribution"] for each in rest)
        yield f"  {len(rest)} more columns together: {total:+.3g}"
    if error := max(each["error"] for each in every):
        yield f"  standard error of a figure, as orders are drawn: {error:.1g} at most"

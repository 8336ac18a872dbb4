"""How `data init` and `data profile` tell what they found."""

import sys

import pandas as pd
import typer

from . import onboard
from .keep import Fate
from .onboard import Outcome

STATES = {
    "drafted": "drafted",
    "unchanged": "as it was",
    "yours": "yours, and nothing new to say",
    "merged": "yours, with the new draft merged in",
    "kept": "yours and KEPT; the draft would change it:",
}
WIDTH, DIFF = 120, 40


def drafted(outcome: Outcome, dry_run: bool) -> None:
    """Show every decision, the fate of every file, and the next command."""
    from rich.box import SIMPLE
    from rich.table import Table

    typer.echo(onboard.head(outcome.plan))
    shown = Table(box=SIMPLE, pad_edge=False)
    for name in ("column", "figure", "what was done", "the line that changes it"):
        shown.add_column(name, overflow="fold")
    for one in onboard.rows_of(outcome.plan):
        shown.add_row(
            *(text.replace("[", r"\[") for text in (one.column, one.figure, one.done, one.line))
        )
    _console().print(shown)
    for fate in outcome.fates:
        _fate(fate)
    for note in outcome.notes:
        typer.echo(f"note: {note}")
    typer.echo("nothing was written (--dry-run)" if dry_run else f"next: {onboard.next_command()}")


def _fate(fate: Fate) -> None:
    typer.echo(f"{fate.path:40} {STATES[fate.state]}")
    lines = fate.diff.splitlines()
    for line in lines[:DIFF]:
        typer.echo(f"    {line}")
    if len(lines) > DIFF:
        typer.echo(f"    … and {len(lines) - DIFF} lines more")


def profiled(columns: pd.DataFrame) -> None:
    """Show a line for each column."""
    from rich.box import SIMPLE
    from rich.table import Table

    shown = Table(box=SIMPLE, pad_edge=False, title=columns.attrs["title"], title_justify="left")
    for name in columns:
        shown.add_column(
            str(name),
            overflow="fold",
            justify="right" if name in ("missing", "distinct") else "left",
        )
    for row in columns.astype(str).itertuples(index=False):
        shown.add_row(*(str(value).replace("[", r"\[") for value in row))
    _console().print(shown)


def _console() -> "rich.console.Console":  # type: ignore[name-defined]  # noqa: F821
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH)

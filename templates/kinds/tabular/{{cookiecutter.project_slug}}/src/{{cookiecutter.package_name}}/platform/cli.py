"""The command line: every file in `verbs/` is a verb, imported when it is called."""

import importlib
import importlib.util
import os
from pathlib import Path
from typing import Any

import click
import typer
from typer.core import TyperGroup
from typer.main import get_command

from .errors import boundary

PACKAGE = __package__.rpartition(".")[0]
VERBS = Path(__file__).parents[1] / "verbs"


class Verbs(TyperGroup):
    """A group that knows its verbs by their file names."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(path.stem for path in VERBS.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> Any:
        name = cmd_name.replace("-", "_")
        if name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{PACKAGE}.verbs.{name}")
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(name=cmd_name)(getattr(module, name))
        return get_command(app)


app = typer.Typer(
    cls=Verbs, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)


@app.callback(help=f"Verbs of the project {PACKAGE}.")
def root() -> None:
    """Nothing to set up: every verb stands alone."""


def main() -> None:
    """Run a verb; a `ProjectError` becomes two lines on stderr and its exit code."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    with boundary():
        app(prog_name=PACKAGE)

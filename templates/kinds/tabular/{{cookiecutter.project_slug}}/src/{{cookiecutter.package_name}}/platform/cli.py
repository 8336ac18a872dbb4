"""The command line: every file in `verbs/` is a verb, imported when it is called."""

import importlib
import importlib.util
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from .errors import COMMAND, Exit, ProjectError, boundary

PACKAGE = __package__.rpartition(".")[0]
HOME = Path(__file__).parents[1]
VERBS = HOME / "verbs"


class Verbs(TyperGroup):
    """A group that knows its verbs by their file names; a folder is a verb that has verbs."""

    folder = VERBS

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        files, folders = self.folder.glob("[a-z]*.py"), self.folder.glob("[a-z]*/__init__.py")
        return sorted([*(path.stem for path in files), *(path.parent.name for path in folders)])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        name = cmd_name.replace("-", "_")
        if name not in self.list_commands(ctx):
            return None
        place = self.folder / name
        module = importlib.import_module(".".join([PACKAGE, *place.relative_to(HOME).parts]))
        act = getattr(module, name)
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        if not place.is_dir():
            app.command(name=cmd_name)(act)
            return get_command(app)
        group = type("Verbs", (Verbs,), {"folder": place})
        app.callback(cls=group, invoke_without_command=True)(act)
        found = get_command(app)
        found.name = cmd_name
        return found


app = typer.Typer(cls=Verbs, add_completion=False, pretty_exceptions_enable=False)


@app.callback(help=f"Verbs of the project {COMMAND}.")
def root() -> None:
    """Nothing to set up: every verb stands alone."""


def main() -> None:
    """Run a verb; what goes wrong becomes two lines on stderr and an exit code."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    with boundary():
        sys.exit(_run(sys.argv[1:] or ["--help"]))


def _run(words: list[str]) -> int:
    try:
        return int(app(words, prog_name=COMMAND, standalone_mode=False) or 0)
    except typer.Abort:
        return 130
    except Exception as error:
        if hasattr(error, "format_message"):  # a wrong call, in the words of the parser
            hint = f"`{COMMAND} --help` lists the verbs, `{COMMAND} VERB --help` their options"
            raise ProjectError(error.format_message().rstrip("."), hint) from None
        place = _team_line(error)
        if place is None or "TRACEBACK" in os.environ:
            raise
        hint = f"mend the line; `TRACEBACK=1 {COMMAND} {' '.join(words)}` shows the way there"
        text = str(getattr(error, "msg", error))  # a syntax error's own text says the line twice
        sentence = f"{place}: {type(error).__name__}: {text.partition(chr(10))[0]}"
        raise ProjectError(sentence, hint, Exit.CANNOT) from None


def _team_line(error: Exception) -> str | None:
    """The line of the team's own file that an error came through, if it came through one."""
    if isinstance(error, SyntaxError) and Path(error.filename or "").parent == HOME:
        return f"{Path(str(error.filename)).name}, line {error.lineno}"
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if HOME in Path(f.filename).parents
    ]
    if not frames or Path(frames[-1].filename).parent != HOME:
        return None
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}"

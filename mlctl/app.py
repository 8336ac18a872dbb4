"""The Typer app, its global options, and the one error boundary."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from mlctl import __version__
from mlctl.tools import signals
from mlctl.tools.console import Console, complete, silence
from mlctl.tools.errors import Exit, MlctlError, Unable, printable

STRAITS = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE)
    + (errno.EINTR, errno.ENFILE, errno.ENOMEM, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)
)
UPGRADE = ("upgrade", "add", "remove", "adopt", "status", "diff")
ROOMS = {"new": "new", **dict.fromkeys(("check", "rules", "waive"), "check"), **dict.fromkeys(UPGRADE, "upgrade")}
ROOMS["platform"] = "catalog"


@dataclass(frozen=True)
class Session:
    """What every command gets: where it works, and how it talks."""

    here: Path
    console: Console


def mlctl(
    context: typer.Context,
    directory: Annotated[Path, typer.Option("-C", metavar="DIR", help="Work in DIR.")] = Path(),
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Leave the talk out.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say more.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Start, check and upgrade machine-learning projects from centrally maintained templates."""
    console = Console(int(verbose) - int(quiet))
    if version:
        console.result(f"mlctl {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.BadParameter("missing command", context)
    if not os.path.isdir(directory):
        raise Unable(f"'{printable(str(directory))}' is no folder", "name an existing folder after -C")
    try:
        here = Path(os.path.abspath(os.path.join(os.getcwd(), directory)))
    except FileNotFoundError as error:
        raise Unable("the current folder is gone", "change to a folder that is there, then try again") from error
    context.obj = Session(here, console)


def app(name: str = "") -> typer.Typer:
    """Return the Typer app with the command `name` alone where there is one: the others take their time to come."""
    made = typer.Typer(
        name="mlctl", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip
    made.callback(invoke_without_command=True)(mlctl)
    for word in [name] if name in ROOMS else ROOMS:
        command = getattr(import_module(f"mlctl.{ROOMS[word]}.command"), word)
        if isinstance(command, typer.Typer):
            made.add_typer(command)
        else:
            made.command()(command)
    return made


def run(arguments: list[str]) -> int:
    """Run mlctl on `arguments`; return the exit code. All errors end here, as two lines on stderr."""
    signals.heed()
    complete()
    try:
        words = _anywhere(arguments)
        code = app(_command(words))(args=words, prog_name="mlctl", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except MlctlError as error:
        return _complain(error.sentence, error.hint, error.code)
    except typer.TyperException as error:
        return _complain(_lower(error.format_message()), _help(error), Exit.USAGE)
    except (BrokenPipeError, SystemExit) as end:
        if isinstance(end, SystemExit) and not isinstance(end.__context__, BrokenPipeError):
            raise
        silence()  # Typer and rich end a run whose reader has gone, each in its way
        return Exit.CLOSED
    except (KeyboardInterrupt, EOFError, typer.Abort):
        return Exit.INTERRUPTED
    except OSError as error:
        return _environment(error) if error.errno in STRAITS else _crash(error)
    except Exception as error:
        return _crash(error)


def _anywhere(arguments: list[str]) -> list[str]:
    """Return the arguments with the global options first, so that they may stand after the command too."""
    first: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in ("-q", "--quiet", "-v", "--verbose"):
            first.append(word)
        elif word == "-C":
            folder = list(itertools.islice(words, 1))
            (first if folder else rest).extend([word, *folder])
        else:
            rest.append(word)
    return first + rest


def _command(words: list[str]) -> str:
    """Return the word that names the command, or nothing."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] == "-C" else 1
    return words[at] if at < len(words) else ""


def _complain(sentence: str, hint: str, code: int) -> int:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"error: {printable(sentence)}\n hint: {printable(hint)}\n")
    return int(code)


def _lower(text: str) -> str:
    text = printable(" ".join(text.split())).rstrip(".")
    return text[:1].lower() + text[1:]


def _help(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"see `{context.command_path if context else 'mlctl'} --help`"


def _environment(error: OSError) -> int:
    """Tell what the system refused."""
    silence()
    where = f"'{printable(str(error.filename))}': " if error.filename else ""
    return _complain(f"{where}{(error.strerror or 'refused').lower()}", "free space or rights there, then try again", 3)


def _crash(error: Exception) -> int:
    """Keep the traceback of a bug of ours in a file and say so."""
    import tempfile
    import traceback

    from mlctl.tools.git import redact

    told = redact("".join(traceback.format_exception(error)))
    try:
        handle, name = tempfile.mkstemp(prefix="mlctl-crash-", suffix=".txt")
        with open(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(told)
        hint = f"report it with the file {name}"
    except OSError:
        hint = f"report it with its place: {printable(told.strip().splitlines()[-2].strip())}"
    return _complain(f"this is a bug of mlctl: {printable(type(error).__name__)}", hint, Exit.BUG)

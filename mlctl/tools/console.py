"""The terminal: results on stdout, talk on stderr, questions by arrow keys. The only room that prints.

Nobody's text can forge a line or steer the terminal: what is printed is made printable here.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

from mlctl.tools.errors import printable

LOUD, NORMAL, QUIET = 1, 0, -1


class Console:
    """Prints at a loudness: `QUIET` leaves the talk out, `LOUD` adds details."""

    def __init__(self, loudness: int = NORMAL) -> None:
        self.loudness = loudness

    def result(self, text: str) -> None:
        """Print a result line on stdout."""
        _write(sys.stdout, printable(text))

    def document(self, text: str) -> None:
        """Print a text that a machine reads on stdout, as it is; at a terminal without what that would obey."""
        if sys.stdout.isatty():
            text = "".join(c if c.isprintable() or c in "\n\t" else printable(c) for c in text)
        _write(sys.stdout, text)

    def say(self, text: str) -> None:
        """Print a line of talk on stderr."""
        if self.loudness >= NORMAL:
            _write(sys.stderr, printable(text))

    def detail(self, text: str) -> None:
        """Print a line on stderr that only somebody who looks for a fault wants."""
        if self.loudness >= LOUD:
            _write(sys.stderr, printable(text))

    @contextlib.contextmanager
    def busy(self, text: str, always: bool = True) -> Iterator[None]:
        """Show on stderr that something takes its time: at a terminal, elsewhere only if `always`."""
        if self.loudness >= NORMAL and sys.stderr.isatty():
            from rich.console import Console as Rich
            from rich.text import Text

            with Rich(stderr=True).status(Text(text)):
                yield
            return
        if always:
            self.say(text)
        yield


class Terminal:
    """Asks at the terminal: texts with a default, choices by arrow keys; help and complaints on the spot."""

    def text(self, prompt: str, default: str, check: Callable[[str], str], help: str = "") -> str:
        """Return a text that `check` has no complaint about."""
        import questionary

        return _told(questionary.text, prompt, default, check, help)

    def secret(self, prompt: str, default: str, check: Callable[[str], str], help: str = "") -> str:
        """Return a text that is not shown while it is typed."""
        import questionary

        return _told(questionary.password, prompt, default, check, help)

    def choice(self, prompt: str, options: Mapping[str, str], help: str = "") -> str:
        """Return one of `options`, shown with their labels; the first is marked at the start."""
        import questionary

        choices = [
            questionary.Choice(f"{name}: {told}" if told else name, value=name) for name, told in options.items()
        ]
        instruction = f"({help or 'arrow keys, then enter'})"
        return str(questionary.select(prompt, choices, instruction=instruction, output=_output()).unsafe_ask())

    def yes(self, prompt: str, default: bool) -> bool:
        """Return yes or no."""
        import questionary

        return bool(questionary.confirm(prompt, default=default, output=_output()).unsafe_ask())


def _told(ask: Callable[..., Any], prompt: str, default: str, check: Callable[[str], str], help: str) -> str:
    instruction = f"({help}) " if help else None
    said = ask(
        prompt, default=default, validate=lambda value: check(value) or True, output=_output(), instruction=instruction
    )
    return str(said.unsafe_ask())


def interactive() -> bool:
    """Tell whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


def silence() -> None:
    """Let nothing more be written to a stdout that its reader has closed."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())


def complete() -> None:
    """Make the streams of the process fit to use: those that its caller closed lead nowhere, all take any text."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(handle)
        sys.stdin = sys.stdin or os.fdopen(0)
        sys.stdout = sys.stdout or os.fdopen(1, "w")
        sys.stderr = sys.stderr or os.fdopen(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _output() -> Any:
    from prompt_toolkit.output import create_output

    return create_output(stdout=sys.stderr)


def _write(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()

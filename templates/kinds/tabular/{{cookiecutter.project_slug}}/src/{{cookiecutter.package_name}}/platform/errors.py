"""The one error a verb shows as two lines, and the exit codes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

# How the project is called on the command line, as its hints name it.
COMMAND = __package__.partition(".")[0].replace("_", "-")


class Exit(IntEnum):
    """What the exit code of a verb says."""

    OK = 0
    USAGE = 2
    CANNOT = 3
    DRIFT = 10
    REJECTED = 20


class ProjectError(Exception):
    """What stands in the way, and what to do next."""

    def __init__(self, sentence: str, hint: str, code: int = Exit.USAGE) -> None:
        super().__init__(sentence)
        self.sentence, self.hint, self.code = sentence, hint, code

    def __reduce__(self) -> tuple[Any, ...]:
        """Travels between processes whole."""
        return type(self), (self.sentence, self.hint, self.code)


class Unreachable(ProjectError):  # noqa: N818
    """Data that are not here."""


@contextmanager
def boundary() -> Iterator[None]:
    """Show a `ProjectError` as two lines on stderr, and leave with its exit code."""
    try:
        yield
    except ProjectError as error:
        sys.stderr.write(f"error: {error.sentence}\n hint: {error.hint}\n")
        sys.exit(int(error.code))

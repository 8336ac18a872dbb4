"""The one base of every error that mlctl shows: what stands in the way, and what to do next."""

from __future__ import annotations

import enum
from typing import Any


class Exit(enum.IntEnum):
    """The exit codes that scripts may rely on."""

    YES = 0
    NO = 1
    USAGE = 2
    UNABLE = 3
    BUG = 4
    INTERRUPTED = 130
    CLOSED = 141
    TERMINATED = 143


class MlctlError(Exception):
    """Something stands in the way: `sentence` names it, `hint` is the next command, `code` the exit code."""

    sentence: str = ""
    hint: str = ""
    code: Exit = Exit.UNABLE

    def __init__(self, sentence: str = "", hint: str = "", code: Exit | None = None) -> None:
        self.sentence = sentence or self.sentence
        self.hint = hint or self.hint
        self.code = self.code if code is None else code
        super().__init__(self.sentence)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by what it bears: the children's constructors take other arguments."""
        return _again, (type(self), self.__dict__)


def _again(kind: type[MlctlError], state: dict[str, Any]) -> MlctlError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    Exception.__init__(error, error.sentence)
    return error


class Invalid(MlctlError):
    """Asked wrongly: usage, or a file that must be read is invalid."""

    code = Exit.USAGE


class Unable(MlctlError):
    """Could not: a precondition, the environment, the network, a disk, or refused as unsafe."""

    code = Exit.UNABLE


def printable(text: str) -> str:
    """Return `text` without control, direction or line characters, so that it can't forge output."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def word(text: str) -> str:
    """Return `text` as one printable word of a shell's command."""
    import shlex

    return shlex.quote(printable(text))

"""Lines under keys: the tables, keys and list items that a file with structure is read as."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from mlctl.upgrade.settle.lines import Lines
from mlctl.upgrade.settle.rules import plain

MAPPING = re.compile(r"- [\w-]+:")  # the key of an item that is a mapping
_LAST = re.compile(r"""((?:[^"'#]|"(?:\\.|[^"\\])*"|'[^']*')*),(\s*(?:#.*)?)""", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """Lines under a key: `lead` are comments before, `head` the key's own lines, `inner` blocks below it, if any.

    Where `open`, the inner blocks are items that all end with a comma, but the last one has none in the file.
    """

    key: str
    lead: Lines
    head: Lines
    inner: tuple[Block, ...] = ()
    tail: Lines = field(default_factory=list)
    open: bool = False

    @property
    def lines(self) -> Lines:
        """All lines of the block."""
        inner = [line for block in self.inner for line in block.lines]
        return [*self.lead, *self.head, *(opened(inner) if self.open else inner), *self.tail]

    @property
    def said(self) -> str:
        """What the block says, without layout and comments before it."""
        return plain(self.lines[len(self.lead) :])

    @property
    def indent(self) -> int:
        """How many blanks its first line begins with."""
        line = (self.head or [""])[0]
        return len(line) - len(line.lstrip(" "))

    def shifted(self, by: int) -> Block:
        """Return the block with `by` more blanks before each of its lines."""
        if not by or '"""' in "".join(self.head) or "'''" in "".join(self.head):
            return self
        lead, head, tail = ([_shifted(line, by) for line in lines] for lines in (self.lead, self.head, self.tail))
        return replace(self, lead=lead, head=head, tail=tail, inner=tuple(block.shifted(by) for block in self.inner))


def _shifted(line: str, by: int) -> str:
    if not line.strip() or line.startswith("\t"):
        return line
    return " " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip(" "))) :]


def opened(chunks: list[Any]) -> list[Any]:
    """Return the items of a list without the comma behind the last one; it stays where that clashes."""
    match = _LAST.fullmatch(chunks[-1]) if chunks and isinstance(chunks[-1], str) else None
    return [*chunks[:-1], match[1] + match[2]] if match else chunks

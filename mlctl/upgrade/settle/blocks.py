"""A three-way merge of blocks with keys: tables, keys, list items; order and comments are the team's."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field, replace

from mlctl.upgrade.settle.lines import Chunk, Clash, Lines, merge
from mlctl.upgrade.settle.rules import plain


@dataclass(frozen=True)
class Block:
    """Lines under a key: `lead` are comments before, `head` the key's own lines, `inner` blocks below it, if any."""

    key: str
    lead: Lines
    head: Lines
    inner: tuple[Block, ...] = ()
    tail: Lines = field(default_factory=list)
    listed: bool = False

    @property
    def lines(self) -> Lines:
        """All lines of the block."""
        return [*self.lead, *self.head, *(line for block in self.inner for line in block.lines), *self.tail]

    @property
    def open(self) -> bool:
        """Whether it is a list whose last item has no comma behind it."""
        return self.listed and bool(self.inner) and bool(_ITEM.match(self.inner[-1].head[-1].rstrip("\n")))

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


_EMPTY = re.compile(r"(=\[\]|=|:)$")
_ITEM = re.compile(r"""^([^#\n]*["'}\]])(\s*(?:#.*)?)$""")


def weave(base: list[Block], ours: list[Block], theirs: list[Block], before: bool = False) -> list[Chunk]:
    """Return the merge of three lists of blocks: in our order, with their new blocks behind what they stand behind.

    Where both add to one place, ours come first; theirs do where `before`.
    """
    old, mine, new = (_keyed(side) for side in _levelled(base, ours, theirs))
    woven: list[tuple[str, list[Chunk]]] = []
    for key, block in mine.items():
        woven.append((key, _one(old.get(key), block, new.get(key))))
    for place, (key, block) in enumerate(new.items()):
        if key in mine:
            continue
        if key in old and old[key].said == block.said:
            continue  # the team took it out, and the template left it as it was
        chunks: list[Chunk] = [*block.lines] if key not in old else [Clash(old[key].lines, [], block.lines)]
        woven.insert(_after(list(new)[:place], woven, set() if before else mine.keys() - old.keys()), (key, chunks))
    return [chunk for _, chunks in woven for chunk in chunks]


def _one(base: Block | None, ours: Block, theirs: Block | None) -> list[Chunk]:
    """Return the merge of one block; that of ours is there."""
    if theirs is None:
        if base is None:
            return [*ours.lines]
        same = [line.strip() for line in base.lines] == [line.strip() for line in ours.lines]
        return [] if same else [Clash(base.lines, ours.lines, [])]
    if ours.lines == theirs.lines or (base and theirs.lines == base.lines):
        return [*ours.lines]
    if base and ours.lines == base.lines:
        return [*theirs.lines]
    if (ours.inner or theirs.inner) and _deep(base, ours, theirs):
        known = base or Block(ours.key, [], [])
        return [
            *_lines(known.lead, ours.lead, theirs.lead),
            *_lines(known.head, ours.head, theirs.head),
            *(commas if ours.listed else list)(
                weave(list(known.inner), list(ours.inner), list(theirs.inner), ours.open)
            ),
            *_lines(known.tail, ours.tail, theirs.tail),
        ]
    known_lead = base.lead if base else []
    lead = _lines(known_lead, ours.lead, theirs.lead)
    return lead + _lines(
        base.lines[len(base.lead) :] if base else [], ours.lines[len(ours.lead) :], theirs.lines[len(theirs.lead) :]
    )


def _levelled(base: list[Block], ours: list[Block], theirs: list[Block]) -> list[list[Block]]:
    """Return the sides at one indentation: ours, or that of the template where only it changed it."""
    sides = [base, ours, theirs]
    was, mine, new = (next((block.indent for block in side if block.head), None) for side in sides)
    level = new if was == mine and new is not None else mine
    if level is None:
        return sides
    levels = [level if at is None else at for at in (was, mine, new)]
    return [[block.shifted(level - at) for block in side] for side, at in zip(sides, levels, strict=True)]


def _shifted(line: str, by: int) -> str:
    if not line.strip() or line.startswith("\t"):
        return line
    return " " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip(" "))) :]


def commas(chunks: list[Chunk]) -> list[Chunk]:
    """Return the items of a list with the commas between them that the last ones of each side lacked."""
    found: list[Chunk] = []
    for place, chunk in enumerate(chunks):
        if isinstance(chunk, Clash) or not _more(chunks[place + 1 :]):
            found.append(chunk)
        else:
            found.append(_ITEM.sub(r"\1,\2", chunk))
    return found


def _more(chunks: list[Chunk]) -> bool:
    return any(isinstance(c, Clash) or (c.strip() and not c.lstrip().startswith("#")) for c in chunks)


def _deep(base: Block | None, ours: Block, theirs: Block) -> bool:
    """Tell whether the blocks are made alike, so that their inner blocks can be merged."""
    sides = [block for block in (base, ours, theirs) if block is not None]
    return all(block.inner or _EMPTY.search(block.said) for block in sides)


def _lines(base: Lines, ours: Lines, theirs: Lines) -> list[Chunk]:
    if ours == theirs or theirs == base:
        return [*ours]
    if ours == base:
        return [*theirs]
    return merge(base, ours, theirs)


def _after(before: list[str], woven: list[tuple[str, list[Chunk]]], added: Set[str]) -> int:
    """Return the place behind the nearest of the keys `before`, and behind what the team `added` there."""
    places = {key: place for place, (key, _) in enumerate(woven)}
    at = next((places[key] + 1 for key in reversed(before) if key in places), 0)
    while at < len(woven) and woven[at][0] in added:
        at += 1
    return at


def _keyed(blocks: list[Block]) -> dict[str, Block]:
    """Return blocks by key; of several with one key the later ones are counted."""
    found: dict[str, Block] = {}
    for block in blocks:
        key, number = block.key, 1
        while key in found:
            number += 1
            key = f"{block.key}#{number}"
        found[key] = block
    return found

"""A three-way merge of blocks with keys: tables, keys, list items; order and comments are the team's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from operator import itemgetter
from typing import Any

from mlctl.upgrade.settle.lines import Chunk, Clash, Lines, merge
from mlctl.upgrade.settle.lists import OPTION
from mlctl.upgrade.settle.rules import plain


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
        return [*self.lead, *self.head, *(_opened(inner) if self.open else inner), *self.tail]

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


@dataclass(frozen=True)
class Renamed(Clash):
    """A block that the team took out, under the name that the template gave it, and what the template has there."""


ALIKE = 0.7  # of the lines: a job with another name and one step more, not one that only begins in the same way
PAIRS = 400  # to compare in one place: more is another file rather than names
_NAMED = re.compile(r"- [\w-]+:|\[\[\S+ ")
_EMPTY = re.compile(r"(=\[\]|=|:)$")
_LAST = re.compile(r"""((?:[^"'#]|"(?:\\.|[^"\\])*"|'[^']*')*),(\s*(?:#.*)?)""", re.DOTALL)


def weave(
    base: list[Block], ours: list[Block], theirs: list[Block], open_: bool = False, mapped: bool = False
) -> list[Chunk]:
    """Return the merge of three lists of blocks: in our order, with their new blocks behind what they stand behind.

    Where both add to one place, ours come first; theirs do where our last line has no comma (`open_`), so that it needs
    none. Where order means nothing (`mapped`), our last block stays the last one for the same reason.
    """
    base, ours, theirs = _levelled(base, ours, theirs)
    old = _keyed(base)
    mine, new = _keyed(ours, old), _keyed(theirs, old)
    mine, new = _renamed(old, mine, new), _renamed(old, new, mine)
    new = _twinned(old, mine, new)
    woven: list[tuple[str, list[Chunk]]] = []
    here, there = _swapped(old, mine), _swapped(old, new)
    rivals = {here[key]: (old[key], new[there[key]]) for key in here.keys() & there.keys() if here[key] != there[key]}
    for key, block in mine.items():
        base_, theirs_ = rivals[key] if key in rivals else (old.get(key), new.get(key))
        woven.append((key, _one(base_, block, theirs_)))
    order = _order(old, new)
    for place, key in enumerate(order):
        if key in mine or key not in new or any(new[key] is rival for _, rival in rivals.values()):
            continue
        block = new[key]
        if key in old and old[key].said == block.said:
            continue  # the team took it out, and the template left it as it was
        chunks: list[Chunk] = [*block.lines] if key not in old else [_out(old[key], block)]
        at = _after(order[:place], woven, set() if open_ or key in there.values() else mine.keys() - old.keys())
        woven.insert(min(at, len(woven) - 1) if mapped and woven else at, (key, chunks))
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
        mapped = ours.lines[len(ours.lead)].rstrip().endswith("{")
        inner = weave(list(known.inner), list(ours.inner), list(theirs.inner), ours.open, mapped)
        return [
            *_lines(known.lead, ours.lead, theirs.lead),
            *_lines(known.head, ours.head, theirs.head),
            *(_opened(inner) if ours.open else inner),
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


def _opened(chunks: list[Any]) -> list[Any]:
    """Return the items of a list without the comma behind the last one; it stays where that clashes."""
    match = _LAST.fullmatch(chunks[-1]) if chunks and isinstance(chunks[-1], str) else None
    return [*chunks[:-1], match[1] + match[2]] if match else chunks


def _deep(base: Block | None, ours: Block, theirs: Block) -> bool:
    """Tell whether the blocks are made alike, so that their inner blocks can be merged."""
    heads = {plain(block.head) for block in (ours, theirs) if block.inner}
    said = [(block, block.said) for block in (ours, theirs)]
    if base is not None:
        said.append((base, base.said.removesuffix("{}")))
    alike = all(block.inner or _EMPTY.search(text) or text in heads for block, text in said)
    was, mine, new = ([one.key for one in side.inner] if side else [] for side in (base, ours, theirs))
    return alike and not _argued(was, mine, new) and not (ours.key == "steps" and _reordered(was, new))


def _reordered(base: list[str], theirs: list[str]) -> bool:
    """Tell whether the template put what it had into another order."""
    kept = [[*dict.fromkeys(key for key in side if key in base and key in theirs)] for side in (base, theirs)]
    return kept[0] != kept[1]


def _argued(base: list[str], ours: list[str], theirs: list[str]) -> bool:
    """Tell whether both sides added the same word to a list of options: it may belong to another option in each."""
    both = (set(ours) & set(theirs)) - set(base)
    return not all(map(OPTION.match, both)) and any(map(OPTION.match, [*ours, *theirs]))


def _lines(base: Lines, ours: Lines, theirs: Lines) -> list[Chunk]:
    if ours == theirs or theirs == base:
        return [*ours]
    if ours == base:
        return [*theirs]
    return merge(base, ours, theirs)


def _order(old: Mapping[str, Block], new: Mapping[str, Block]) -> list[str]:
    """Return the new keys in their order; each that took the place of one old one stands behind that."""
    before = {now: key for key, now in _swapped(old, new).items()}
    return [one for key in new for one in ((before[key], key) if key in before else (key,))]


def _renamed(old: Mapping[str, Block], side: Mapping[str, Block], other: Mapping[str, Block]) -> dict[str, Block]:
    """Return the blocks of a side by key, under its old key that which holds most of an old one in its place.

    A name that the other side has is that side's, and an item with another name of its own is another item.
    """
    names: dict[str, str] = {}
    gone = {key for key, block in old.items() if block.inner and key not in side}
    for before, after in _replaced(old, side) if gone else ():
        if len(before) * len(after) > PAIRS:
            continue
        came = [key for key in after if key not in old and key not in other]
        for key in (one for one in before if one in gone):
            free = (now for now in came if now not in names and not _told_apart(key, now))
            share, now = max(((_share(old[key], side[now]), now) for now in free), key=itemgetter(0), default=(0.0, ""))
            if share >= ALIKE:
                names[now] = key
    return {names.get(key, key): block for key, block in side.items()}


def _twinned(old: Mapping[str, Block], mine: Mapping[str, Block], new: Mapping[str, Block]) -> dict[str, Block]:
    """Return the template's blocks by key, a step that both added under the name that the team gave it."""
    ours = {deed: key for key, block in mine.items() if key not in old and key not in new and (deed := _deed(block))}
    both = old.keys() | mine.keys()
    return {key if key in both else ours.pop(_deed(block), key): block for key, block in new.items()}


def _deed(block: Block) -> str:
    """Return what a step of a workflow does, nothing where a block is none: its name is only a label."""
    return "".join(one.said + "\n" for one in block.inner) if {"uses", "run"} & {one.key for one in block.inner} else ""


def _told_apart(one: str, other: str) -> bool:
    """Tell whether two items are named by a key of theirs, as `- id: a` and `- id: b` are."""
    kinds = [_NAMED.match(key) for key in (one, other)]
    return kinds[0] is not None and kinds[1] is not None and kinds[0][0] == kinds[1][0]


def _share(one: Block, other: Block) -> float:
    """Return which part of the lines of two blocks is the same."""
    first, second = ([line.strip() for line in block.lines] for block in (one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _out(old: Block, new: Block) -> Clash:
    """Return the clash over a block that the team took out, and that the template changed or gave another name."""
    if old.key == new.key:
        return Clash(old.lines, [], new.lines)
    return Renamed(replace(old, lead=new.lead, head=new.head).lines, [], new.lines)


def _swapped(old: Mapping[str, Block], new: Mapping[str, Block]) -> dict[str, str]:
    """Return the new keys by the old ones whose places they took, where neither has blocks below it."""
    pairs = [pair for a, b in _replaced(old, new) if len(a) == len(b) for pair in zip(a, b, strict=True)]
    return {a: b for a, b in pairs if a not in new and b not in old and not old[a].inner + new[b].inner}


def _replaced(old: Mapping[str, Block], new: Mapping[str, Block]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield old keys that others stand in the place of, with these."""
    before, after = list(old), list(new)
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "replace":
            yield before[i:j], after[k:m]


def _after(before: list[str], woven: list[tuple[str, list[Chunk]]], added: Set[str]) -> int:
    """Return the place behind the nearest of the keys `before`, and behind what the team `added` there."""
    places = {key: place for place, (key, _) in enumerate(woven)}
    at = next((places[key] + 1 for key in reversed(before) if key in places), 0)
    while at < len(woven) and woven[at][0] in added:
        at += 1
    return at


def _keyed(blocks: list[Block], old: Mapping[str, Block] | None = None) -> dict[str, Block]:
    """Return blocks by key; of several with one key the later ones are counted.

    Where `old` has not as many, those most alike are the same ones.
    """
    names = [block.key for block in blocks]
    had, have = Counter(block.key for block in (old or {}).values()), Counter(names)
    for key in (key for key in had.keys() & have.keys() if had[key] != have[key]):
        places = [place for place, block in enumerate(blocks) if block.key == key]
        before = {name: block for name, block in (old or {}).items() if block.key == key}
        for place in places:
            names[place] = f"{key} {blocks[place].said}"
        for name, place in _pairs(before, {place: blocks[place] for place in places}):
            names[place] = name
    found: dict[str, Block] = {}
    for name, block in zip(names, blocks, strict=True):
        key, number = name, 1
        while key in found:
            number += 1
            key = f"{name}#{number}"
        found[key] = block
    return found


def _pairs(old: dict[str, Block], new: dict[int, Block]) -> Iterator[tuple[str, int]]:
    """Yield the old blocks with the new ones that are most like them; lines that are not alike, in their order."""
    shares = [(_share(was, now), name, place) for name, was in old.items() for place, now in new.items()]
    for share, name, place in sorted(shares, key=itemgetter(0), reverse=True):
        if name in old and place in new and (share >= ALIKE or not old[name].inner + new[place].inner):
            del old[name], new[place]
            yield name, place

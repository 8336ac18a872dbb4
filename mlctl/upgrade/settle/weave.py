"""A three-way merge of blocks with keys: tables, keys, list items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace

from mlctl.upgrade.settle.blocks import MAPPING, Block, opened
from mlctl.upgrade.settle.lines import Chunk, Clash, Lines, merge
from mlctl.upgrade.settle.lists import argued
from mlctl.upgrade.settle.pairs import paired, swapped
from mlctl.upgrade.settle.rules import plain


@dataclass(frozen=True)
class Renamed(Clash):
    """A block that the team took out, under the name that the template gave it, and what the template has there."""


_Sides = tuple[Lines, Lines, Lines]
_EMPTY = re.compile(r"(=\[\]|=|:)$")


def weave(
    base: list[Block],
    ours: list[Block],
    theirs: list[Block],
    open_: bool = False,
    mapped: bool = False,
    tails: _Sides = ([], [], []),
) -> list[Chunk]:
    """Return the merge of three lists of blocks: in our order, with their new blocks behind what they stand behind.

    Where the template alone changed the order, it is the template's.

    Where both add to one place, ours come first; theirs do where our last line has no comma (`open_`), so that it needs
    none. Where order means nothing (`mapped`), our last block stays the last one for the same reason.
    `tails` are the lines behind the blocks.
    """
    base, ours, theirs = _levelled(base, ours, theirs)
    old, mine, new = paired(base, ours, theirs)
    none = Block("", [], [])
    gone = _gone([tails, *((old[key].lead, mine.get(key, none).lead, new.get(key, none).lead) for key in old)])
    woven: list[tuple[str, list[Chunk]]] = []
    here, there = swapped(old, mine), swapped(old, new)
    rivals = {here[key]: (old[key], new[there[key]]) for key in here.keys() & there.keys() if here[key] != there[key]}
    for key, block in mine.items():
        base_, theirs_ = rivals[key] if key in rivals else (old.get(key), new.get(key))
        woven.append((key, _one(base_, block, theirs_)))
    order = _order(there, new)
    for place, key in enumerate(order):
        if key in mine or key not in new or any(new[key] is rival for _, rival in rivals.values()):
            continue
        block = new[key]
        if key in old and old[key].said == block.said:
            continue  # the team took it out, and the template left it as it was
        chunks: list[Chunk] = [*_fresh(block, gone)] if key not in old else [_out(old[key], block)]
        at = _after(order[:place], woven, set() if open_ or key in there.values() else mine.keys() - old.keys())
        woven.insert(min(at, len(woven) - 1) if mapped and woven else at, (key, chunks))
    return [chunk for _, chunks in _ordered(woven, old, mine, new) for chunk in chunks]


def _ordered(
    woven: list[tuple[str, list[Chunk]]], old: Mapping[str, Block], mine: Mapping[str, Block], new: Mapping[str, Block]
) -> list[tuple[str, list[Chunk]]]:
    """Return the blocks in the order of the template where it alone changed that.

    What the team added stays behind all that it stood behind, which an item may need; a table, behind the nearest.
    """
    places = {key: place for place, key in enumerate(new) if key in old and key in mine}
    kept = [key for key in mine if key in places]
    if _reordered([*old], kept) or not _reordered([*old], [*places]):
        return woven
    groups: dict[int, list[tuple[str, list[Chunk]]]] = {}
    near = last = -1
    for key, chunks in woven:
        near = places.get(key, near)
        last = max(last, near)
        groups.setdefault(near if key in new or key.startswith("[") else last, []).append((key, chunks))
    return [one for place in sorted(groups) for one in groups[place]]


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
        tails = (known.tail, ours.tail, theirs.tail)
        inner = weave(list(known.inner), list(ours.inner), list(theirs.inner), ours.open, mapped, tails)
        return [
            *_lines(known.lead, ours.lead, theirs.lead),
            *_lines(known.head, ours.head, theirs.head),
            *(opened(inner) if ours.open else inner),
            *_lines(known.tail, ours.tail, theirs.tail),
        ]
    known_lead = base.lead if base else []
    lead = _lines(known_lead, ours.lead, theirs.lead)
    return lead + _lines(
        base.lines[len(base.lead) :] if base else [], ours.lines[len(ours.lead) :], theirs.lines[len(theirs.lead) :]
    )


def _gone(leads: Iterable[_Sides]) -> set[str]:
    """Return the comments that stood before a block, and stand there on neither side any more."""
    return {line for was, mine, new in leads for line in was if line not in mine and line not in new and line.strip()}


def _fresh(block: Block, gone: Set[str]) -> Lines:
    """Return a new block of theirs without the comments that it took over from where they are `gone`.

    These were ours to take out, or to put before a new block of our own.
    """
    return [line for line in block.lead if line not in gone] + block.lines[len(block.lead) :]


def _levelled(base: list[Block], ours: list[Block], theirs: list[Block]) -> list[list[Block]]:
    """Return the sides at one indentation: ours, or that of the template where only it changed it."""
    sides = [base, ours, theirs]
    was, mine, new = (next((block.indent for block in side if block.head), None) for side in sides)
    level = new if was == mine and new is not None else mine
    if level is None:
        return sides
    levels = [level if at is None else at for at in (was, mine, new)]
    return [[block.shifted(level - at) for block in side] for side, at in zip(sides, levels, strict=True)]


def _deep(base: Block | None, ours: Block, theirs: Block) -> bool:
    """Tell whether the blocks are made alike, so that their inner blocks can be merged."""
    was, mine, new = ([one.key for one in side.inner] if side else [] for side in (base, ours, theirs))
    if base is None and any(map(MAPPING.match, [*mine, *new])):
        return False  # of two lists of steps, or the like, nothing tells what either side does without
    full = [side for side in (base, ours, theirs) if side and side.inner]
    if {"[", "{"} <= {side.head[-1].rstrip()[-1:] for side in full if side.head} or len({*map(_listed, full)}) > 1:
        return False  # a list on the one side, a mapping on the other
    heads = {plain(block.head) for block in (ours, theirs) if block.inner}
    said = [(block, block.said) for block in (ours, theirs)]
    if base is not None:
        said.append((base, base.said.removesuffix("{}")))
    alike = all(block.inner or _EMPTY.search(text) or text in heads for block, text in said)
    return alike and not argued(was, mine, new) and not (ours.key == "steps" and _reordered(was, new))


def _listed(block: Block) -> bool:
    return block.inner[0].key.startswith("- ")


def _reordered(base: list[str], theirs: list[str]) -> bool:
    """Tell whether the template put what it had into another order."""
    kept = [[*dict.fromkeys(key for key in side if key in base and key in theirs)] for side in (base, theirs)]
    return kept[0] != kept[1]


def _lines(base: Lines, ours: Lines, theirs: Lines) -> list[Chunk]:
    if ours == theirs or theirs == base:
        return [*ours]
    if ours == base:
        return [*theirs]
    return merge(base, ours, theirs)


def _order(there: Mapping[str, str], new: Mapping[str, Block]) -> list[str]:
    """Return the new keys in their order; each that took the place of one old one (`there`) stands behind that."""
    before = {now: key for key, now in there.items()}
    return [one for key in new for one in ((before[key], key) if key in before else (key,))]


def _out(old: Block, new: Block) -> Clash:
    """Return the clash over a block that the team took out, and that the template changed or gave another name."""
    if old.key == new.key:
        return Clash(old.lines, [], new.lines)
    return Renamed(replace(old, lead=new.lead, head=new.head).lines, [], new.lines)


def _after(before: list[str], woven: list[tuple[str, list[Chunk]]], added: Set[str]) -> int:
    """Return the place behind the nearest of the keys `before`, and behind what the team `added` there."""
    places = {key: place for place, (key, _) in enumerate(woven)}
    at = next((places[key] + 1 for key in reversed(before) if key in places), 0)
    while at < len(woven) and woven[at][0] in added:
        at += 1
    return at

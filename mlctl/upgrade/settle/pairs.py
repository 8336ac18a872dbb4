"""Which blocks of three sides are the same one: by key, by place, or by what they hold under another name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from operator import itemgetter

from mlctl.upgrade.settle.blocks import MAPPING, Block

ALIKE = 0.7  # of the lines: a job with another name and one step more, not one that only begins in the same way
PAIRS = 400  # to compare in one place: more is another file rather than names
_NAMED = re.compile(rf"{MAPPING.pattern}|\[\[\S+ ")


def paired(base: list[Block], ours: list[Block], theirs: list[Block]) -> list[dict[str, Block]]:
    """Return the blocks of the three sides, those that are the same one under the same key."""
    old = _keyed(base)
    mine, new = _keyed(ours, old), _keyed(theirs, old)
    first, second = _names(old, mine, new), _names(old, new, mine)
    mine, new = _renamed(old, mine, first, new, second), _renamed(old, new, second, mine, first)
    return [old, mine, _twinned(old, mine, new)]


def swapped(old: Mapping[str, Block], new: Mapping[str, Block]) -> dict[str, str]:
    """Return the new keys by the old ones whose places they took, where neither has blocks below it."""
    pairs = [pair for a, b in _replaced(old, new) if len(a) == len(b) for pair in zip(a, b, strict=True)]
    return {a: b for a, b in pairs if a not in new and b not in old and not old[a].inner + new[b].inner}


def _replaced(old: Mapping[str, Block], new: Mapping[str, Block]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield old keys that others stand in the place of, with these."""
    before, after = list(old), list(new)
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "replace":
            yield before[i:j], after[k:m]


def _names(old: Mapping[str, Block], side: Mapping[str, Block], other: Mapping[str, Block]) -> dict[str, str]:
    """Return the old key of each new one on a side that holds most of an old block in its place.

    A name that the other side has is that side's.
    """
    names: dict[str, str] = {}
    gone = {key for key, block in old.items() if block.inner and key not in side}
    for before, after in _replaced(old, side) if gone else ():
        if len(before) * len(after) > PAIRS:
            continue
        came = [key for key in after if key not in old and key not in other]
        for key in (one for one in before if one in gone):
            free = (now for now in came if now not in names)
            share, now = max(((_share(old[key], side[now]), now) for now in free), key=itemgetter(0), default=(0.0, ""))
            if share >= ALIKE:
                names[now] = key
    return names


def _renamed(
    old: Mapping[str, Block], side: Mapping[str, Block], names: Mapping[str, str], other: Mapping[str, Block],
    others: Mapping[str, str],
) -> dict[str, Block]:  # fmt: skip
    """Return the blocks of a side by key, those with new `names` under their old keys.

    An item with another name of its own is another item, unless the other side changed the old one, or named it anew
    too: that must not get lost.
    """
    changed = {key for key in old.keys() & other.keys() if old[key].said != other[key].said} | {*others.values()}
    kept = {now: key for now, key in names.items() if key in changed or not _told_apart(key, now)}
    return {kept.get(key, key): block for key, block in side.items()}


def _told_apart(one: str, other: str) -> bool:
    """Tell whether two items are named by a key of theirs, as `- id: a` and `- id: b` are."""
    kinds = [_NAMED.match(key) for key in (one, other)]
    return kinds[0] is not None and kinds[1] is not None and kinds[0][0] == kinds[1][0]


def _share(one: Block, other: Block) -> float:
    """Return which part of the lines of two blocks is the same."""
    first, second = ([line.strip() for line in block.lines] for block in (one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _twinned(old: Mapping[str, Block], mine: Mapping[str, Block], new: Mapping[str, Block]) -> dict[str, Block]:
    """Return the template's blocks by key, a step that both added under the name that the team gave it."""
    ours = {deed: key for key, block in mine.items() if key not in old and key not in new and (deed := _deed(block))}
    both = old.keys() | mine.keys()
    return {key if key in both else ours.pop(_deed(block), key): block for key, block in new.items()}


def _deed(block: Block) -> str:
    """Return what a step of a workflow does, nothing where a block is none: its name is only a label."""
    return "".join(one.said + "\n" for one in block.inner) if {"uses", "run"} & {one.key for one in block.inner} else ""


def _keyed(blocks: list[Block], old: Mapping[str, Block] | None = None) -> dict[str, Block]:
    """Return blocks by key; of several with one key the later ones are counted.

    Where `old` has not as many, those most alike are the same ones.
    """
    names = [block.key for block in blocks]
    had, have = Counter(block.key for block in (old or {}).values()), Counter(names)
    for key in (key for key in had.keys() & have.keys() if had[key] != have[key]):
        places = [place for place, block in enumerate(blocks) if block.key == key]
        before = {name: block for name, block in (old or {}).items() if block.key == key}
        if len(places) * len(before) > PAIRS:
            continue
        for place in places:
            names[place] = f"{key} {blocks[place].said}"
        for name, place in _pairs(before, {place: blocks[place] for place in places}):
            names[place] = name
    found: dict[str, Block] = {}
    numbers: Counter[str] = Counter()
    for name, block in zip(names, blocks, strict=True):
        key = name
        while key in found:
            numbers[name] += 1
            key = f"{name}#{numbers[name] + 1}"
        found[key] = block
    return found


def _pairs(old: dict[str, Block], new: dict[int, Block]) -> Iterator[tuple[str, int]]:
    """Yield the old blocks with the new ones that are most like them; lines that are not alike, in their order."""
    shares = [(_share(was, now), name, place) for name, was in old.items() for place, now in new.items()]
    for share, name, place in sorted(shares, key=itemgetter(0), reverse=True):
        if name in old and place in new and (share >= ALIKE or not old[name].inner + new[place].inner):
            del old[name], new[place]
            yield name, place

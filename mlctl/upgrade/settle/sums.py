"""Whether a merge adds up: what one side alone put in or took out is in or out, and nothing stands twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from mlctl.upgrade.settle.blocks import Block

Path = tuple[str, ...]
Key = TypeVar("Key", bound=Hashable)


def adds_up(base: Sequence[Block], ours: Sequence[Block], theirs: Sequence[Block], found: Sequence[Block]) -> bool:
    """Tell whether the keys of `found` are what the sides come to, wherever they stand or under the same parents.

    A table or job may have been renamed, so that its keys have other parents; two of them may have keys of one name."""
    read = [list(_leaves(side)) for side in (base, ours, theirs, found)]
    above = {path[:-1] for side in read for path in side}
    paths = [[path for path in side if path not in above] for side in read]
    _, mine, new, now = (Counter(side) for side in paths)
    if any(number > max(mine[path], new[path], 1) for path, number in now.items()):
        return False
    keys = _wrong([[path[-1] for path in side] for side in paths], sure=True)
    return not any(path[-1] in keys for path in _wrong(paths))


def _wrong(sides: Sequence[Sequence[Key]], sure: bool = False) -> set[Key]:
    """Return what stands in the last of four sides more or less often than the three before it come to.

    What both sides put in may stand at one place or at two; what both changed otherwise is right unless one must be
    `sure`.
    """
    counts = [Counter(side) for side in sides]
    found = set()
    for key in set().union(*counts):
        was, mine, new, now = (count[key] for count in counts)
        total = mine + new - was
        both = now in (mine, total) if mine == new else not sure
        if not (now == total if was in (mine, new) else both):
            found.add(key)
    return found


def _leaves(blocks: Iterable[Block], above: Path = ()) -> Iterator[Path]:
    """Yield the paths of the blocks that have none below them."""
    for block in blocks:
        path = (*above, *block.key.lstrip("[").split(".")) if block.head else above
        if block.inner:
            yield from _leaves(block.inner, path)
        elif block.head:
            yield path

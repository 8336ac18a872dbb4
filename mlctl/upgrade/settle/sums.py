"""Whether a merge adds up: what one side alone put in or took out is in or out, and nothing stands twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from mlctl.upgrade.settle import lists, requirements
from mlctl.upgrade.settle.blocks import MAPPING, Block
from mlctl.upgrade.settle.rules import plain

Path = tuple[str, ...]
_LIST = re.compile(r"[\[=]\s*$")
Key = TypeVar("Key", bound=Hashable)


def adds_up(
    base: Sequence[Block], ours: Sequence[Block], theirs: Sequence[Block], found: Sequence[Block], taken: int = 0
) -> bool:
    """Tell whether the keys of `found` are what the sides come to, wherever they stand or under the same parents.

    A table or job may have been renamed, so that its keys have other parents; two of them may have keys of one name.
    What stands on all three sides gets no key that it has on none, as from a twin of it. Values and order do not count.
    Where clashes are settled for one side, `taken` (1: ours, 2: theirs), a key may stand as often as there.
    """
    read = [list(_paths(side)) for side in (base, ours, theirs, found)]
    mappings = {path for side in read for path, own in side if not own}
    paths = [[path for path, own in side if own and path not in mappings] for side in read]
    _, mine, new, now = (Counter(side) for side in paths)
    if any(number > max(mine[path], new[path], 1) for path, number in now.items()):
        return False
    known = [{path for path, _ in side} for side in read[:3]]
    everywhere = set.intersection(*known)
    if any(path[:-1] in everywhere for path in now.keys() - set.union(*known)):
        return False
    keys = _wrong([[path[-1] for path in side] for side in paths], taken, sure=True)
    return not any(path[-1] in keys for path in _wrong(paths, taken))


def _wrong(sides: Sequence[Sequence[Key]], taken: int, sure: bool = False) -> set[Key]:
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
        if not (now == total if was in (mine, new) else both) and not (taken and now == counts[taken][key]):
            found.add(key)
    return found


def _paths(blocks: Iterable[Block], above: Path = (), items: bool = False) -> Iterator[tuple[Path, bool]]:
    """Yield the paths of blocks, and whether each is more than a mapping of others: a list, an item, a key."""
    for block in blocks:
        if not block.head:
            yield from _paths(block.inner, above)
            continue
        path = (*above, block.key) if items else (*above, *block.key.lstrip("[").split("."))
        listed = bool(block.inner) and (bool(_LIST.search(block.head[-1])) or block.inner[0].key.startswith("- "))
        if items and not block.inner and not MAPPING.match(block.key):
            text = block.key.removeprefix("- ")
            yield from (((*above, _word(item)), True) for item in lists.items([f"x: [{text}]"]) or [text])
        else:
            yield path, listed or not block.inner
            yield from (((*path, _word(item)), True) for item in lists.items(block.head) or ())
        yield from _paths(block.inner, path, listed)


def _word(item: str) -> str:
    """Return an item of a list as it is named in whatever quotes, a table in whatever layout."""
    text = (plain([item]) if item.lstrip()[:1] in ("{", "[") else item).strip("\"', ")
    return requirements.name(text) or text

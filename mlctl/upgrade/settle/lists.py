"""A list of plain values under one key, as in `python-version: ["3.11", "3.12"]`: merged item by item."""

from __future__ import annotations

import re

from mlctl.upgrade.settle.lines import Clash, Lines, merge

_ITEM = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,\[\]{}#"'](?:[^,\[\]{}#"'\n]*[^\s,\[\]{}#"'])?)"""
_LIST = re.compile(rf"(\s*(?:- +)?[\w.\"'-]+\s*[:=]\s*)\[\s*((?:{_ITEM}\s*,\s*)*(?:{_ITEM}\s*)?)\](\s*,?\s*)")


def by_item(clash: Clash) -> Lines | None:
    """Return the merge of three lists of one key; nothing where a side is none, or both changed one item.

    It stands as that of a side which has the very items, else in one line, where that of ours does.
    """
    found = [_LIST.fullmatch("".join(side)) for side in (clash.base, clash.ours, clash.theirs)]
    if not all(found) or len({(one[1].strip(), one[3].strip()) for one in found if one}) > 1:
        return None
    base, ours, theirs = (re.findall(_ITEM, one[2]) for one in found if one)
    items: Lines = []
    for chunk in merge(*([item.replace("'", '"') for item in side] for side in (base, ours, theirs))):
        if isinstance(chunk, str):
            items.append(chunk)
        elif chunk.base:
            return None
        else:
            items += [*chunk.ours, *(item for item in chunk.theirs if item not in chunk.ours)]
    return _laid(items, clash, ours, theirs)


def _laid(items: Lines, clash: Clash, ours: Lines, theirs: Lines) -> Lines | None:
    """Return the lines of a list with those items, each in the quotes that it has."""
    written = {item.replace("'", '"'): item for item in [*theirs, *ours]}
    if len(set(items)) < len(items):
        return None
    for side, lines in ((ours, clash.ours), (theirs, clash.theirs)):
        if items == [item.replace("'", '"') for item in side]:
            return lines
    if len(clash.ours) > 1:
        return None
    first, _, rest = clash.ours[0].partition("[")
    return [f"{first}[{', '.join(written[item] for item in items)}]{rest.rpartition(']')[2]}"]

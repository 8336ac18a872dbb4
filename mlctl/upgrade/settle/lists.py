"""A list of plain values in one place, as in `python-version: ["3.11", "3.12"]`: merged item by item."""

from __future__ import annotations

import re

from mlctl.upgrade.settle.lines import Clash, Lines, merge

_BARE = r"""(?:[^\s,\[\]{}#"':]|:(?!\s))"""
_ITEM = rf"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|{_BARE}(?:[ \t]*{_BARE})*)"""
_LIST = re.compile(rf"([^\[\]\n]*[:=(,]\s*)\[\s*((?:{_ITEM}\s*,\s*)*(?:{_ITEM}\s*)?)\]([^\[\]\n]*\n?)")
_KEY = re.compile(r"\s*(?:- +)?[\w.\"'-]+\s*:\s*")

OPTION = re.compile(r"""(?:- )?["']?-(?! )""")  # what stands behind one belongs to it


def items(lines: Lines) -> Lines | None:
    """Return the items of a list in YAML's flow style as they are written; nothing where the lines are none."""
    found = _LIST.fullmatch("".join(lines))
    return re.findall(_ITEM, found[2]) if found and _KEY.fullmatch(found[1]) and not found[3].strip() else None


def by_item(clash: Clash) -> Lines | None:
    """Return the merge of three lists in one place; nothing where a side is none, or both changed one item.

    It stands as that of a side which has the very items, else in one line, where that of ours does.
    """
    found = [_LIST.fullmatch("".join(side)) for side in (clash.base, clash.ours, clash.theirs)]
    if not all(found) or len({(one[1].strip(), one[3].strip()) for one in found if one}) > 1:
        return None
    base, ours, theirs = (re.findall(_ITEM, one[2]) for one in found if one)
    merged: Lines = []
    for chunk in merge(*([item.replace("'", '"') for item in side] for side in (base, ours, theirs))):
        if isinstance(chunk, str):
            merged.append(chunk)
        elif chunk.base:
            return None
        else:
            merged += [*chunk.ours, *(item for item in chunk.theirs if item not in chunk.ours)]
    both = (set(ours) & set(theirs)) - set(base)
    return (
        None
        if not all(map(OPTION.match, both)) and any(map(OPTION.match, merged))
        else _laid(merged, clash, ours, theirs)
    )


def _laid(merged: Lines, clash: Clash, ours: Lines, theirs: Lines) -> Lines | None:
    """Return the lines of a list with those items, each in the quotes that it has."""
    written = {item.replace("'", '"'): item for item in [*theirs, *ours]}
    if len(set(merged)) < len(merged):
        return None
    for side, lines in ((ours, clash.ours), (theirs, clash.theirs)):
        if merged == [item.replace("'", '"') for item in side]:
            return lines
    if len(clash.ours) > 1:
        return None
    first, _, rest = clash.ours[0].partition("[")
    return [f"{first}[{', '.join(written[item] for item in merged)}]{rest.rpartition(']')[2]}"]

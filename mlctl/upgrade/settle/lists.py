"""A list of plain values in one place, as in `python-version: ["3.11", "3.12"]`: merged item by item."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlctl.upgrade.settle.lines import Clash, Lines, merge

_BARE = r"""(?:[^\s,\[\](){}#"':]|:(?!\s))"""
_ITEM = rf"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|{_BARE}(?:[ \t]*{_BARE})*)"""
_LIST = re.compile(rf"([^\[\]\n]*[:=(,]\s*)\[\s*((?:{_ITEM}\s*,\s*)*(?:{_ITEM}\s*)?)\]([^\[\]\n]*\n?)")
_KEY = re.compile(r"\s*(?:- +)?[\w.\"'-]+\s*[:=]\s*")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_VERSIONS = re.compile(r"version|python", re.IGNORECASE)  # the numbers of no other list mean the same in another place
_WORDS = re.compile(r"\b(?:args|cmd|command|entrypoint)\b", re.IGNORECASE)
_PINNED = re.compile(r"""["']?([\w.-]+)[^<>=!~]*[<>=!~]""")

OPTION = re.compile(r"""(?:- )?["']?-(?! )""")  # what stands behind one belongs to it
TOLD = re.compile(r"[$`\\]")  # what one kind of quotes keeps and the other reads


def items(lines: Lines) -> Lines | None:
    """Return the items of a key's list in brackets as they are written; nothing where the lines are none."""
    found = _LIST.fullmatch("".join(lines).rstrip())
    return re.findall(_ITEM, found[2]) if found and _KEY.fullmatch(found[1]) and not found[3].strip() else None


def placed(head: str, found: Lines) -> bool:
    """Tell whether the items of a list mean something by their places: numbers, or the words of a command."""
    numbers = any(map(_NUMBER.fullmatch, found)) and not _VERSIONS.search(head)
    return numbers or bool(_WORDS.search(head)) or any(map(OPTION.match, found))


def argued(base: Iterable[str], ours: Iterable[str], theirs: Iterable[str]) -> bool:
    """Tell whether both sides added the same word to a list of options: it may belong to another option in each."""
    both = (set(ours) & set(theirs)) - set(base)
    return not all(map(OPTION.match, both)) and any(map(OPTION.match, {*ours, *theirs}))


def by_item(clash: Clash) -> Lines | None:
    """Return the merge of three lists in one place; nothing where a side is none, or an item's place means something.

    It stands as that of a side which has the very items, else in one line, where that of ours does.
    """
    found = [_LIST.fullmatch("".join(side).rstrip()) for side in (clash.base, clash.ours, clash.theirs)]
    if not all(found) or len({(one[1].strip(), one[3].strip()) for one in found if one}) > 1:
        return None
    head, rest = next((one[1], one[3]) for one in found if one)
    written = [re.findall(_ITEM, one[2]) for one in found if one]
    base, ours, theirs = ([_said(item) for item in side] for side in written)
    every = [*base, *ours, *theirs]
    numbers = any(map(_NUMBER.fullmatch, every)) and not _VERSIONS.search(head)
    if head.count('"') % 2 or head.count("'") % 2 or rest.startswith("(") or numbers or argued(base, ours, theirs):
        return None
    words = bool(_WORDS.search(head)) or any(map(OPTION.match, every))
    merged: Lines = []
    for chunk in merge(base, ours, theirs):
        if isinstance(chunk, str):
            merged.append(chunk)
        elif chunk.base and chunk.base in (chunk.ours, chunk.theirs):
            merged += chunk.theirs if chunk.base == chunk.ours else chunk.ours
        elif chunk.base or (words and chunk.ours and chunk.theirs):
            return None
        else:
            merged += [*chunk.ours, *(item for item in chunk.theirs if item not in chunk.ours)]
    wanted = {item for item in every if item in (ours if (item in ours) != (item in base) else theirs)}
    pins = [pin[1] for item in merged if (pin := _PINNED.match(item))]
    if set(merged) != wanted or len(wanted) < len(merged) or len(set(pins)) < len(pins):
        return None
    if merged in (ours, theirs):
        return clash.ours if merged == ours else clash.theirs
    spelled = {_said(item): item for side in (written[2], written[1]) for item in side}
    line, *below = clash.ours
    return None if "".join(below).strip() else [_in_line(line, [spelled[item] for item in merged]), *below]


def _in_line(line: str, found: Lines) -> str:
    """Return a line with other items in its list, with blanks inside the brackets as it has them."""
    first, _, rest = line.partition("[")
    inner, _, last = rest.rpartition("]")
    pad = " " if inner[:1] == inner[-1:] == " " else ""
    return f"{first}[{pad}{', '.join(found)}{pad}]{last}"


def _said(item: str) -> str:
    return item if TOLD.search(item) else item.replace("'", '"')

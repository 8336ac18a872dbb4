"""JSON and notebooks as blocks: members and items by their lines; commas are set anew once they are merged."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import SequenceMatcher

from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.lines import Chunk, Clash, Lines

_KEY = re.compile(r'\s*("(?:[^"\\]|\\.)*")\s*:')
_NAMES = ("id", "name", "key", "label", "title", "path")
RUN = ('"outputs"', '"execution_count"')
LINES = '"source"'  # a cell's lines: they are merged as lines
Sides = list[Block]
_OPEN, _CLOSE = ("{", "["), ("}", "]")


def valid(text: str) -> bool:
    """Tell whether `text` is JSON in which no object has a key twice."""
    try:
        json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return False
    return True


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError


def blocks(text: str) -> Sides | None:
    """Return the one value of a JSON file as a block; nothing where its members do not stand one a line."""
    lines = text.splitlines(keepends=True)
    if not valid(text) or len(lines) < 3 or len({sign for line in lines for sign in line[: _indent(line)]}) > 1:
        return None  # of tabs and blanks, neither tells what lies deeper
    made = _blocks([_bare(line) for line in lines])
    if made is None or len(made) != 1:
        return None
    return [replace(made[0], key="")]


def punctuated(chunks: list[Chunk]) -> list[Chunk]:
    """Return merged lines with a comma behind each member that another follows.

    A line that needs one only where a clash is settled for the one side belongs to the clash.
    """
    found: list[Chunk] = []
    after = ["", "", ""]
    for chunk in reversed(chunks):
        sides = [chunk.base, chunk.ours, chunk.theirs] if isinstance(chunk, Clash) else [[chunk]] * 3
        base, ours, theirs = map(_ended, sides, after)
        after = [side[0].strip() if side else then for side, then in zip(sides, after, strict=True)]
        last = found[-1] if found else None
        if isinstance(chunk, Clash):
            found.append(Clash(base, ours, theirs))
        elif ours != theirs and isinstance(last, Clash):
            found[-1] = Clash(base + last.base, ours + last.ours, theirs + last.theirs)
        else:
            found += ours
    return found[::-1]


def as_run(base: Sides, ours: Sides, theirs: Sides) -> tuple[Sides, Sides, Sides]:
    """Return the sides of a notebook with cells paired, and what the team's run put into them on all three."""
    was = _cells(base)
    mine, new = _paired(was, _cells(ours)), _paired(was, _cells(theirs))
    before = {cell.key: _ran(cell) for cell in was}
    ran = {cell.key: _ran(cell) for cell in mine if _ran(cell) != before.get(cell.key)}
    return _with(base, _given(was, ran)), _with(ours, mine), _with(theirs, _given(new, ran))


def _cells(side: Sides) -> Sides:
    return [cell for top in side for part in top.inner if part.key == '"cells"' for cell in part.inner]


def _paired(base: Sides, side: Sides) -> Sides:
    """Return cells under the keys of those of the base that they came from, where they have no id of their own."""
    if any(part.key == '"id"' for cell in side for part in cell.inner):
        return side
    keys = [cell.key for cell in side]
    for tag, i, j, k, m in SequenceMatcher(None, [c.key for c in base], keys, autojunk=False).get_opcodes():
        if tag == "replace":
            keys[k : k + min(j - i, m - k)] = [cell.key for cell in base[i : i + min(j - i, m - k)]]
    return [replace(cell, key=key) for cell, key in zip(side, keys, strict=True)]


def _ran(cell: Block) -> dict[str, Block]:
    return {part.key: part for part in cell.inner if part.key in RUN}


def _given(cells: Sides, ran: Mapping[str, Mapping[str, Block]]) -> Sides:
    return [
        replace(cell, inner=tuple(ran.get(cell.key, {}).get(part.key, part) for part in cell.inner)) for cell in cells
    ]


def _with(side: Sides, cells: Sides) -> Sides:
    def part(one: Block) -> Block:
        return replace(one, inner=tuple(cells)) if one.key == '"cells"' else one

    return [replace(top, inner=tuple(map(part, top.inner))) for top in side]


def _blocks(lines: Lines) -> Sides | None:
    """Return the members of an object or the items of a list; what is indented deeper belongs to the one before."""
    found: Sides = []
    at = 0
    while at < len(lines):
        level = _indent(lines[at])
        end = at + 1
        while end < len(lines) and _indent(lines[end]) > level:
            end += 1
        if end == at + 1:
            found.append(Block(_key(lines[at], []), [], lines[at:end]))
        else:
            if end >= len(lines) or lines[end].strip() not in _CLOSE:
                return None
            inner = _blocks(lines[at + 1 : end])
            if inner is None:
                return None
            key, end = _key(lines[at], inner), end + 1
            whole = key == LINES
            parts = (lines[at:end], (), []) if whole else (lines[at : at + 1], tuple(inner), lines[end - 1 : end])
            found.append(Block(key, [], *parts))
        at = end
    return found


def _key(line: str, inner: Sides) -> str:
    """Return the key of a member; of an item, what names it, or all that it says."""
    match = _KEY.match(line)
    if match:
        return match[1]
    said = {block.key.strip('"'): block.said for block in inner}
    return line.strip() + next((said[name] for name in _NAMES if name in said), said.get("source", ""))


def _bare(line: str) -> str:
    text = line.rstrip()
    return text.removesuffix(",") + line[len(line.rstrip("\r\n")) :]


def _ended(lines: Lines, after: str) -> Lines:
    out = []
    for place, line in enumerate(lines):
        following = lines[place + 1].strip() if place + 1 < len(lines) else after
        text = line.rstrip()
        last = not following or following[0] in _CLOSE or (text.endswith(_OPEN) and not text.endswith('"'))
        out.append(line if last else text + "," + line[len(text) :])
    return out


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))

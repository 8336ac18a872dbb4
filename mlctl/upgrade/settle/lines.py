"""A three-way merge of lines, in which changes to neighbouring lines do not clash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

LONG = 2000  # lines: in more, one that stands everywhere anchors nothing, and comparing each would take minutes
Lines = list[str]
Settle = Callable[[Lines, Lines, Lines], "tuple[Lines, str] | None"]


@dataclass(frozen=True)
class Clash:
    """Lines that both sides changed, each in its way."""

    base: Lines
    ours: Lines
    theirs: Lines


Chunk = str | Clash
_Edit = tuple[int, int, Lines]


def merge(base: Lines, ours: Lines, theirs: Lines) -> list[Chunk]:
    """Return the merged lines, with a `Clash` where both sides changed the same ones."""
    mine, others = _met(base, _edits(base, ours), _edits(base, theirs))
    found: list[Chunk] = []
    at = 0
    while mine or others:
        first, second = _group(mine, others)
        start = min(edit[0] for edit in first + second)
        end = max(edit[1] for edit in first + second)
        found += base[at:start]
        found += _resolve(base, start, end, first, second)
        at = end
    found += base[at:]
    return found


def _group(mine: list[_Edit], others: list[_Edit]) -> tuple[list[_Edit], list[_Edit]]:
    """Take the first edit and all that overlap with it off the two lists."""
    groups: tuple[list[_Edit], list[_Edit]] = ([], [])
    lists = (mine, others)
    start = 0 if not others or (mine and mine[0][:2] <= others[0][:2]) else 1
    groups[start].append(lists[start].pop(0))
    grown = True
    while grown:
        grown = False
        for which in (0, 1):
            while lists[which] and any(_touch(edit, lists[which][0]) for edit in groups[1 - which]):
                groups[which].append(lists[which].pop(0))
                grown = True
    return groups


def _touch(first: _Edit, second: _Edit) -> bool:
    """Tell whether two edits meet: they share a line, or both insert at one place."""
    if first[0] == first[1] and second[0] == second[1]:
        return first[0] == second[0]
    if first[0] == first[1] or second[0] == second[1]:
        point, (start, end, _) = (first[0], second) if first[0] == first[1] else (second[0], first)
        return start <= point <= end
    return first[0] < second[1] and second[0] < first[1]


def _resolve(base: Lines, start: int, end: int, mine: list[_Edit], others: list[_Edit]) -> list[Chunk]:
    ours, theirs = _applied(base, start, end, mine), _applied(base, start, end, others)
    old = base[start:end]
    if not others or ours == theirs:
        return list(ours)
    if not mine:
        return list(theirs)
    return trimmed(Clash(old, ours, theirs))


def trimmed(clash: Clash) -> list[Chunk]:
    """Return the clash without the lines at its ends that both sides have."""
    ours, theirs, base = clash.ours, clash.theirs, clash.base
    head = 0
    while head < min(len(ours), len(theirs)) and ours[head] == theirs[head]:
        head += 1
    tail = 0
    while tail < min(len(ours), len(theirs)) - head and ours[-1 - tail] == theirs[-1 - tail]:
        tail += 1
    first, last = ours[:head], ours[len(ours) - tail :] if tail else []
    old = list(base)
    if head and old[:head] == first:
        old = old[head:]
    if tail and old[-tail:] == last:
        old = old[:-tail]
    middle = Clash(old, ours[head : len(ours) - tail], theirs[head : len(theirs) - tail])
    return [*first, middle, *last]


def _applied(base: Lines, start: int, end: int, edits: Sequence[_Edit]) -> Lines:
    found: Lines = []
    at = start
    for first, last, lines in edits:
        found += base[at:first] + lines
        at = last
    return found + base[at:end]


def _edits(base: Lines, side: Lines) -> list[_Edit]:
    matcher = SequenceMatcher(None, base, side, autojunk=len(side) > LONG)
    return [(i, j, side[k:m]) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"]


def _met(base: Lines, mine: list[_Edit], others: list[_Edit]) -> tuple[list[_Edit], list[_Edit]]:
    """Return the edits, with lines that both sides put in at one place, though among their like they may stand at two.

    That is where one side's lines begin or end with the other's.
    """
    theirs = {edit[:2]: (there, edit) for there, edit in enumerate(_slid(base, others))}
    for here, one in enumerate(_slid(base, mine)):
        there, other = theirs.get(one[:2], (0, one))
        if one[0] == one[1] and one is not other and _within(one[2], other[2]):
            mine[here], others[there] = one, other
    return mine, others


def _slid(base: Lines, edits: list[_Edit]) -> list[_Edit]:
    """Return the edits with each insertion at the last place, before the next edit, where it comes to the same."""
    found = []
    for (start, stop, lines), end in zip(edits, [*(edit[0] for edit in edits[1:]), len(base)], strict=False):
        by = 0
        while start == stop and start + by < end and base[start + by] == lines[by % len(lines)]:
            by += 1
        turn = by % len(lines) if by else 0
        found.append((start + by, stop + by, lines[turn:] + lines[:turn]))
    return found


def _within(one: Lines, other: Lines) -> bool:
    """Tell whether the longer of two lists of lines begins or ends with the shorter."""
    short, long = sorted((one, other), key=len)
    return long[: len(short)] == short or long[-len(short) :] == short

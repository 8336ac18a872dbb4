"""One style for a list of TOML that both sides changed: `x = ["a"]` says what it says with an item a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from mlctl.upgrade.settle import lists
from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.lines import Lines
from mlctl.upgrade.settle.tables import arranged
from mlctl.upgrade.settle.toml import item

Entries = Mapping[tuple[str, str], Block]


def styled(base: list[Block], ours: list[Block], theirs: list[Block]) -> tuple[list[Block], list[Block], list[Block]]:
    """Return the sides arranged as ours, each list that both changed in the style in which ours has it."""
    base, ours, theirs = arranged(base, ours, theirs)
    old, mine, new = (_entries(side) for side in (base, ours, theirs))
    both = {
        at: mine[at]
        for at in old.keys() & mine.keys() & new.keys()
        if old[at].lines not in (mine[at].lines, new[at].lines)
    }
    return _styled(base, both), ours, _styled(theirs, both)


def _entries(side: list[Block]) -> Entries:
    """Return the keys of tables that stand once, by table and key."""
    often = Counter((table.key, entry.key) for table in side for entry in table.inner)
    every = (((table.key, entry.key), entry) for table in side for entry in table.inner)
    return {at: entry for at, entry in every if often[at] == 1}


def _styled(side: list[Block], ours: Entries) -> list[Block]:
    return [
        replace(table, inner=tuple(_like(entry, ours.get((table.key, entry.key), entry)) for entry in table.inner))
        for table in side
    ]


def _like(entry: Block, ours: Block) -> Block:
    """Return a list in the style of ours; any other value as it is."""
    if bool(entry.inner) == bool(ours.inner):
        return entry
    return _by_line(entry, ours) if ours.inner else _in_one(entry)


def _by_line(entry: Block, ours: Block) -> Block:
    found = _items(entry.head)
    if found is None:
        return entry
    end = "\r\n" if entry.head[-1].endswith("\r\n") else "\n"
    lines = [f"{' ' * ours.inner[0].indent}{text},{end}" for text in found]
    head = [entry.head[0].partition("[")[0] + "[" + end]
    inner = tuple(Block(item([line]), [], [line]) for line in lines)
    return replace(entry, head=head, inner=inner, tail=[" " * ours.indent + "]" + end], open=ours.open)


def _in_one(entry: Block) -> Block:
    lines = [entry.head[0].rstrip(), *(line.strip() for one in entry.inner for line in one.lines)]
    end = entry.tail[-1]
    flow = [f"{lines[0]}{' '.join(lines[1:]).rstrip(',')}{end.lstrip()}"]
    found = _items(flow) if len(entry.tail) == 1 else None
    return entry if found is None or len(found) != len(entry.inner) else replace(entry, head=flow, inner=(), tail=[])


def _items(head: Lines) -> Lines | None:
    """Return the items of a list in one line, whose places mean nothing; nothing where the lines are none."""
    found = lists.items(head)
    return None if found is None or lists.placed(head[0].partition("[")[0], found) else found

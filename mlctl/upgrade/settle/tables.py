"""One arrangement of TOML's tables: `[a.b] c = 1` says what `[a] b.c = 1` says, and is merged with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import replace
from itertools import accumulate

from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.toml import KEY, WORD, named

MOST = 2000  # tables and keys: each is looked for among all


def arranged(base: list[Block], ours: list[Block], theirs: list[Block]) -> tuple[list[Block], list[Block], list[Block]]:
    """Return the sides with each key in the table in which ours has it: `[a.b] c = 1` is `[a] b.c = 1`.

    Only plain tables give and take keys: no array is near, no name is quoted, and none that would vanish has comments.
    """
    if sum(1 + len(block.inner) for side in (base, ours, theirs) for block in side) > MOST:
        return base, ours, theirs
    old, new = _like(ours, base), _like(ours, theirs)
    if new == theirs:
        return old, ours, theirs
    free = _plain(new)
    blank = {block.key: block.tail for block in old if not _said(block.tail)}  # these lines went with the tables
    return old, ours, [
        replace(block, tail=blank.get(block.key, block.tail)) if block.key in free and not _said(block.tail) else block
        for block in new
    ]  # fmt: skip


def _like(ours: list[Block], side: list[Block]) -> list[Block]:
    """Return the tables of a side, its keys moved up or down to where ours has them, or their neighbours."""
    plain = _plain(ours)
    there = [block for block in ours if block.key in plain]
    names = {block.key[1:] for block in there}
    keys = {f"{block.key[1:]}.{entry.key}": block.key[1:] for block in there for entry in block.inner}
    fixed = {block.key for block in side} - _plain(side)
    found: dict[str, Block] = {}
    for number, block in enumerate(side):
        table = block.key[1:]
        if block.key in fixed or (table not in names and _said([*block.lead, *block.tail])):
            found[f"{block.key}#{number}"] = block
            continue
        pairs = [(entry, _moved(entry, table, _aim(table, entry.key, names, keys), fixed)) for entry in block.inner]
        stay = [entry for entry, moved in pairs if moved is None]
        if stay or not pairs or table in names:
            taken = found[block.key].inner if block.key in found else ()
            found[block.key] = replace(block, inner=(*taken, *stay))
        for aim, entry in (moved for _, moved in pairs if moved is not None):
            made = found.get(aim, Block(aim, [], [f"{aim}]\n"]))
            found[aim] = replace(made, inner=(*made.inner, entry))
    return list(found.values())


def _moved(entry: Block, table: str, aim: str, fixed: Set[str]) -> tuple[str, Block] | None:
    """Return the key of the table that an entry moves to, and the entry as it stands there; nothing where it stays."""
    one = _rekeyed(entry, table, aim) if aim != table and f"[{aim}" not in fixed else None
    return (f"[{aim}", one) if one is not None else None


def _plain(side: list[Block]) -> set[str]:
    """Return the keys of tables that stand once, below no array, by a name without quotes and no comment behind it."""
    often = Counter(block.key for block in side)
    arrays = {block.key[2:].partition(" ")[0] for block in side if block.key.startswith("[[")}
    found = set()
    for block in side:
        table = block.key[1:]
        written = "".join(block.head).strip() == f"[{table}]" and re.fullmatch(r"[\w.-]+", table)
        if written and often[block.key] == 1 and arrays.isdisjoint(accumulate(table.split("."), "{}.{}".format)):
            found.add(block.key)
    return found


def _said(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _aim(table: str, key: str, names: Set[str], keys: Mapping[str, str]) -> str:
    """Return the table in which ours has a key, or has others of the same table; else the key's own."""
    whole = f"{table}.{key}"
    if whole in keys:
        return keys[whole]
    deeper = [name for name in names if len(name) > len(table) and whole.startswith(f"{name}.")]
    if deeper or table in names:
        return max(deeper, key=len, default=table)
    beside = [place for known, place in keys.items() if known.startswith(f"{table}.") and len(place) < len(table)]
    return max(beside, key=len, default=table)


def _rekeyed(entry: Block, table: str, aim: str) -> Block | None:
    """Return an entry of `table` as it is written in the table `aim`; nothing where that takes more than its key."""
    first, *rest = entry.head
    match = KEY.match(first)
    if match is None:
        return None
    parts = re.findall(WORD, match[1])
    if aim.startswith(f"{table}."):
        below = aim[len(table) + 1 :].split(".")
        if parts[: len(below)] != below:
            return None
        words = parts[len(below) :]
    else:
        words = [*table[len(aim) + 1 :].split("."), *parts]
    text = ".".join(words)
    lead = [line for line in entry.lead if line.strip()]
    head = [first[: match.start(1)] + text + first[match.end(1) :], *rest]
    return replace(entry, key=named(text), lead=lead, head=head)

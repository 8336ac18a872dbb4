"""One arrangement of TOML's tables: `[a.b] c = 1` says what `[a] b.c = 1` says, and is merged with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import replace

from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.toml import KEY, WORD


def arranged(base: list[Block], ours: list[Block], theirs: list[Block]) -> tuple[list[Block], list[Block], list[Block]]:
    """Return the sides with each key in the table in which ours has it: `[a.b] c = 1` is `[a] b.c = 1`."""
    old, new = _like(ours, base), _like(ours, theirs)
    if new == theirs:
        return old, ours, theirs
    ends = {block.key: block.tail for block in old}  # blank lines, which went with the tables
    return old, ours, [replace(block, tail=ends.get(block.key, block.tail)) for block in new]


def _like(ours: list[Block], side: list[Block]) -> list[Block]:
    """Return the tables of a side, its keys moved up or down to where ours has them, or their neighbours."""
    names = {block.key[1:] for block in ours if _single(block)}
    keys = {f"{block.key[1:]}.{entry.key}": block.key[1:] for block in ours if _single(block) for entry in block.inner}
    found: dict[str, Block] = {}
    for block in side:
        table = block.key[1:]
        moved: list[tuple[str, Block]] = []
        stay: list[Block] = []
        for entry in block.inner:
            aim = _aim(table, entry.key, names, keys) if _single(block) else table
            one = _rekeyed(entry, table, aim) if aim != table else None
            if one is None:
                stay.append(entry)
            else:
                moved.append((aim, one))
        if stay or not moved or table in names:
            _put(found, replace(block, inner=tuple(stay)))
        for aim, one in moved:
            _put(found, Block(f"[{aim}", [], [f"[{aim}]\n"], (one,)))
    return list(found.values())


def _put(tables: dict[str, Block], block: Block) -> None:
    """Put a table among others; one that is there gets its keys, an array's next element stands for itself."""
    there = tables.get(block.key)
    if there is None or not _single(block):
        tables[block.key if there is None else f"{block.key}#{len(tables)}"] = block
    else:
        tables[block.key] = replace(there, inner=(*there.inner, *block.inner))


def _single(block: Block) -> bool:
    return block.key.startswith("[") and not block.key.startswith("[[")


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
    if match is None or not re.fullmatch(r"[\w.-]+", table) or not re.fullmatch(r"[\w.-]+", aim):
        return None
    parts = re.findall(WORD, match[1])
    cut = aim.count(".") - table.count(".")
    words = parts[cut:] if cut > 0 else [*table[len(aim) + 1 :].split("."), *parts]
    text = ".".join(words)
    key = re.sub(r"[\s\"']", "", text)
    lead = [line for line in entry.lead if line.strip()]
    return replace(entry, key=key, lead=lead, head=[first[: match.start(1)] + text + first[match.end(1) :], *rest])

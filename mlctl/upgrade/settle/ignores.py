"""Ignore files and git's attributes as blocks: each pattern stands for itself, under the comments above it."""

from __future__ import annotations

import posixpath

from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.lines import Lines

NAMES = (".gitattributes",)


def named(path: str) -> bool:
    """Tell whether a file holds patterns, one a line, that do not depend on each other."""
    name = posixpath.basename(path)
    return name in NAMES or (name.startswith(".") and name.endswith("ignore"))


def blocks(text: str) -> list[Block]:
    """Return a block for each pattern; attributes of one pattern belong together."""
    found: list[Block] = []
    lead: Lines = []
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            found.append(Block(line.strip(), lead, [line]))
            lead = []
        else:
            lead.append(line)
    return [*found, Block("", [], lead)] if lead else found

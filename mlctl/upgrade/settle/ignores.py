"""Ignore files and git's attributes as blocks: each pattern with what it says, under the comments above it."""

from __future__ import annotations

import re

from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.lines import Lines

_ATTRIBUTES = re.compile(r"(?<!\s)(\s+[-!]?\w[\w.-]*(=\S+)?)+$")


def blocks(text: str) -> list[Block]:
    """Return a block for each pattern; what lets it in again and what gives it attributes is about the same one."""
    found: list[Block] = []
    lead: Lines = []
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            found.append(Block(_pattern(line.strip()), lead, [line]))
            lead = []
        else:
            lead.append(line)
    return [*found, Block("", [], lead)] if lead else found


def _pattern(line: str) -> str:
    return _ATTRIBUTES.sub("", line).removeprefix("!")

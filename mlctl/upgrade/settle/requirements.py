"""Requirements files as blocks: one requirement with its hashes and what needs it; options by themselves."""

from __future__ import annotations

import re

from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.lines import Lines

_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*(?:[<>=!~@;,].*|)", re.DOTALL)
_INDEX = ("-i ", "--index-url")  # there is one, the last


def blocks(text: str) -> list[Block] | None:
    """Return a block for each requirement: what is indented below it is its own, what stands above it leads it."""
    found: list[Block] = []
    lead: Lines = []
    head: Lines = []
    for line in text.splitlines(keepends=True):
        own = bool(head) and line[:1] in " \t" and bool(line.strip())
        if head and not own:
            found.append(Block(_key(head), lead, head))
            lead, head = [], []
        if own or (line.strip() and not line.startswith("#")):
            head.append(line)
        else:
            lead.append(line)
    if head:
        found.append(Block(_key(head), lead, head))
        lead = []
    return [*found, Block("", [], lead)] if lead else found


def valid(text: str) -> bool:
    """Tell whether `text` may be a requirements file: it always may."""
    return isinstance(text, str)


def name(text: str) -> str:
    """Return the normal name of the package that `text` requires, with its extras; nothing where it is no requirement.

    For example "scikit-learn[plot]" for "scikit_learn[plot] >=1.2".
    """
    match = _NAME.fullmatch(text)
    return re.sub(r"[-_.]+", "-", match[1]).lower() + (match[2] or "").replace(" ", "") if match else ""


def _key(head: Lines) -> str:
    first = head[0].partition(" #")[0].strip().rstrip("\\").strip()
    return name(first) or ("-i" if first.startswith(_INDEX) else first)

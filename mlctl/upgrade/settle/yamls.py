"""YAML as blocks: keys and list items by their indentation, each with what is below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from mlctl.tools.yaml import parses
from mlctl.upgrade.settle import lists, requirements
from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.lines import Lines

_KEY = re.compile(r"""(?P<key>"[^"]*"|'[^']*'|[^\s#'"\-\[{&*!|>%@`?][^#]*?|-[^\s#][^#]*?)\s*:(?=\s|$)""")
_NAMES = ("repo", "id", "name", "uses", "key", "package-ecosystem", "title")
_OPEN = re.compile(r"[|>][+-]?\d*\s*(#.*)?$")


def valid(text: str) -> bool:
    """Tell whether `text` is YAML."""
    return parses(text)


def blocks(text: str) -> list[Block] | None:
    """Return the top blocks of a YAML file; nothing where it is no plain block YAML of one document."""
    if "\t" in text or not valid(text) or re.search(r"(?m)^(---|\.\.\.)", text.removeprefix("---")):
        return None
    return _blocks(text.splitlines(keepends=True))


def told(text: str) -> Iterator[str]:
    """Yield the lines of literal and folded texts: what stands in them is no YAML."""
    level: int | None = None
    for line in text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip(" "))
        if level is not None and (indent > level or not line.strip()):
            yield line
        else:
            level = indent if _OPEN.search(line.strip()) else None


def styled(base: list[Block], ours: list[Block], theirs: list[Block]) -> tuple[list[Block], list[Block], list[Block]]:
    """Return the sides with each list in the style in which ours has it: `a: [x]` in flow, or `- x` below `a:`."""
    style = {block.key: block for block in ours}
    if len(style) < len(ours):
        return base, ours, theirs
    return _styled(base, style), ours, _styled(theirs, style)


def _styled(side: list[Block], ours: Mapping[str, Block]) -> list[Block]:
    found = []
    for block in side:
        mine = ours.get(block.key)
        if mine is None:
            found.append(block)
        elif block.inner and mine.inner:
            below = {inner.key: inner for inner in mine.inner}
            found.append(replace(block, inner=tuple(_styled(list(block.inner), below))))
        else:
            found.append(_as_items(block, mine) if mine.inner else _in_flow(block, mine))
    return found


def _as_items(block: Block, ours: Block) -> Block:
    """Return a list in flow style with an item a line, as ours has it; any other block as it is.

    The events `on: [push]` of a workflow may be keys, too.
    """
    items = lists.items(block.head)
    listed = all(_list(one.lines[0], one.indent) for one in ours.inner)
    if items is None or not (listed or block.key == "on"):
        return block
    blank = " " * (ours.inner[0].indent - ours.indent + block.indent)
    end = _end(block)
    lines = [[f"{blank}- {item}{end}" if listed else f"{blank}{item}:{end}"] for item in items]
    head = [block.head[0].partition("[")[0].rstrip() + end]
    return replace(block, head=head, inner=tuple(one for line in lines for one in _blocks(line)))


def _in_flow(block: Block, ours: Block) -> Block:
    """Return a list of plain items in one line, as ours has it; any other block as it is."""
    lines = [line for one in block.inner for line in one.lines]
    while lines and not lines[-1].strip():
        lines.pop()
    flow = [f"{block.head[0].rstrip()} [{', '.join(line.strip()[1:].strip() for line in lines)}]{_end(block)}"]
    if lists.items(ours.head) is None or not all(_list(line, block.inner[0].indent) for line in lines):
        return block
    return replace(block, head=flow, inner=()) if lists.items(flow) is not None else block


def _end(block: Block) -> str:
    return "\r\n" if block.head[-1].endswith("\r\n") else "\n"


def _blocks(lines: Lines) -> list[Block]:
    """Return blocks of lines that begin at the least indentation; all other lines belong to the block before."""
    starts = [place for place, line in enumerate(lines) if _indent(line) >= 0]
    if not starts:
        return [Block("", [], lines)] if lines else []
    least = min(_indent(lines[place]) for place in starts)
    firsts = [place for place in starts if _indent(lines[place]) == least and _starts(lines[place])]
    if not firsts:
        return [Block("", [], lines)]
    if not _list(lines[firsts[0]], least):  # items as far left as their key belong to it
        firsts = [place for place in firsts if not _list(lines[place], least)]
    texts = set(told("".join(lines)))
    cuts = [_lead(lines, place, texts) for place in firsts]
    cuts[0] = 0
    found = []
    for number, place in enumerate(firsts):
        end = cuts[number + 1] if number + 1 < len(cuts) else len(lines)
        found.append(_block(lines[cuts[number] : place], lines[place:end], least))
    return found


def _block(lead: Lines, lines: Lines, indent: int) -> Block:
    text = lines[0].strip()
    body = lines[1:]
    if text.startswith("- ") or text == "-":
        return Block(_item(lines), lead, lines) if not _mapping_item(lines) else _mapped(lead, lines, indent)
    key = _key(text)
    if _OPEN.search(text) or not body or not any(_indent(line) > indent or _list(line, indent) for line in body):
        return Block(key, lead, lines)
    deeper = [line for line in body if _indent(line) >= 0]
    if not all(_indent(line) > indent or _list(line, indent) for line in deeper) or text.rstrip()[-1:] != ":":
        return Block(key, lead, lines)
    return Block(key, lead, lines[:1], tuple(_blocks(body)))


def _mapped(lead: Lines, lines: Lines, indent: int) -> Block:
    """Return a list item that is a mapping: its keys are inner blocks, the first one on the line of the dash."""
    inner = _blocks(lines[1:]) if len(lines) > 1 else []
    return Block(_item(lines), lead, lines[:1], tuple(inner))


def _mapping_item(lines: Lines) -> bool:
    text = lines[0].strip()[1:].strip()
    return bool(_KEY.match(text)) and not _OPEN.search(text) and len(lines) > 1 and not text.endswith(":")


def _item(lines: Lines) -> str:
    """Return the key of a list item: what names a mapping, else the item itself."""
    text = lines[0].strip()[1:].strip()
    match = _KEY.match(text)
    if not match:
        text = text.partition(" #")[0].strip().replace("'", '"')
        return "- " + (requirements.name(text.strip('"')) or text.strip('"'))
    inside = [text, *(line.strip() for line in lines[1:] if _indent(line) == _indent(lines[0]) + 2)]
    for name in _NAMES:
        for line in inside:
            if line.startswith(name + ":"):
                said = line[len(name) + 1 :].partition(" #")[0].strip().strip("\"'")
                return f"- {name}:{said.partition('@')[0].removesuffix('.git')}"
    return "- " + text


def _key(text: str) -> str:
    match = _KEY.match(text)
    return match["key"].strip("\"'") if match else text


def _starts(line: str) -> bool:
    text = line.strip()
    return text.startswith("- ") or text == "-" or bool(_KEY.match(text))


def _list(line: str, indent: int) -> bool:
    return _indent(line) == indent and line.strip()[:2] in ("- ", "-")


def _lead(lines: Lines, place: int, texts: Set[str]) -> int:
    """Return where the comments before a block begin; what looks like one in a text is none."""
    start = place
    while start and lines[start - 1].lstrip().startswith("#") and lines[start - 1] not in texts:
        start -= 1
    return start


def _indent(line: str) -> int:
    """Return the indentation of a line; -1 for blank lines and comments."""
    text = line.strip()
    return -1 if not text or text.startswith("#") else len(line) - len(line.lstrip(" "))

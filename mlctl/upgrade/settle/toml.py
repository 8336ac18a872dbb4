"""TOML as blocks: tables, their keys, and the items of lists that stand one a line."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace

from mlctl.upgrade.settle import requirements
from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.lines import Lines
from mlctl.upgrade.settle.rules import plain

NAMES = ("name", "id", "filename", "directory", "module", "path", "key", "url")
_TABLE = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(#.*)?$")
WORD = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
KEY = re.compile(rf"\s*({WORD}(?:\s*\.\s*{WORD})*)\s*=")


def valid(text: str) -> bool:
    """Tell whether `text` is TOML."""
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return False
    return True


def blocks(text: str) -> list[Block] | None:
    """Return the tables of a TOML file as blocks; nothing where it is none."""
    if not valid(text):
        return None
    found: list[Block] = []
    lead: Lines = []
    head: Lines = []
    name = ""
    body: list[Lines] = []
    for statement in _statements(text.splitlines(keepends=True)):
        match = _TABLE.match(statement[-1]) if len(statement) == 1 else None
        if match:
            lead_of_next = _loose(body)
            found += _table(name, lead, head, body)
            name = match[1] + named(match[2])
            lead, head, body = lead_of_next, statement, []
        else:
            body.append(statement)
    return found + _table(name, lead, head, body)


def _statements(lines: Lines) -> list[Lines]:
    """Return the statements of a file: a header, a comment or blank line, or a key with all lines of its value."""
    found: list[Lines] = []
    open_: Lines = []
    for line in lines:
        open_.append(line)
        text = "".join(open_)
        alone = len(open_) == 1 and not KEY.match(line)
        if (alone and (line.strip()[:1] in ("", "#") or _TABLE.match(line))) or valid(text):
            found.append(open_)
            open_ = []
    return found + ([open_] if open_ else [])


def _loose(body: list[Lines]) -> Lines:
    """Take the comments at the end of a table off it: they belong to the next one, from the last blank line on."""
    taken: list[Lines] = []
    while body and body[-1][0].lstrip().startswith("#"):
        taken.insert(0, body.pop())
    if body and body[-1][0].strip():
        body += taken
        taken = []
    return [line for statement in taken for line in statement]


def _table(name: str, lead: Lines, head: Lines, body: list[Lines]) -> list[Block]:
    inner: list[Block] = []
    loose: Lines = []
    for statement in body:
        match = KEY.match(statement[0])
        if match:
            inner.append(_entry(named(match[1]), loose, statement))
            loose = []
        else:
            loose += statement
    if not head and not inner and not loose:
        return []
    return [Block(name + (_which(inner) if name.startswith("[[") else ""), lead, head, tuple(inner), loose)]


def named(text: str) -> str:
    """Return the name of a table or key as blocks bear it: without blanks and quotes."""
    return re.sub(r"[\s\"']", "", text)


def _which(inner: list[Block]) -> str:
    """Return what tells one table of an array from the others: the first of its keys that names it."""
    said = {block.key: plain(block.head).partition("=")[2] for block in inner}
    return next((f" {said[key]}" for key in NAMES if key in said), "")


def _entry(key: str, lead: Lines, statement: Lines) -> Block:
    """Return a key with its value; a list with one item a line has its items as inner blocks."""
    first, last = statement[0].rstrip(), statement[-1].strip()
    if len(statement) < 3 or not first.endswith("[") or not last.startswith("]"):
        return Block(key, lead, statement)
    items: list[Block] = []
    loose: Lines = []
    open_: Lines = []
    for line in statement[1:-1]:
        text = line.strip()
        if not open_ and (not text or text.startswith("#")):
            loose.append(line)
            continue
        open_.append(line)
        if valid("x = [" + "".join(open_) + "]"):
            items.append(Block(item(open_), loose, open_))
            loose, open_ = [], []
    if open_:
        return Block(key, lead, statement)
    bare = bool(items) and valid("x = [" + "".join(items[-1].head) + ", 0]")
    if bare:
        items[-1] = replace(items[-1], head=_closed(items[-1].head))
    return Block(key, lead, statement[:1], tuple(items), [*loose, statement[-1]], open=bare)


def _closed(head: Lines) -> Lines:
    """Return the lines of a list's last item with a comma behind its value."""
    *before, last = head
    ends = [*(place for place, sign in enumerate(last) if sign == "#"), len(last.rstrip())]
    end = next((place for place in ends if valid("x = [" + "".join(before) + last[:place] + "]")), 0)
    value = last[:end].rstrip()
    return [*before, value + "," + last[len(value) :]]


def item(lines: Lines) -> str:
    """Return the key of a list's item: a requirement's name, else the item itself; a table in whatever layout."""
    text = "".join(lines).partition(" #")[0].strip().rstrip(",").strip().replace("'", '"')
    return requirements.name(text.strip('"')) or (plain([text]) if text[:1] in ("{", "[") else text)

"""INI files as blocks: sections, their keys, and the items of lists that stand one a line."""

from __future__ import annotations

import configparser
import re

from mlctl.upgrade.settle import requirements
from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.lines import Lines

_SECTION = re.compile(r"\[([^\]]+)\]")
_KEY = re.compile(r"([^\s#;=:\[][^=:]*?)\s*[=:]")
_COMMENT = ("#", ";")
_OTHER = re.compile(r"%\([\w.-]+\)s|[\w./*{}\[\]-]+")


def valid(text: str) -> bool:
    """Tell whether `text` is INI, no section and no key in it twice."""
    try:
        configparser.RawConfigParser(allow_no_value=True).read_string(text)
    except (configparser.Error, AttributeError):  # the latter for lines below a key without a value
        return False
    return True


def blocks(text: str) -> list[Block] | None:
    """Return the sections of an INI file as blocks; nothing where it is none."""
    if not valid(text):
        return None
    found: list[Block] = []
    head: Lines = []
    lead: Lines = []
    body: Lines = []
    for line in text.splitlines(keepends=True):
        if not _SECTION.match(line):
            body.append(line)
            continue
        taken = _loose(body)
        found += _section(lead, head, body)
        lead, head, body = taken, [line], []
    return found + _section(lead, head, body)


def _loose(body: Lines) -> Lines:
    """Take the comments right above a section off the lines before it."""
    taken: Lines = []
    while body and body[-1].startswith(_COMMENT):
        taken.insert(0, body.pop())
    return taken


def _section(lead: Lines, head: Lines, body: Lines) -> list[Block]:
    inner: list[Block] = []
    loose: Lines = []
    at = 0
    while at < len(body):
        match = _KEY.match(body[at])
        end = at + 1
        while match and end < len(body) and (body[end][:1] in " \t" or not body[end].strip()):
            end += 1
        while match and not body[end - 1].strip():
            end -= 1
        if match:
            inner.append(_entry(match[1].strip().lower(), loose, body[at:end]))
            loose = []
        else:
            loose += body[at:end]
        at = end
    if not head and not inner and not loose:
        return []
    return [Block(head[0].strip() if head else "", lead, head, tuple(inner), loose)]


def _entry(key: str, lead: Lines, lines: Lines) -> Block:
    """Return a key with its value; where that is a list of names or requirements, these are inner blocks."""
    items: list[Block] = []
    loose: Lines = []
    for line in lines[1:]:
        text = line.strip().rstrip(",")
        if not text or text.startswith(_COMMENT):
            loose.append(line)
            continue
        name = requirements.name(text.partition(" #")[0].strip()) or (text if _OTHER.fullmatch(text) else "")
        if not name:
            return Block(key, lead, lines)
        items.append(Block(name, loose, [line]))
        loose = []
    if not items or not lines[0].rstrip().endswith(("=", ":")):
        return Block(key, lead, lines)
    return Block(key, lead, lines[:1], tuple(items), loose)

"""Documents of several formats, edits of them, and what a merge of two edits must say: all drawn from a `Random`."""

from __future__ import annotations

import configparser
import copy
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random

import yaml

NAMES = ["alpha", "beta", "gamma", "delta", "eps", "zeta", "name", "env"]
WORDS = ["red", "blue", "green", "grey"]
ITEMS = ["ruff", "mypy>=1.2", "numpy>=1.0", "numpy>=2.0", "pandas", "E501", "src/lib", "tests"]
GONE = "<gone>"
Path = tuple[str, ...]


@dataclass
class Node:
    """A key with a word, a list or a mapping, or an item of a list, under a comment if that is not empty."""

    key: str
    word: str = ""
    kind: str = "word"
    inner: list[Node] = field(default_factory=list)
    comment: str = ""


@dataclass(frozen=True)
class Style:
    """How a document is laid out: quotes, indentation, commas, blank lines, tables as dotted keys, flow lists."""

    quote: str = '"'
    indent: int = 2
    comma: bool = True
    gap: bool = True
    dotted: bool = False
    flow: bool = False


def document(draw: Random, depth: int) -> Node:
    """Return a mapping that is that deep at most."""
    root = Node("", kind="map")
    for name in draw.sample(NAMES, draw.randint(2, 4)):
        root.inner.append(_node(draw, name, depth) if depth > 1 else _mapping(draw, name, 0))
    return root


def _node(draw: Random, key: str, depth: int) -> Node:
    chance = draw.random()
    comment = f"note {draw.randint(1, 99)}" if draw.random() < 0.1 else ""
    if depth and chance < 0.5:
        return replace(_mapping(draw, key, depth - 1), comment=comment)
    if chance < 0.7:
        items = [Node(item) for item in draw.sample(ITEMS, draw.randint(1, 4))]
        return Node(key, kind="list", inner=items, comment=comment)
    return Node(key, draw.choice([*WORDS, f"{draw.randint(1, 3)}.{draw.randint(0, 3)}.0"]), comment=comment)


def _mapping(draw: Random, key: str, depth: int) -> Node:
    return Node(key, kind="map", inner=[_node(draw, name, depth) for name in draw.sample(NAMES, draw.randint(1, 4))])


def edited(draw: Random, root: Node, depth: int) -> Node:
    """Return a document with up to three changes: a word, a key, an item or a comment in, out or other, or an order."""
    found = copy.deepcopy(root)
    for _ in range(draw.randint(1, 3)):
        places = [node for node in _nodes(found) if node.inner]
        holder = draw.choice(places)
        one = draw.choice(holder.inner)
        taken = {node.key for node in holder.inner}
        free = [name for name in (ITEMS if holder.kind == "list" else NAMES) if name not in taken]
        what = draw.choice(["word", "in", "out", "order", "comment"])
        if what == "word" and one.kind == "word" and holder.kind == "map":
            one.word = draw.choice(WORDS)
        elif what == "in" and free:
            name = draw.choice(free)
            below = depth > 1 or holder is not found
            new = _node(draw, name, depth - 1) if below else _mapping(draw, name, 0)
            holder.inner.insert(draw.randint(0, len(taken)), Node(name) if holder.kind == "list" else new)
        elif what == "out" and len(taken) > 1:
            holder.inner.remove(one)
        elif what == "order":
            draw.shuffle(holder.inner)
        elif what == "comment":
            one.comment = draw.choice(["", f"said {draw.randint(100, 999)}"])
    return found


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for inner in node.inner:
        yield from _nodes(inner)


def style(draw: Random) -> Style:
    """Return a style."""
    return Style(draw.choice("\"'"), draw.choice([2, 4]), *(draw.random() < 0.5 for _ in range(4)))


def _said(node: Node, indent: int = 0) -> list[str]:
    return [" " * indent + f"# {node.comment}"] if node.comment else []


def as_toml(root: Node, how: Style, path: Path = ()) -> str:
    """Return a document as TOML."""
    lines: list[str] = []
    plain = [node for node in root.inner if node.kind != "map"]
    tables = [node for node in root.inner if node.kind == "map"]
    dotted = [replace(one, key=f"{t.key}.{one.key}") for t in tables for one in t.inner] if how.dotted and path else []
    deep = any(node.kind == "map" for node in dotted)
    for node in plain if deep else [*plain, *dotted]:
        words = [f"{how.quote}{item.key}{how.quote}" for item in node.inner]
        value = f"[{', '.join(words)}]" if node.kind == "list" else f"{how.quote}{node.word}{how.quote}"
        if node.kind == "list" and not how.flow:
            rows = [f"{' ' * how.indent}{word}," for word in words]
            value = "\n".join(["[", *rows[:-1], rows[-1] if how.comma else rows[-1][:-1], "]"])
        lines += [*_said(node), f"{node.key} = {value}"]
    for node in tables if deep or not dotted else []:
        name = ".".join((*path, node.key))
        lines += [*([""] if how.gap else []), *_said(node), f"[{name}]", as_toml(node, how, (*path, node.key)).rstrip()]
    return "\n".join(lines) + "\n"


def as_yaml(node: Node, how: Style, indent: int = 0) -> str:
    """Return a document as YAML."""
    lines: list[str] = []
    quote = how.quote if how.comma else ""
    for one in node.inner:
        blank = " " * indent
        lines += [*([""] if how.gap and not indent and lines else []), *_said(one, indent)]
        words = [f"{quote}{item.key}{quote}" for item in one.inner]
        if one.kind == "map":
            lines += [f"{blank}{one.key}:", as_yaml(one, how, indent + how.indent).rstrip()]
        elif one.kind == "word":
            lines.append(f"{blank}{one.key}: {quote}{one.word}{quote}")
        elif how.flow:
            lines.append(f"{blank}{one.key}: [{', '.join(words)}]")
        else:
            step = 0 if how.dotted else how.indent
            lines.append(f"{blank}{one.key}:")
            for item, word in zip(one.inner, words, strict=True):
                lines += [*_said(item, indent + step), f"{blank}{' ' * step}- {word}"]
    return "\n".join(lines) + "\n"


def as_json(root: Node, how: Style) -> str:
    """Return a document as JSON."""
    return json.dumps(_data(root), indent=how.indent) + "\n"


def _data(node: Node) -> object:
    if node.kind == "map":
        return {one.key: _data(one) for one in node.inner}
    return [one.key for one in node.inner] if node.kind == "list" else node.word


def as_ini(root: Node, how: Style) -> str:
    """Return a document that is two deep as INI."""
    lines: list[str] = []
    for section in root.inner:
        lines += [*([""] if how.gap and lines else []), *_said(section), f"[{section.key}]"]
        for one in section.inner:
            lines += [*_said(one), f"{one.key} = {one.word}".rstrip()]
            lines += [" " * how.indent + item.key for item in one.inner]
    return "\n".join(lines) + "\n"


def as_requirements(root: Node, how: Style) -> str:
    """Return the keys of a document and their words as requirements."""
    lines = [[*_said(one), f"{one.key}=={one.word}" if one.word else one.key] for one in root.inner]
    return "\n".join(line for each in lines for line in each) + "\n"


def read(path: str, text: str) -> dict[Path, str]:
    """Return what each path of a text holds; an item of a list is a path. Raise where a key stands twice."""
    if path.endswith(".toml"):
        return dict(_flat(tomllib.loads(text)))
    if path.endswith(".yml"):
        return dict(_flat(yaml.load(text, _Strict)))
    if path.endswith(".json"):
        return dict(_flat(json.loads(text, object_pairs_hook=_once)))
    if path.endswith(".ini"):
        parser = configparser.RawConfigParser()
        parser.read_string(text)
        return {(name, *key): word for name in parser for key, word in _flat(_values(parser[name]))}
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {(key,): word for key, word in _once([(line.partition("==")[0], line) for line in lines]).items()}


def _values(section: Mapping[str, str]) -> dict[str, object]:
    lists = {key: [item for item in word.split("\n") if item] for key, word in section.items() if "\n" in word}
    return {**section, **lists}


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    assert len({key for key, _ in pairs}) == len(pairs)
    return dict(pairs)


class _Strict(yaml.SafeLoader):
    """Reads each mapping with each key once."""


_Strict.add_constructor(
    "tag:yaml.org,2002:map", lambda loader, node: _once(loader.construct_pairs(node, deep=True))
)  # fmt: skip


def _flat(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, (*path, key))
    elif isinstance(value, list):
        assert len(set(value)) == len(value)
        for item in value:
            yield (*path, "-", item), "there"
    else:
        yield path, str(value)


def lost(
    base: Mapping[Path, str], ours: Mapping[Path, str], theirs: Mapping[Path, str], found: Mapping[Path, str]
) -> Iterator[str]:
    """Tell of each path that does not hold what both sides, or the one that changed it, hold; or one of two changes.

    The team's version of what both raised may stay, and what it took out may stay out where the template raised it.
    """
    emptied = {path[:end] for path in base for end in range(len(path))}
    for path in sorted((base.keys() | ours.keys() | theirs.keys() | found.keys()) - emptied):
        was, mine, new, now = (side.get(path, GONE) for side in (base, ours, theirs, found))
        if mine == new or was == new:
            right = now == mine
        elif was == mine:
            right = now == new
        else:
            both = {re.sub(r"\d+(\.\d+)+", "#", word) for word in (was, mine, new)} - {GONE}
            right = now == mine and len(both) == 1
        if not right:
            yield f"{path}: {was} -> {mine} | {new} -> {now}"

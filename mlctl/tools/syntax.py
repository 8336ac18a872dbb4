"""What a template's text reads, found in its syntax tree without rendering it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from mlctl.tools.jinja import BrokenTemplate, Renderer

VARIABLE = "cookiecutter"
WAYWARD = frozenset(("random", "random_ascii_string", "uuid4", "lipsum", "now"))
GIVEN = frozenset(("range", "dict", "cycler", "joiner", "namespace", "lipsum", "uuid4", "random_ascii_string", "loop",
                   "self", "super", "caller", "varargs", "kwargs", "slugify", "jsonify"))  # fmt: skip
_NOW = re.compile(r"\{%[-+]?\s*now\b")


class Reads(NamedTuple):
    """A name that a template reads at a line: `path` is what follows `cookiecutter`, or the one name itself.

    `wayward` tells whether it gives something else each time.
    """

    line: int
    path: tuple[str, ...]
    own: bool
    wayward: bool = False


def reads(source: str, name: str) -> list[Reads]:
    """Return what `source` reads, in its order; raise `BrokenTemplate` with the line where it is no template."""
    renderer = Renderer({})
    renderer.stock(source)
    try:
        tree = renderer.environment.parse(source, name)
    except TemplateSyntaxError as error:
        raise BrokenTemplate(name, error.lineno, str(error.message or error)) from error
    bound = {node.name for node in tree.find_all(nodes.Name) if node.ctx in ("store", "param")}
    bound |= {node.name for node in tree.find_all(nodes.Macro)} | GIVEN
    found = [*_chains(tree), *_others(tree, bound)]
    found += [Reads(source.count("\n", 0, m.start()) + 1, ("now",), False, True) for m in _NOW.finditer(source)]
    return sorted(set(found))


def escapes(source: str, name: str) -> list[tuple[int, str]]:
    """Return the lines that reach for an inner attribute of Python's, as `__class__`, which the sandbox refuses."""
    if "__" not in source:
        return []
    tree = _tree(source, name)
    found = [(node.lineno, node.attr) for node in tree.find_all(nodes.Getattr)]
    found += [(node.lineno, str(node.value)) for node in tree.find_all(nodes.Const)]
    return [(line, word) for line, word in found if re.fullmatch(r"__\w+__", word)]


def includes(source: str, name: str) -> list[tuple[int, str]]:
    """Return the lines that name another text to include, import or extend, and its name."""
    if "{%" not in source:
        return []
    kinds = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
    asked = [(node.lineno, getattr(node, "template", None)) for node in _tree(source, name).find_all(kinds)]
    return [(line, aim.value) for line, aim in asked if isinstance(aim, nodes.Const) and isinstance(aim.value, str)]


def _tree(source: str, name: str) -> nodes.Template:
    renderer = Renderer({})
    renderer.stock(source)
    return renderer.environment.parse(source, name)


def _chains(tree: nodes.Node) -> Iterator[Reads]:
    """Yield each `cookiecutter.a.b["c"]` at its full length."""
    inner: set[int] = set()
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        path = _path(node)
        if path and id(node) not in inner:
            yield Reads(node.lineno, path, True)
        if isinstance(node, (nodes.Getattr, nodes.Getitem)) and path:
            inner.add(id(node.node))


def _path(node: nodes.Node) -> tuple[str, ...]:
    parts: list[str] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getattr):
            parts.append(node.attr)
        elif isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            parts.append(node.arg.value)
        else:
            parts = []  # what follows an index that is computed is not known
        node = node.node
    own = isinstance(node, nodes.Name) and node.name == VARIABLE
    return tuple(reversed(parts)) if own else ()


def _others(tree: nodes.Node, bound: set[str]) -> Iterator[Reads]:
    for node in tree.find_all(nodes.Name):
        wayward = node.name in WAYWARD
        if node.ctx == "load" and (wayward or node.name not in bound | {VARIABLE}):
            yield Reads(node.lineno, (node.name,), False, wayward)
    for filter in tree.find_all(nodes.Filter):
        if filter.name in WAYWARD:
            yield Reads(filter.lineno, (filter.name,), False, True)

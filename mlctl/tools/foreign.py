"""YAML that others write, as CI files and manifests: several documents, anchors, merge keys, tags, scalars as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml as pyyaml

from mlctl.tools.yaml import DEPTH, LIMIT, Malformed

LARGEST = 200_000
_FAST: Any = getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)


class Table(dict[str, Any]):
    """A mapping that knows on which line it begins, and where each of its keys stands."""

    line: int = 1
    lines: dict[str, int]


class Reference(tuple[str, ...]):
    """What GitLab's `!reference [job, key]` points at."""

    __slots__ = ()


class _Loader(_FAST):  # type: ignore[misc]
    """Reads every scalar as the text that stands there: `on`, `3.10` and `no` are what somebody wrote."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own shape)

    def table(self, node: pyyaml.MappingNode) -> Table:
        """Return a mapping, of equal keys the last, merge keys resolved."""
        self.flatten_mapping(node)
        found = Table()
        found.line, found.lines = node.start_mark.line + 1, {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, pyyaml.ScalarNode) else ""
            found[key] = self.construct_object(value_node, deep=True)
            found.lines[key] = key_node.start_mark.line + 1
        return found

    def tagged(self, suffix: str, node: pyyaml.Node) -> Any:
        """Return what stands under a tag that is not YAML's own."""
        if isinstance(node, pyyaml.SequenceNode):
            said = self.construct_sequence(node, deep=True)
            return Reference(map(str, said)) if suffix == "reference" else said
        return self.table(node) if isinstance(node, pyyaml.MappingNode) else self.construct_scalar(node)


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.table)
_Loader.add_multi_constructor("!", _Loader.tagged)
_Loader.add_multi_constructor("", lambda loader, _, node: loader.tagged("", node))


def documents(text: str, name: str) -> list[Any]:
    """Return the documents of a YAML text; raise `Malformed` with the line where it is none, or would be too large."""
    if len(text) > LIMIT:
        raise Malformed(name, 1, f"is larger than {LIMIT:,} bytes")
    try:
        _inspect(text, name)
        loader = _Loader(text)
        try:
            return list(_each(loader))
        finally:
            loader.dispose()
    except pyyaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Malformed(name, mark.line + 1 if mark else 1, error.problem or "is not YAML") from error
    except (pyyaml.YAMLError, ValueError, RecursionError) as error:
        raise Malformed(name, 1, str(error).splitlines()[0] if str(error) else "is not YAML") from error


def _each(loader: Any) -> Iterator[Any]:
    while loader.check_data():
        yield loader.get_data()


def _inspect(text: str, name: str) -> None:
    """Refuse what grows beyond bounds once its aliases are followed, before anything is built."""
    known: dict[str, int] = {}
    opened: list[tuple[str, int]] = []
    size = 0
    for event in pyyaml.parse(text, Loader=_FAST):
        line = event.start_mark.line + 1 if event.start_mark else 1
        anchor = getattr(event, "anchor", None) or ""
        if isinstance(event, pyyaml.AliasEvent):
            if anchor not in known:
                raise Malformed(name, line, f"the alias '{anchor}' points at nothing that ended before it")
            size += known[anchor]
        elif isinstance(event, pyyaml.CollectionStartEvent):
            opened.append((anchor, size))
        elif isinstance(event, pyyaml.CollectionEndEvent):
            begun, before = opened.pop()
            known[begun] = size - before + 1
        elif isinstance(event, pyyaml.ScalarEvent):
            known[anchor] = 1
        size += 1
        if size > LARGEST or len(opened) > DEPTH:
            raise Malformed(name, line, "is too large or nested too deeply")

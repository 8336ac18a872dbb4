"""YAML and JSON, read strictly: no tags, anchors or duplicate keys, YAML 1.2 scalars, bounded in size and depth."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from mlctl.tools.errors import Invalid, printable

LIMIT = 1_000_000
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
DEPTH = 50


class Malformed(Invalid):
    """A file that must be read is not what it should be; `line` counts from 1."""

    def __init__(self, name: str, line: int, why: str) -> None:
        self.line = line
        super().__init__(f"{printable(name)}:{line}: {printable(why)}", "correct the file and try again")


@dataclass(frozen=True)
class Document:
    """A file that holds a mapping: `said` is what it says; errors name the line on which a key stands."""

    name: str
    text: bytes
    said: dict[str, Any]

    def wrong(self, key: str, why: str) -> Malformed:
        """Return the error that what is said under `key` deserves."""
        return Malformed(self.name, line(self.text, key), why)

    def mapping(self, key: str, of: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the mapping under `key` of the document, or of the mapping `of` in it."""
        value = (self.said if of is None else of).get(key)
        return mapping(value, self.name, line(self.text, key) if value else 1)

    def names(self, key: str, of: dict[str, Any] | None = None) -> tuple[str, ...]:
        """Return the list of texts under `key` of the document, or of the mapping `of` in it."""
        value = (self.said if of is None else of).get(key) or []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(key, f"'{key}' must be a list of names")
        return tuple(value)


def document(data: bytes, name: str) -> Document:
    """Return the document `data`; raise `Malformed` where it holds no mapping."""
    return Document(name, data, mapping(load(data, name), name))


_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_FAST):  # type: ignore[misc]
    """PyYAML's safe loader with YAML 1.2's core scalars."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own shape)

    def construct_pairs_strictly(self, node: yaml.MappingNode) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a text", key_node.start_mark)
            if not isinstance(key, str):
                key = key_node.value
            if key in found:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands twice", key_node.start_mark
                )
            found[key] = self.construct_object(value_node, deep=True)
        return found


class _Texts(_Loader):
    """Reads every scalar as the text that stands there: `3.10` and `no` are what somebody wrote."""


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_pairs_strictly)
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    (
        "float",
        r"^[-+]?(?:(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?|(?:0|[1-9][0-9]*)[eE][-+]?[0-9]+)$",
        "-+0123456789",
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))
_Texts.yaml_implicit_resolvers = {}
_Texts.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])


def load(data: bytes | str, name: str, texts: bool = False) -> Any:
    """Return the value of the YAML document `data`, scalars as written where `texts`.

    `name` is the file in errors, raised as `Malformed`.
    """
    text = _text(data, name)
    try:
        _inspect(text, name)
        loader = _Texts(text) if texts else _Loader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Malformed(name, mark.line + 1 if mark else 1, error.problem or "is not YAML") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Malformed(name, 1, str(error).splitlines()[0] if str(error) else "is not YAML") from error


def load_json(data: bytes | str, name: str, texts: bool = False) -> Any:
    """Return the value of the JSON document `data`, objects as `OrderedDict`, numbers as written where `texts`.

    Errors are those of `load`.
    """

    def pairs(items: list[tuple[str, Any]]) -> OrderedDict[str, Any]:
        found: OrderedDict[str, Any] = OrderedDict()
        for key, value in items:
            if key in found:
                raise Malformed(name, _line_of(text, f'"{key}"'), f"the key '{key}' stands twice")
            found[key] = value
        return found

    text = _text(data, name)
    try:
        numbers: dict[str, Any] = {"parse_int": str, "parse_float": str} if texts else {}
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=_no_constant, **numbers)
    except json.JSONDecodeError as error:
        raise Malformed(name, error.lineno, error.msg) from error
    except (ValueError, RecursionError) as error:
        raise Malformed(name, 1, str(error).splitlines()[0] or "is nested too deeply") from error
    if depth(value) > DEPTH:
        raise Malformed(name, 1, f"is nested deeper than {DEPTH}")
    if _HALF.search(text) and not _whole(value):
        raise Malformed(name, 1, "holds half a character")
    return value


def dump(value: Any) -> str:
    """Return `value` as block YAML, keys in their order, ending in a newline."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def mapping(value: Any, name: str, line: int = 1) -> dict[str, Any]:
    """Return `value` if it is a mapping; raise `Malformed` otherwise."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(name, line, "must be a mapping of keys to values")
    return value


def line(data: bytes | str, key: str) -> int:
    """Return the first line of the document `data` on which `key` stands as a key."""
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    found = re.search(rf"(?:^[\s-]*|[{{,]\s*)['\"]?{re.escape(key)}['\"]?\s*:", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 1


def depth(value: Any) -> int:
    """Return how deeply lists and mappings are nested in `value`, without recursion."""
    deepest, layer = 0, [value]
    while layer:
        inner = [v for v in layer if isinstance(v, (dict, list))]
        deepest += bool(inner)
        layer = [child for v in inner for child in (v.values() if isinstance(v, dict) else v)]
    return deepest


class _Dumper(yaml.SafeDumper):
    """Quotes what readers of YAML 1.1 or 1.2 would take for something else than text, and indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.yaml_implicit_resolvers = {
    first: [*_Dumper.yaml_implicit_resolvers.get(first, ()), *_Loader.yaml_implicit_resolvers.get(first, ())]
    for first in _Dumper.yaml_implicit_resolvers.keys() | _Loader.yaml_implicit_resolvers.keys()
}
_Dumper.add_representer(OrderedDict, lambda d, v: d.represent_dict(v.items()))


def _text(data: bytes | str, name: str) -> str:
    if len(data) > LIMIT:
        raise Malformed(name, 1, f"is larger than {LIMIT:,} bytes")
    if isinstance(data, str):
        return data
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(name, data.count(b"\n", 0, error.start) + 1, "is not UTF-8") from error


def _inspect(text: str, name: str) -> None:
    """Refuse anchors, aliases, tags, merge keys and deep nesting before anything is built."""
    level = 0
    for event in yaml.parse(text, Loader=_FAST):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Malformed(name, line, "anchors and aliases are not read")
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) not in (None, "!"):
            raise Malformed(name, line, f"the tag '{getattr(event, 'tag', '')}' is not read")
        if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and not event.style:
            raise Malformed(name, line, "merge keys are not read")
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > DEPTH:
            raise Malformed(name, line, f"is nested deeper than {DEPTH}")


def _whole(value: Any) -> bool:
    """Tell whether no text in `value` holds half of a character that JSON writes as two."""
    try:
        return bool(json.dumps(value, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _line_of(text: str, word: str) -> int:
    at = text.rfind(word)
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


def parses(text: str) -> bool:
    """Tell whether `text` is YAML of any kind in which no mapping has a key twice, without making anything of it."""
    try:
        return not _twice(yaml.parse(text, Loader=_FAST))
    except (yaml.YAMLError, ValueError, RecursionError):
        return False


def _twice(events: Iterable[yaml.Event]) -> bool:
    """Tell whether a mapping of a document has a key twice."""
    above: list[set[str] | None] = []  # the keys so far of the mappings that are open, nothing for a list
    key_next: list[bool] = []
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            above.pop()
            key_next.pop()
            continue
        keys = above[-1] if above and isinstance(event, yaml.NodeEvent) else None
        if keys is not None:
            if key_next[-1] and isinstance(event, yaml.ScalarEvent) and event.value != "<<":
                if event.value in keys:
                    return True
                keys.add(event.value)
            key_next[-1] = not key_next[-1]
        if isinstance(event, yaml.CollectionStartEvent):
            above.append(set() if isinstance(event, yaml.MappingStartEvent) else None)
            key_next.append(True)
    return False

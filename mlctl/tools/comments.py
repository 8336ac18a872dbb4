"""Changes values of a YAML file and leaves its comments and its order."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from mlctl.tools.yaml import Malformed


def edited(data: bytes, changes: Mapping[tuple[str | int, ...], Any], name: str) -> bytes:
    """Return the YAML text `data` with the values at some key paths changed; comments, order and line ends stay.

    In a list, a place behind its end is appended, and `None` takes an entry out.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    round_trip = YAML()
    _keep_nothing(round_trip)
    round_trip.preserve_quotes = True
    round_trip.width = 10_000
    round_trip.indent(mapping=2, sequence=4, offset=2)
    try:
        crlf = data.count(b"\r\n") == data.count(b"\n") > 0
        document = round_trip.load(data.decode().replace("\r\n", "\n"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise Malformed(name, 1, "is not YAML") from error
    for path, value in changes.items():
        _assign(document, path, value)
    out = io.StringIO()
    round_trip.dump(document, out)
    text = out.getvalue()
    return (text.replace("\n", "\r\n") if crlf else text).encode()


class _Nothing:
    """A value of nothing, as a person wrote it: `null`, `~` or blank."""

    def __init__(self, text: str) -> None:
        self.text = text


def _keep_nothing(round_trip: Any) -> None:
    """Let values of nothing come out as they were written."""
    tag = "tag:yaml.org,2002:null"
    constructor: Any = type("Constructor", (round_trip.Constructor,), {})
    constructor.add_constructor(tag, lambda _, node: _Nothing(node.value))
    representer: Any = type("Representer", (round_trip.Representer,), {})
    representer.add_representer(_Nothing, lambda self, value: self.represent_scalar(tag, value.text))
    representer.add_representer(type(None), lambda self, _: self.represent_scalar(tag, "null"))
    round_trip.Constructor, round_trip.Representer = constructor, representer


def _assign(document: Any, path: tuple[str | int, ...], value: Any) -> None:
    here = document
    for step in path[:-1]:
        here = here.setdefault(step, {}) if isinstance(step, str) else here[step]
    if isinstance(here, list):
        place = int(path[-1])
        here[place : place + 1] = [] if value is None else [value]
        return
    old = here.get(path[-1])
    if isinstance(old, _Nothing) and value is None:
        return
    if isinstance(value, (list, tuple)) and isinstance(old, list):
        old[:] = [item for item in old if item in value] + [item for item in value if item not in old]
    elif isinstance(value, dict) and isinstance(old, dict):
        for gone in [key for key in old if key not in value]:
            del old[gone]
        for key, new in value.items():
            _assign(old, (key,), new)
    elif old != value or path[-1] not in here or type(old) is not type(value):
        here[path[-1]] = list(value) if isinstance(value, tuple) else value

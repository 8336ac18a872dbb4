"""One file, looked at once: what it breaks by itself, which words it holds, what it waives, whether it can be read."""

from __future__ import annotations

import re
import symtable
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mlctl.check.rule import Rule
from mlctl.check.source import Source

if TYPE_CHECKING:
    from mlctl.core.standards import Standards

Known = tuple[list[tuple[str, str, int, str]], tuple[str, ...], list[tuple[int, str, str, str, str]], str]
SEEDED = ("seed", "random_state", "default_rng", "RandomState", "PRNGKey")
MANIFESTS = ("apiVersion:", "alert:")
YAML = [word.encode() for word in MANIFESTS]
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
PARAMETERS = re.compile(r"\s*((async\s+)?(def|class)\s+\w+\s*\[|type\s+\w+\s*(\[.*\])?\s*=)")
TEMPLATED = re.compile(r"(?<![\w\"'])[rR]?[tT][rR]?[\"']")
TEMPLATE = re.compile(rb"\{[{%]-? ")


def words(standards: Standards) -> list[bytes]:
    """Return the words that project rules will ask for."""
    lists = (last(name) for key in ("trackers", "monitors", "contracts") for name in standards.names(key))
    return [word.encode() for word in dict.fromkeys((*SEEDED, *lists, *map(last, asked(standards.rules))))]


def asked(said: Any) -> Iterator[str]:
    """Yield the modules and functions that the rules of the standards ask for, wherever these stand in them."""
    if isinstance(said, dict):
        for key, value in said.items():
            named = value.get("any", value.get("name", "")) if isinstance(value, dict) else value
            if key in ("py.imports", "py.calls"):
                yield from map(str, named if isinstance(named, list) else [named])
            yield from asked(value)
    elif isinstance(said, list):
        for one in said:
            yield from asked(one)


def last(module: str) -> str:
    """Return the last part of a dotted name: the word that stands in a file however it is imported."""
    return module.rpartition(".")[2]


def look(source: Source, rules: Iterable[Rule], standards: Standards, wanted: list[bytes], minor: int) -> Known:
    """Return (findings, words seen, inline waivers, state) of one file.

    The state is a version where only a Python as new as that, or as 3.`minor`, which the project needs, could read it.
    """
    found: list[tuple[str, str, int, str]] = []
    marks: list[tuple[int, str, str, str, str]] = []
    if b"mlctl:" in source.data:
        from mlctl.check.inline import inline

        marks = list(inline(source))
    python, state = source.path.endswith(".py") and "{" not in source.path, ""
    line, why, newer = fault(source, minor) if python else (0, "", "")
    if line and not TEMPLATE.search(source.data):
        state = newer or "broken"
        found += [] if newer else [("PRJ100", f"it can't be read as Python: {why}", line, "")]
    for one in rules:
        if ((python and not line) or not one.syntax) and any(
            word in source.data for word in one.words.encode().split(b"|")
        ):
            try:
                found += [(one.code, f.message, f.line, f.edit) for f in one.look(source, standards)]
            except UNREADABLE:
                continue
    told = wanted if python else YAML if source.path.endswith((".yml", ".yaml")) else []
    seen = tuple(word.decode() for word in told if word in source.data)
    return found, seen, marks, state


def fault(source: Source, minor: int) -> tuple[int, str, str]:
    """Return line and reason why a file is no Python, and which newer Python may read it; line 0 where it is Python.

    The interpreter's parser alone runs.
    """
    try:
        symtable.symtable(source.data, source.path, "exec")  # type: ignore[arg-type]  # bytes keep their own encoding
    except SyntaxError as error:
        plain = error.lineno is not None and b"\0" not in source.data
        needed = minor if minor > sys.version_info[1] else _brought(error)
        newer = f"3.{needed}" if plain and needed > sys.version_info[1] else ""
        return error.lineno or 1, error.msg or "it is no Python", newer
    except UNREADABLE as error:
        return 1, str(error).splitlines()[0] if str(error) else "it is nested too deeply", ""
    return 0, "", ""


def _brought(error: SyntaxError) -> int:
    """Return the minor version that brought what an older Python stumbles over, as far as that can be told."""
    if error.msg.startswith("f-string") or PARAMETERS.match(error.text or ""):
        return 12
    return 14 if TEMPLATED.search(error.text or "") else 0

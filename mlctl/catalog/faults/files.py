"""Faults of the template files: names that nobody gives, what differs each time, paths with two owners."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from mlctl.catalog.lint import Bench, Fault, told
from mlctl.core import constraints
from mlctl.core.render import Shared
from mlctl.core.template import Unit
from mlctl.core.tree import FOLDER, LINK
from mlctl.tools.cookiecutter import is_binary
from mlctl.tools.errors import MlctlError
from mlctl.tools.syntax import Reads, escapes, includes, reads

SHARED = frozenset(("_units", "_groups", "_versions", "_constraints", "_apart"))
METHODS = frozenset(("items", "keys", "values", "get"))


def faults(bench: Bench) -> Iterator[Fault]:
    """Yield what would break, or differ each time, once it is rendered."""
    table = _table(bench)
    for folder, unit in bench.units.items():
        known = _known(bench, folder)
        for place, line, text in _texts(folder, unit):
            try:
                found = reads(text, place)
            except MlctlError as error:
                yield told(error, place)
                continue
            yield from (Fault(place, max(at, 1) + line, why) for at, why in _reaches(unit, text, place))
            for one in found:
                if bench.whole or one.wayward:
                    yield from (Fault(place, max(one.line, 1) + line, why) for why in _wrong(one, known, table))
    yield from _twice(bench)


def _reaches(unit: Unit, text: str, place: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that reach for what a template may not have, and the texts to include that are not there."""
    for line, name in escapes(text, place):
        yield line, f"the template tries what a template may not: access to attribute '{name}'"
    for line, name in includes(text, place):
        if not any(f"{folder}/{name}" in unit.tree.modes() for folder in (unit.top, "templates")):
            yield line, f"there is no template '{name}' to include"


def _wrong(one: Reads, known: set[str], table: Mapping[str, Any]) -> Iterator[str]:
    name = one.path[0]
    if one.wayward:
        yield f"'{name}' gives something else each time: a project could not be rendered again"
    elif not one.own:
        yield f"'{name}' is defined nowhere; answers are read as 'cookiecutter.{name}'"
    elif name not in known | SHARED:
        yield f"'cookiecutter.{name}' is no answer that is always there"
    elif name == "_versions":
        here: Any = table
        for at, key in enumerate(one.path[1:], 1):
            if not isinstance(here, Mapping) or key in METHODS:
                return
            if key not in here:
                yield f"the versions table has no '{'.'.join(one.path[1 : at + 1])}'"
                return
            here = here[key]


def _texts(folder: str, unit: Unit) -> Iterator[tuple[str, int, str]]:
    """Yield each text that is rendered: its file, the lines before it, and itself. A path is a text too."""
    modes = unit.tree.modes()
    for path, mode in modes.items():
        if not unit.top or not path.startswith(f"{unit.top}/") or mode == LINK:
            continue
        if "{" in path:
            yield f"{folder}/{path}", -1, path
        data = unit.tree.read(path) if mode != FOLDER and not _copied(unit, path[len(unit.top) + 1 :]) else b""
        if b"{" in data and not is_binary(path, data):
            yield f"{folder}/{path}", 0, data.decode("utf-8", "replace")
    yield f"{folder}/unit.yml", 0, unit.tree.read("unit.yml").decode("utf-8", "replace")


def _copied(unit: Unit, path: str) -> bool:
    """Tell whether a folder above `path` is taken as it is."""
    parts = path.split("/")
    above = ["/".join(parts[:number]) for number in range(1, len(parts) + 1)]
    return any(fnmatch.fnmatch(folder, glob) for glob in unit.copied for folder in above)


def _known(bench: Bench, folder: str) -> set[str]:
    """Return the variables that are there whenever this unit is."""
    home, *partners = folder.split("/with/")
    always = {"base", folder, home}
    kinds = [one for one in bench.units if one.startswith("kinds/") and "/with/" not in one]
    if home not in ("base", *kinds):
        always |= set(kinds[:1]) if len(kinds) == 1 else set()
    rooms = [one for one in bench.units if "/with/" not in one and one.rpartition("/")[2] in partners]
    todo = [home, folder, *rooms]
    while todo:
        one = todo.pop()
        always.add(one)
        needs = bench.units[one].needs if one in bench.units else ()
        todo += [f for n in needs if (f := f"components/{n}") in bench.units and f not in always]
    names = {question.name for one in always if one in bench.units for question in bench.units[one].questions}
    if len(kinds) > 1 and home not in ("base", *kinds):
        names |= set.intersection(*({q.name for q in bench.units[kind].questions} for kind in kinds))
    return names | set((*bench.there.asked, *bench.there.expects) if bench.there else ())


def _table(bench: Bench) -> Mapping[str, Any]:
    try:
        found = constraints.context([bench.platform], ())["_versions"]
    except MlctlError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _twice(bench: Bench) -> Iterator[Fault]:
    """Yield the paths that two units would both render."""
    paths = {folder: bench.paths(folder) for folder in bench.units}
    for one, other in combinations(sorted(bench.units), 2):
        if together(bench, one, other):
            for path in sorted(paths[one].keys() & paths[other].keys()):
                first, second = (re.sub(r"^(components|kinds)/", "", folder) for folder in (one, other))
                yield Fault(paths[other][path], 0, Shared(path, first, second).sentence)


def together(bench: Bench, one: str, other: str) -> bool:
    """Tell whether a project may hold both units: no two kinds, no two that fill one port."""
    sides = [folder.split("/with/") for folder in (one, other)]
    if one.startswith("kinds/") and other.startswith("kinds/") and sides[0][0] != sides[1][0]:
        return False
    ports: dict[str, str] = {}
    for home, *partners in sides:
        for name in (home, *(f"components/{partner}" for partner in partners)):
            port = bench.units[name].provides if name in bench.units else ""
            if port and ports.setdefault(port, name) != name:
                return False
    return True

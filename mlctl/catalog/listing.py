"""What a platform offers: its kinds and components, and all about one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlctl.core import constraints
from mlctl.core.platform import Platform
from mlctl.core.template import Question, Unit, Unknown
from mlctl.core.tree import EXECUTABLE, FILE
from mlctl.core.units import Catalog, catalog, unit
from mlctl.tools.syntax import reads

BASE = "base"


@dataclass(frozen=True)
class Entry:
    """A unit as it is listed: `role` is base, kind or component, `chosen` tells whether a new project has it."""

    name: str
    role: str
    port: str
    chosen: bool
    about: str


@dataclass(frozen=True)
class Listing:
    """All units of a platform at a version."""

    platform: Platform
    about: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Sheet:
    """All about one unit: what it asks, brings and needs, and what it costs.

    `files` are the paths of its template, `along` what comes with it and another unit, `instead` the other fillings
    of its port, `groups` its packages by dependency group, `packages` how many pinned packages it adds to a project
    of base and the first kind, `apart` how many each environment holds that stands apart from the project's, `keeps`
    the promises of the standards that it alone keeps.
    """

    platform: Platform
    entry: Entry
    questions: tuple[Question, ...]
    needs: tuple[str, ...]
    needed_by: tuple[str, ...]
    instead: tuple[str, ...]
    files: tuple[str, ...]
    along: Mapping[str, int]
    groups: Mapping[str, tuple[str, ...]]
    packages: int
    apart: Mapping[str, int]
    keeps: tuple[str, ...] = ()


def listing(platform: Platform) -> Listing:
    """Return what `platform` offers, in its own order."""
    there = catalog(platform)
    found = [(name, _unit(there, name)) for name in (*_first(there), *there.components)]
    about = platform.document.said.get("about") if platform.document else ""
    return Listing(platform, str(about or ""), tuple(_entry(there, name, one) for name, one in found))


def sheet(platform: Platform, name: str) -> Sheet:
    """Return all about the unit `name`; raise `Unknown` where there is none."""
    there = catalog(platform)
    if name not in (*_first(there), *there.components):
        raise Unknown("unit", name, (*_first(there), *there.components))
    one = _unit(there, name)
    paths = [path for path in one.tree.modes() if one.top and path.startswith(f"{one.top}/")]
    leaves = [path for path in paths if not any(other.startswith(f"{path}/") for other in paths)]
    rivals = [n for n, unit in there.components.items() if one.provides and unit.provides == one.provides and n != name]
    users = [n for n, unit in there.components.items() if {name, one.provides} & set(unit.needs) - {""}]
    return Sheet(
        platform, _entry(there, name, one), one.questions, one.needs, tuple(users), tuple(rivals),
        tuple(sorted(path[len(one.top) + 1 :] for path in leaves)), _along(one), one.dependencies, _cost(there, one),
        _apart(there, one, leaves), one.keeps,
    )  # fmt: skip


def _first(there: Catalog) -> tuple[str, ...]:
    """Return base and kinds; a layer over other platforms has neither."""
    return (BASE, *there.kinds) if there.kinds else ()


def _unit(there: Catalog, name: str) -> Unit:
    if name in there.components:
        return there.components[name]
    return unit(there.platform, name if name == BASE else f"kinds/{name}")


def _entry(there: Catalog, name: str, one: Unit) -> Entry:
    role = "component" if name in there.components else BASE if name == BASE else "kind"
    chosen = name in (BASE, *there.kinds[:1], *there.defaults)
    return Entry(name, role, one.provides, chosen, one.about)


def _along(one: Unit) -> dict[str, int]:
    """Return how many files come with each other unit."""
    found: dict[str, int] = {}
    for path, mode in one.tree.modes().items():
        parts = path.split("/")
        if parts[0] == "with" and len(parts) > 3 and mode != "40000":
            found[parts[1]] = found.get(parts[1], 0) + 1
    return found


def _cost(there: Catalog, one: Unit) -> int:
    """Return how many pinned packages the unit adds to those that base and the first kind reach."""
    first = [_unit(there, name) for name in _first(there)[:2]]
    without = [other for other in first if other.name != one.name]
    return len(_pins(there, (*without, one)) - _pins(there, without))


def _pins(there: Catalog, units: tuple[Unit, ...] | list[Unit]) -> set[str]:
    return set(constraints.context([there.platform], units)["_constraints"])


def _apart(there: Catalog, one: Unit, paths: list[str]) -> dict[str, int]:
    """Return how many pinned packages each environment holds whose pins a file of the unit reads."""
    texts = {path: one.tree.read(path) for path in paths if one.tree.modes()[path] in (FILE, EXECUTABLE)}
    known = {path: text.decode("utf-8", "replace") for path, text in texts.items() if b"_apart" in text}
    found = [read for path, text in known.items() for read in reads(text, path)]
    named = {read.path[1] for read in found if read.path[0] == "_apart" and len(read.path) > 1}
    rooms = constraints.context([there.platform], ())["_apart"]
    return {name: len(pins) for name, pins in rooms.items() if name in named}

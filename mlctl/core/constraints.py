"""Packages: the versions table names their bounds, `constraints.txt` the exact versions that were tested together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from mlctl.core.platform import SETTINGS, Platform
from mlctl.core.template import Unit
from mlctl.tools import yaml

FILE = "constraints.txt"
_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?(?P<pin>==[^#;\s\\]+(?:\s*;[^#\\]+)?)[^#]*(?:#\s*via\s+(?P<via>.*))?"
)
_VIA = re.compile(r"\s+#\s+(?:via\b\s*)?(?P<via>.*)")


def context(platforms: Sequence[Platform], units: Sequence[Unit]) -> dict[str, Any]:
    """Return what every unit may read of the others: `_units`, `_groups`, `_versions`, `_constraints` and `_apart`.

    `_groups` maps a dependency group to its sorted requirements ("" is the project itself), `_constraints` lists the
    tested versions of all packages that those requirements reach, `_apart` those of each environment that stands apart
    from the project's. What an earlier one of `platforms` bounds or pins, a later one does not change.
    """
    told = [platform.document or yaml.Document(SETTINGS, b"", {}) for platform in platforms]
    tables = [one.mapping("versions") for one in told]
    packages: dict[str, Any] = {}
    for one, table in zip(told, tables, strict=True):
        packages = {**one.mapping("packages", table), **packages}
    groups: dict[str, set[str]] = {}
    for unit in units:
        missing = sorted({name for names in unit.dependencies.values() for name in names} - packages.keys())
        if missing:
            raise told[unit.layer].wrong("packages", f"the versions table has no package '{missing[0]}'")
        for group, names in unit.dependencies.items():
            groups.setdefault(group, set()).update(names)
    return {
        "_units": {unit.name: dict(unit.contributes) for unit in units},
        "_groups": {group: sorted(f"{n}{packages[n]}" for n in groups[group]) for group in sorted(groups)},
        "_versions": _merged([{k: v for k, v in table.items() if k != "packages"} for table in tables]),
        "_constraints": _pins(platforms, {name for names in groups.values() for name in names}),
        "_apart": {
            name: _pins([platform], set(wanted), apart(name))
            for platform, one in reversed(list(zip(platforms, told, strict=True)))
            for name, wanted in environments(one).items()
        },
    }


def apart(name: str) -> str:
    """Return the file that holds the tested versions of the environment `name`."""
    return f"constraints-{name}.txt"


def environments(told: yaml.Document) -> dict[str, dict[str, Any]]:
    """Return the bounds of the environments that stand apart, by name: what they hold clashes with the project's."""
    table = told.mapping("apart", told.mapping("versions"))
    return {name: told.mapping(name, table) for name in table}


def _merged(tables: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one table: an earlier one has its way, tables in it are merged too."""
    found: dict[str, Any] = {}
    for table in tables:
        for key, value in table.items():
            old = found.get(key, value)
            found[key] = _merged([old, value]) if isinstance(old, dict) and isinstance(value, dict) else old
    return found


def _pins(platforms: Sequence[Platform], wanted: set[str], file: str = FILE) -> list[str]:
    """Return the pins that `wanted` packages reach; a package that an earlier platform pins is that one's."""
    found: dict[str, list[str]] = {}
    for platform in platforms:
        there: dict[str, list[str]] = {}
        for pin in reached(text(platform, file), wanted):
            there.setdefault(normal(re.split(r"[=\[]", pin)[0]), []).append(pin)
        found = {**there, **found}
    return [pin for name in sorted(found) for pin in found[name]]


def reached(said: str, wanted: Iterable[str]) -> list[str]:
    """Return the pins of `said` that `wanted` packages need, directly or through others.

    What needs a package stands in its `# via` comment, at the end of its line or on lines of its own.
    """
    pins: dict[str, list[str]] = {}
    needs: dict[str, set[str]] = {}
    name = ""
    for line in said.splitlines():
        match, more = _LINE.match(line), _VIA.match(line)
        if match:
            name = normal(match["name"])
            pins.setdefault(name, []).append(" ".join(f"{match['name']}{match['pin']}".split()))
        told = match or more
        for above in ((told["via"] or "") if told else "").split(","):
            needs.setdefault(normal(above.strip()), set()).add(name)
    found: set[str] = set()
    todo = {normal(name) for name in wanted}
    while todo:
        name = todo.pop()
        if name in pins and name not in found:
            found.add(name)
            todo |= needs.get(name, set())
    return [pin for name in sorted(found) for pin in pins[name]]


def normal(name: str) -> str:
    """Return a package's name as indexes compare it, without extras."""
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower()


def text(platform: Platform, file: str = FILE) -> str:
    """Return what the platform's file of tested versions says; nothing where there is none."""
    return platform.tree.read(file).decode("utf-8", "replace") if file in platform.tree.modes() else ""

"""Faults of the packages: names outside the versions table, rows that nobody needs, pins outside their bounds."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from mlctl.catalog.lint import Bench, Fault
from mlctl.core.constraints import FILE, apart, environments, normal, reached, text
from mlctl.core.platform import SETTINGS


def faults(bench: Bench) -> Iterator[Fault]:
    """Yield what the units, the versions table and the pins disagree about."""
    told = bench.platform.document
    if not told:
        return
    versions = told.said.get("versions")
    table = versions.get("packages") if isinstance(versions, dict) else None
    table = table if isinstance(table, dict) else {}
    named = set()
    for folder, unit in bench.units.items():
        for name in sorted({name for names in unit.dependencies.values() for name in names}):
            named.add(name)
            if name not in table:
                line = bench.document(folder).wrong("dependencies", "").line
                yield Fault(f"{folder}/unit.yml", line, f"the versions table has no package '{name}'")
    also = versions.get("also") if isinstance(versions, dict) else None
    for name, bound in {**table, **(also if isinstance(also, dict) else {})}.items():
        line = told.wrong(name, "").line
        if name in table and name not in named and bench.whole:
            yield Fault(SETTINGS, line, f"no unit needs the package '{name}'")
        yield from (Fault(SETTINGS, line, why) for why in _bound(bench, name, bound, FILE))
    for room, bounds in environments(told).items():
        for name, bound in bounds.items():
            why = _bound(bench, name, bound, apart(room))
            yield from (Fault(SETTINGS, told.wrong(room, "").line, one) for one in why)


def _bound(bench: Bench, name: str, bound: object, file: str) -> Iterator[str]:
    """Yield what is wrong with a row of the table and its pin."""
    try:
        wanted = Requirement(f"{normal(name)}{bound}").specifier
    except InvalidRequirement:
        yield f"'{bound}' is no bound for '{name}'"
        return
    pins = [Requirement(line) for line in reached(text(bench.platform, file), [name])]
    pins = [pin for pin in pins if normal(pin.name) == normal(name)]
    if not pins:
        yield f"{file} has no tested version of '{name}': run `mlctl platform lock`"
    for pin in pins:
        version = next(iter(pin.specifier)).version
        if not wanted.contains(version, prereleases=True):
            yield f"{file} has {name} {version}, outside its bound {bound}: run `mlctl platform lock`"

"""Everything that is wrong with a platform, found without rendering it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from mlctl.core.platform import SETTINGS, Platform
from mlctl.core.template import Unit
from mlctl.core.tree import FOLDER
from mlctl.core.units import Catalog, catalog, folders, unit
from mlctl.tools import yaml
from mlctl.tools.errors import MlctlError

_PLACE = re.compile(r"(?P<path>[^:]+):(?P<line>\d+): (?P<why>.*)", re.DOTALL)


class Fault(NamedTuple):
    """Something wrong: `path` in the platform, `line` from 1 (0 is the file as a whole), and what."""

    path: str
    line: int
    message: str


@dataclass(frozen=True)
class Lint:
    """What was found, in the order of the files, and how much was read."""

    platform: Platform
    faults: tuple[Fault, ...]
    units: int
    files: int
    rules: int


@dataclass
class Bench:
    """A platform laid out: `units` by folder, those alone that can be read; `there` is nothing where it is broken.

    `whole` tells whether all could be read: else nobody can say that something is used by none.
    """

    platform: Platform
    there: Catalog | None = None
    whole: bool = True
    units: dict[str, Unit] = field(default_factory=dict)
    texts: dict[str, yaml.Document] = field(default_factory=dict)

    def document(self, folder: str) -> yaml.Document:
        """Return the `unit.yml` of a folder."""
        return self.texts[folder]

    def paths(self, folder: str) -> dict[str, str]:
        """Return the files of a unit by their path in the project, unrendered."""
        one = self.units[folder]
        start = f"{one.top}/"
        files = [path for path, mode in one.tree.modes().items() if mode != FOLDER and path.startswith(start)]
        return {path[len(start) :]: f"{folder}/{path}" for path in files} if one.top else {}


Look = Callable[[Bench], Iterator[Fault]]


def lint(platform: Platform) -> Lint:
    """Return all faults of `platform`: in its settings, units, templates, packages and rules."""
    from mlctl.catalog.faults import files, packages, paths, rules, settings

    platform.tree.load()
    faults: list[Fault] = []
    bench = _bench(platform, faults)
    looks: tuple[Look, ...] = (settings.faults, files.faults, paths.faults, packages.faults, rules.faults)
    for look in looks:
        faults += look(bench)
    number = sum(len(bench.paths(folder)) for folder in bench.units)
    return Lint(platform, tuple(sorted(set(faults))), len(bench.units), number, rules.count(bench))


def told(error: MlctlError, path: str) -> Fault:
    """Return the fault that an error tells of; its words are those of `mlctl new`."""
    match = _PLACE.fullmatch(error.sentence)
    return Fault(match["path"], int(match["line"]), match["why"]) if match else Fault(path, 0, error.sentence)


def _bench(platform: Platform, faults: list[Fault]) -> Bench:
    """Return the platform laid out; what can't be read becomes a fault."""
    bench = Bench(platform)
    try:
        bench.there = catalog(platform)
    except MlctlError as error:
        faults.append(told(error, SETTINGS))
    for folder in folders(platform):
        try:
            bench.units[folder] = unit(platform, folder)
            bench.texts[folder] = yaml.document(platform.part(folder).read("unit.yml"), f"{folder}/unit.yml")
        except MlctlError as error:
            faults.append(told(error, f"{folder}/unit.yml"))
    bench.whole = not faults
    return bench

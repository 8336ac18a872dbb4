"""Faults of the paths: names that no project may have, names that fold onto each other, links that leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from mlctl.catalog.faults.files import together
from mlctl.catalog.lint import Bench, Fault, told
from mlctl.core.tree import LINK, followed
from mlctl.tools.errors import MlctlError
from mlctl.tools.files import confine, without_collisions

_RENDERED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


def faults(bench: Bench) -> Iterator[Fault]:
    """Yield the paths that `mlctl new` would refuse whatever the answers are; its words are these."""
    for folder, unit in bench.units.items():
        modes = unit.tree.modes()
        for path, place in bench.paths(folder).items():
            try:
                confine(_RENDERED.sub("x", path))
                if modes[f"{unit.top}/{path}"] == LINK:
                    followed(unit.tree.whole, "/".join(p for p in (unit.tree.folder, unit.top, path) if p))
            except MlctlError as error:
                yield told(error, place)
    yield from _collisions(bench)


def _collisions(bench: Bench) -> Iterator[Fault]:
    """Yield the paths of one unit, or of two that may meet, that fold onto each other."""
    paths = {folder: bench.paths(folder) for folder in bench.units}
    pairs = [(one, one) for one in paths] + [p for p in combinations(sorted(paths), 2) if together(bench, *p)]
    for one, other in pairs:
        try:
            without_collisions(dict.fromkeys([*paths[one], *paths[other]]))
        except MlctlError as error:
            yield told(error, f"{other}/{bench.units[other].top}")

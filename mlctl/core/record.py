"""What a project remembers of how it was made: `project.yml` for people, `lock.json` for the machine, the standards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlctl.core import standards
from mlctl.core.platform import Platform, relative
from mlctl.core.source import BadSource, Kind, address, parse
from mlctl.core.tree import EXECUTABLE, FILE, blob_id
from mlctl.tools import yaml

if TYPE_CHECKING:
    from mlctl.core.render import Rendering
    from mlctl.core.template import Answers, Template

FOLDER = ".mlctl"
PROJECT, LOCK, STANDARDS = f"{FOLDER}/project.yml", f"{FOLDER}/lock.json", f"{FOLDER}/standards.yml"
SCHEMA = "mlctl.lock/1"
STAGE = "explore"
LOST = ": others can't upgrade from it"
HEAD = """\
# What this project is made of and what the platform must know of it. It is yours to edit:
# change `ref`, `units` or `answers` and run `mlctl upgrade`.
"""


@dataclass(frozen=True)
class Layer:
    """A platform that a project takes units from, as it is recorded."""

    source: str
    ref: str | None
    kind: str
    units: tuple[str, ...]
    version: str
    tree: str
    commit: str | None
    name: str = ""


@dataclass(frozen=True)
class Place:
    """How the platform of a layer is recorded; a name tells layers apart where there are several."""

    source: str
    ref: str = ""
    name: str = ""


@dataclass(frozen=True)
class Record:
    """The record of a project: its layers, the answers as used, facts for the platform, and what was rendered.

    It is `complete` where all that was rendered was offered to the project.
    """

    layers: tuple[Layer, ...]
    answers: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    hooks_ran: tuple[str, ...] = ()
    standards: dict[str, Any] | None = None
    manifest: Mapping[str, tuple[str, str, int]] | None = field(default_factory=dict)
    complete: bool = True

    def files(self) -> dict[str, str]:
        """Return the texts of the record's files by path."""
        found = {PROJECT: self._project(), LOCK: self._lock()}
        if self.standards is not None:
            found[STANDARDS] = standards.written(self.standards)
        return found

    def _project(self) -> str:
        layers = [
            {**_called(one), "source": one.source, "ref": one.ref, **_kind(one), "units": list(one.units)}
            for one in self.layers
        ]
        return HEAD + yaml.dump({"layers": layers, "answers": dict(self.answers), "stage": STAGE, **self.facts})

    def _lock(self) -> str:
        layers = [
            {**_called(one), "source": one.source, "version": one.version, "tree": one.tree,
             "commit": one.commit, "kind": one.kind, "units": list(one.units)}
            for one in self.layers
        ]  # fmt: skip
        value = {
            "schema": SCHEMA,
            "layers": layers,
            "answers": dict(self.answers),
            "hooks_ran": list(self.hooks_ran),
            "standards": standards.digest(self.standards) if self.standards is not None else None,
            **({} if self.complete else {"complete": False}),
            "manifest": _listed(self.manifest),
        }
        return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _called(layer: Layer) -> dict[str, str]:
    return {"name": layer.name} if layer.name else {}


def _kind(layer: Layer) -> dict[str, str]:
    return {"kind": layer.kind} if layer.kind or not layer.name else {}


def _listed(manifest: Mapping[str, tuple[str, str, int]] | None) -> dict[str, list[object]] | None:
    return None if manifest is None else {path: list(entry) for path, entry in sorted(manifest.items())}


def record(
    template: Template, answers: Answers, rendering: Rendering, places: Sequence[Place], hooks: tuple[str, ...] = ()
) -> Record:
    """Return the record of a project that was rendered from `template`; `places` tell how each layer is named in it."""
    told = {question.name for question in template.questions if question.settable and not question.secret}
    kept = {name: value for name, value in answers.items() if name in told}
    layers = tuple(_layer(template, answers, number, place) for number, place in enumerate(places))
    rules = standards.combined(template.platforms)
    return Record(layers, kept, rendering.facts, hooks, rules, manifest(template, answers, rendering))


def manifest(template: Template, answers: Answers, rendering: Rendering) -> dict[str, tuple[str, str, int]]:
    """Return mode, blob and layer of each path of a rendering."""
    layers = {unit.name: unit.layer for unit in template.units(answers)} if template.above else {}
    return {
        path: (EXECUTABLE if e.executable else FILE, blob_id(e.data), layers.get(rendering.owners.get(path, ""), 0))
        for path, e in rendering.files.items()
    }


def _layer(template: Template, answers: Answers, number: int, place: Place) -> Layer:
    version, kind = template.platforms[number].version, "" if number else template.kind
    name = place.name if template.above else ""
    units = template.names(answers, number)
    return Layer(place.source, place.ref or None, kind, units, version.name, version.tree, version.commit, name)


def named(platform: Platform, target: Path) -> tuple[str, str]:
    """Return how a platform is recorded in the project at `target`, and a warning where others can't follow it."""
    from mlctl.tools.history import origin

    source = platform.source
    if source.kind is not Kind.FOLDER:
        here = source.location.lower().startswith("file:")
        return source.address, f"the platform lies on this machine, recorded as {source.address}{LOST}" if here else ""
    folder = Path(source.location)
    known = platform.version.commit is not None or (folder / ".git").exists()
    url = origin(folder) if known else ""  # GitPython is slow to come, and a plain folder has no origin
    if _shared(url, folder):
        return address(url), ""
    place = relative(source.location, target)
    return place, f"the platform is a folder without a remote 'origin', recorded as {place}{LOST}"


def _shared(url: str, folder: Path) -> bool:
    """Tell whether others reach `url` too."""
    try:
        return parse(url, folder).kind is Kind.REMOTE and not url.lower().startswith("file:")
    except BadSource:
        return False

"""A project as it is checked: its files, its repository's, and what it says of itself."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Protocol, TypeVar, cast

from mlctl.core.record import FOLDER, LOCK, PROJECT, SCHEMA
from mlctl.core.tree import EXECUTABLE, FILE, Sketch, Tree, blob_id
from mlctl.tools import yaml
from mlctl.tools.errors import Invalid

SHAPES: dict[str, type] = {"entry_points": dict, "evidence": dict, "attested": dict, "owned": list, "check": dict}
WAIVERS, BASELINE = f"{FOLDER}/waivers.yml", f"{FOLDER}/baseline.json"
Value = TypeVar("Value")


class View(Tree, Protocol):
    """A tree whose files have blob ids and sizes, and that can be streamed; `unread` says why some were not."""

    @property
    def unread(self) -> dict[str, str]:
        """Why some files could not be read, by path."""

    def blob(self, path: str) -> str:
        """Return the blob id of a file."""

    def stream(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the bytes of `paths`."""

    def sizes(self) -> dict[str, int]:
        """Return the size of each file in bytes."""

    def on_disk(self, path: str) -> bool:
        """Tell whether a path lies on the disk, tracked or not."""


@dataclass(frozen=True)
class Drawn(Sketch):
    """A sketch that can be checked; `untracked` lie on the disk and are not in the index."""

    untracked: frozenset[str] = frozenset()
    unread: dict[str, str] = field(default_factory=dict, compare=False)

    def blob(self, path: str) -> str:
        return blob_id(self.read(path))

    def stream(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return ((path, self.read(path)) for path in paths)

    def sizes(self) -> dict[str, int]:
        return {path: len(self.read(path)) for path in self.files}

    def on_disk(self, path: str) -> bool:
        return path in self.files or path in self.untracked


@dataclass(frozen=True)
class Project:
    """The files below `folder` of a repository, without those of projects nested in it."""

    repository: View
    folder: str = ""
    nested: tuple[str, ...] = ()
    _memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The regular files, relative to the project; those of a template that lies in it are none of them."""
        start = f"{self.folder}/" if self.folder else ""
        others = tuple(f"{folder}/" for folder in self.nested)
        return tuple(
            path[len(start) :]
            for path, mode in self.repository.modes().items()
            if mode in (FILE, EXECUTABLE) and path.startswith(start)
            if not (others and path.startswith(others)) and "{{" not in path
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """The paths, to be asked for one."""
        return frozenset(self.paths)

    def full(self, path: str) -> str:
        """Return the path of a file of the project in its repository."""
        return f"{self.folder}/{path}" if self.folder else path

    def find(self, *globs: str) -> list[str]:
        """Return the paths that match one of `globs` (`*` stays in a folder, `**` does not)."""
        return [path for path in self.paths if matches(path, globs)]

    def has(self, *globs: str) -> bool:
        """Tell whether a path matches one of `globs`."""
        return any(path in self.names for path in globs) or bool(self.find(*globs))

    def text(self, path: str) -> str:
        """Return the text of a file of the project, nothing where there is none; odd bytes are replaced."""
        return self.shared(self.full(path)) if path in self.names else ""

    def shared(self, path: str) -> str:
        """Return the text of a file anywhere in the repository."""
        if self.repository.modes().get(path) not in (FILE, EXECUTABLE):
            return ""
        self.watched.add(path)
        return self.repository.read(path).decode("utf-8-sig", "replace")

    @property
    def watched(self) -> set[str]:
        """The paths in the repository whose very bytes a rule has looked at."""
        return self.memo("watched", set)

    def blob(self, path: str) -> str:
        """Return the blob id of a file of the project."""
        self.watched.add(self.full(path))
        return self.repository.blob(self.full(path))

    def read(self, path: str) -> bytes:
        """Return the bytes of a file of the project."""
        self.watched.add(self.full(path))
        return self.repository.read(self.full(path))

    def texts(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the texts of files of the project, read together; odd bytes are replaced."""
        full = [self.full(path) for path in paths]
        self.watched.update(full)
        start = len(self.full("x")) - 1
        yield from ((p[start:], data.decode("utf-8-sig", "replace")) for p, data in self.repository.stream(full))

    def unadded(self, path: str) -> bool:
        """Tell whether a path lies on the disk and was not added to the index."""
        full = self.full(path)
        return full not in self.repository.modes() and self.repository.on_disk(full)

    def everywhere(self, *globs: str) -> list[str]:
        """Return the paths of the whole repository that match: CI, hooks and owners are the repository's."""
        modes = self.repository.modes()
        return [path for path, mode in modes.items() if mode in (FILE, EXECUTABLE) and matches(path, globs)]

    def memo(self, name: str, compute: Callable[[], Value]) -> Value:
        """Return `compute()`, computed once for this project."""
        if name not in self._memo:
            self._memo[name] = compute()
        return cast(Value, self._memo[name])

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What `.mlctl/project.yml` says; nothing where there is no record."""
        found = _yaml(self, PROJECT)
        for key, kind in SHAPES.items():
            if not isinstance(found.get(key) or kind(), kind):
                what = "a list" if kind is list else "a table"
                raise yaml.Malformed(self.full(PROJECT), self.line(PROJECT, f"{key}:"), f"'{key}' must be {what}")
        return found

    def line(self, path: str, start: str) -> int:
        """Return the number of the first line of a file that begins with `start`, 1 where none does."""
        lines = self.text(path).splitlines()
        return next((number for number, line in enumerate(lines, 1) if line.startswith(start)), 1)

    @property
    def recorded(self) -> bool:
        """Whether the project has a record."""
        return PROJECT in self.names

    @cached_property
    def lock(self) -> Mapping[str, Any]:
        """What `.mlctl/lock.json` says; nothing where there is none."""
        if LOCK not in self.names:
            return {}
        name = self.full(LOCK)
        found = yaml.mapping(yaml.load_json(self.repository.read(name), name), name)
        if found.get("schema") != SCHEMA:
            raise Invalid(f"{name}:1: its schema is not '{SCHEMA}'", "use the mlctl that wrote it, or a newer one")
        layers, manifest = found.get("layers") or [], found.get("manifest") or {}
        if not isinstance(manifest, dict) or not isinstance(layers, list):
            raise yaml.Malformed(name, 1, "'layers' must be a list and 'manifest' a table")
        if not all(isinstance(layer, dict) for layer in layers):
            raise yaml.Malformed(name, 1, "each of 'layers' must be a table")
        return found

    @cached_property
    def waivers(self) -> list[Any]:
        """The entries of `.mlctl/waivers.yml`."""
        if WAIVERS not in self.names:
            return []
        name = self.full(WAIVERS)
        found = yaml.load(self.repository.read(name), name, texts=True)
        if found is not None and not isinstance(found, list):
            raise yaml.Malformed(name, 1, "must be a list of waivers")
        return found or []

    @cached_property
    def baseline(self) -> frozenset[str]:
        """The fingerprints of findings that were there when the project came in."""
        if BASELINE not in self.names:
            return frozenset()
        name = self.full(BASELINE)
        found = yaml.mapping(yaml.load_json(self.repository.read(name), name), name).get("findings")
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise yaml.Malformed(name, 1, "'findings' must be a list of fingerprints")
        return frozenset(found)

    def entry(self, name: str) -> str:
        """Return the module that `entry_points` names for "train", "serve" or "features"; nothing where it does not."""
        points = self.facts.get("entry_points")
        found = points.get(name) if isinstance(points, Mapping) else None
        return found if isinstance(found, str) else ""


def projects(repository: View) -> list[Project]:
    """Return the projects of a repository: every folder with a record; the repository itself where there is none."""
    tail = f"/{PROJECT}"
    modes = repository.modes()
    folders = sorted(path[: -len(tail)] for path in modes if path.endswith(tail))
    folders = ([""] if PROJECT in modes else []) + folders
    if not folders:
        return [Project(repository)]
    return [Project(repository, one, tuple(f for f in folders if f != one and within(f, one))) for one in folders]


def within(path: str, folder: str) -> bool:
    """Tell whether `path` lies in `folder`; everything lies in ""."""
    return not folder or path == folder or path.startswith(folder + "/")


def matches(path: str, globs: Iterable[str]) -> bool:
    """Tell whether a path matches one of `globs`."""
    return any(_pattern(glob).match(path) for glob in globs)


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    """Return the regular expression of a glob: `**/` any folders, `**` anything, `*` and `?` inside a component."""
    out = []
    for piece in re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]+\])", glob):
        known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(piece)
        is_set = piece.startswith("[") and piece.endswith("]")
        out.append(known or (fnmatch.translate(piece)[4:-3] if is_set else re.escape(piece)))
    return re.compile("".join(out) + r"\Z", re.DOTALL)


def _yaml(project: Project, path: str) -> dict[str, Any]:
    if path not in project.names:
        return {}
    name = project.full(path)
    return yaml.mapping(yaml.load(project.repository.read(name), name), name)


def baseline(fingerprints: Iterable[str]) -> str:
    """Return the text of `.mlctl/baseline.json`."""
    return json.dumps({"schema": "mlctl.baseline/1", "findings": sorted(set(fingerprints))}, indent=1) + "\n"

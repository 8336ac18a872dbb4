"""Reads a project's record back, strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mlctl.core.record import LOCK, PROJECT, SCHEMA
from mlctl.tools import yaml
from mlctl.tools.errors import Invalid, printable
from mlctl.tools.files import safe

Manifest = dict[str, tuple[str, str, int]]
_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MODES = frozenset(["100644", "100755"])


class NewerSchema(Invalid):
    """A record that a newer mlctl wrote."""

    def __init__(self, name: str, schema: object) -> None:
        super().__init__(
            f"{name}:1: the schema is '{printable(str(schema))}', this mlctl reads '{SCHEMA}'",
            "install the newest mlctl, then try again",
        )


@dataclass(frozen=True)
class Wanted:
    """What people want of one platform: `units` is empty for a plain template."""

    source: str
    ref: str = ""
    kind: str = ""
    units: tuple[str, ...] = ()
    called: str = ""

    @property
    def name(self) -> str:
        """How the layer is called: as it says, else as its source ends."""
        return self.called or ending(self.source)


@dataclass(frozen=True)
class Given:
    """What one platform gave last: its version, and the units that were taken."""

    source: str
    version: str
    tree: str
    commit: str
    kind: str
    units: tuple[str, ...]
    called: str = ""

    @property
    def name(self) -> str:
        """How the layer is called: as it says, else as its source ends."""
        return self.called or ending(self.source)


_L = TypeVar("_L", Wanted, Given)


@dataclass(frozen=True)
class Intent:
    """What people want of their project: its layers, answers, and globs that no upgrade touches."""

    layers: tuple[Wanted, ...]
    answers: Mapping[str, Any]
    skip: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """What the machine wrote last: where the files came from; `manifest` is nothing where they were never rendered."""

    layers: tuple[Given, ...]
    answers: Mapping[str, Any]
    hooks_ran: tuple[str, ...] = ()
    manifest: Manifest | None = field(default_factory=dict)
    standards: str | None = None
    complete: bool = True

    @property
    def first(self) -> Given:
        """The first layer: the one with base and kind."""
        return self.layers[0]

    @property
    def units(self) -> tuple[str, ...]:
        """The units of all layers."""
        return tuple(name for layer in self.layers for name in layer.units)


def ending(source: str) -> str:
    """Return the last word of a source: "platform" for "https://git.example.org/ml/platform.git"."""
    return re.split(r"[/:]", source.rstrip("/"))[-1].removesuffix(".git") or source


def intent(data: bytes, name: str = PROJECT) -> Intent:
    """Return what `project.yml` says; raise `Malformed` with file and line."""
    said = yaml.mapping(yaml.load(data, name), name)
    layers = tuple(_wanted(layer, data, name) for layer in _layers(said, data, name))
    answers = {} if said.get("answers") is None else said["answers"]
    skip = [] if said.get("skip") is None else said["skip"]
    _want(isinstance(answers, dict), name, data, "answers", "must be a mapping of questions to answers")
    _want(_texts(skip), name, data, "skip", "must be a list of globs")
    return Intent(_told_apart(layers, data, name), answers, tuple(skip))


def _wanted(layer: dict[str, Any], data: bytes, name: str) -> Wanted:
    ref = layer.get("ref")
    _want(ref is None or isinstance(ref, (str, int, float)), name, data, "ref", "must be a tag, branch or commit")
    source, kind, units = layer.get("source"), layer.get("kind") or "", layer.get("units") or []
    _want(isinstance(source, str) and bool(source), name, data, "source", "must name the platform")
    _want(isinstance(kind, str), name, data, "kind", "must be a name")
    _want(_texts(units), name, data, "units", "must be a list of names")
    return Wanted(str(source), "" if ref is None else str(ref), kind, tuple(units), _called(layer, data, name))


def fact(data: bytes, name: str = LOCK) -> Fact:
    """Return what `lock.json` says; raise `Malformed`, or `NewerSchema` for one of a newer mlctl."""
    said = yaml.load_json(data, name)
    _want(isinstance(said, dict), name, data, "", "must be an object")
    if said.get("schema") != SCHEMA:
        raise NewerSchema(name, said.get("schema"))
    layers = tuple(_given(layer, data, name) for layer in _layers(said, data, name))
    answers, hooks, digest = said.get("answers", {}), said.get("hooks_ran", []), said.get("standards")
    _want(isinstance(answers, dict), name, data, "answers", "must be an object")
    _want(_texts(hooks), name, data, "hooks_ran", "must be a list of paths")
    manifest = _manifest(said.get("manifest"), len(layers), data, name)
    return Fact(
        _told_apart(layers, data, name), answers, tuple(hooks), manifest, digest if isinstance(digest, str) else None,
        said.get("complete") is not False,
    )  # fmt: skip


def _given(layer: dict[str, Any], data: bytes, name: str) -> Given:
    for key in ("source", "version", "tree", "kind"):
        _want(isinstance(layer.get(key), str), name, data, key, f"'{key}' must be a text")
    tree, commit, units = layer["tree"], layer.get("commit") or "", layer.get("units") or []
    _want(bool(_OBJECT.fullmatch(tree)), name, data, "tree", "must be the id of a git tree")
    _want(commit == "" or bool(_OBJECT.fullmatch(str(commit))), name, data, "commit", "must be the id of a git commit")
    _want(_texts(units), name, data, "units", "must be a list of names")
    called = _called(layer, data, name)
    return Given(layer["source"], layer["version"], tree, commit, layer["kind"], tuple(units), called)


def _layers(said: dict[str, Any], data: bytes, name: str) -> list[dict[str, Any]]:
    layers = said.get("layers")
    _want(isinstance(layers, list) and bool(layers), name, data, "layers", "'layers' must be a list of platforms")
    _want(all(isinstance(one, dict) for one in layers or ()), name, data, "layers", "a layer must be a mapping")
    return list(layers or ())


def _called(layer: dict[str, Any], data: bytes, name: str) -> str:
    called = layer.get("name") or ""
    _want(isinstance(called, str) and called.isprintable(), name, data, "name", "must be what the layer is called")
    return str(called)


def _told_apart(layers: tuple[_L, ...], data: bytes, name: str) -> tuple[_L, ...]:
    names = [layer.name for layer in layers]
    twice = next((one for one in names if names.count(one) > 1), "")
    _want(not twice, name, data, "layers", f"two layers are called '{twice}': give them a 'name'")
    return layers


def _manifest(said: Any, layers: int, data: bytes, name: str) -> Manifest | None:
    if said is None:
        return None
    _want(isinstance(said, dict), name, data, "manifest", "must be an object")
    found: Manifest = {}
    for path, entry in said.items():
        _want(safe(path), name, data, path, f"'{path}' is no path of a project")
        good = isinstance(entry, list) and len(entry) == 3 and entry[0] in _MODES and isinstance(entry[2], int)
        _want(good and bool(_OBJECT.fullmatch(str(entry[1]))), name, data, path, "must be [mode, blob, layer]")
        _want(0 <= entry[2] < layers, name, data, path, f"names the layer {entry[2]}, and there are {layers}")
        found[path] = (entry[0], entry[1], entry[2])
    return found


def _texts(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, str) for v in value)


def _want(good: bool, name: str, data: bytes, key: str, why: str) -> None:
    if not good:
        at = data.find(key.encode("utf-8", "replace")) if key else -1
        raise yaml.Malformed(name, data.count(b"\n", 0, at) + 1 if at >= 0 else 1, why)

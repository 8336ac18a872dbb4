"""Reads a project's record back, strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
class Intent:
    """What people want of a layer: `units` is empty for a plain template, `skip` are globs that no upgrade touches."""

    source: str
    ref: str
    kind: str
    units: tuple[str, ...]
    answers: Mapping[str, Any]
    skip: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """What the machine wrote last: where the files came from; `manifest` is nothing where they were never rendered."""

    source: str
    version: str
    tree: str
    commit: str
    kind: str
    units: tuple[str, ...]
    answers: Mapping[str, Any]
    hooks_ran: tuple[str, ...] = ()
    manifest: Manifest | None = field(default_factory=dict)
    standards: str | None = None


def intent(data: bytes, name: str = PROJECT) -> Intent:
    """Return what `project.yml` says; raise `Malformed` with file and line."""
    said = yaml.mapping(yaml.load(data, name), name)
    layer = _layer(said, data, name)
    answers = {} if said.get("answers") is None else said["answers"]
    skip = [] if said.get("skip") is None else said["skip"]
    _want(isinstance(answers, dict), name, data, "answers", "must be a mapping of questions to answers")
    _want(_texts(skip), name, data, "skip", "must be a list of globs")
    ref = layer.get("ref")
    _want(ref is None or isinstance(ref, (str, int, float)), name, data, "ref", "must be a tag, branch or commit")
    source, kind, units = layer.get("source"), layer.get("kind") or "", layer.get("units") or []
    _want(isinstance(source, str) and bool(source), name, data, "source", "must name the platform")
    _want(isinstance(kind, str), name, data, "kind", "must be a name")
    _want(_texts(units), name, data, "units", "must be a list of names")
    return Intent(str(source), "" if ref is None else str(ref), kind, tuple(units), answers, tuple(skip))


def fact(data: bytes, name: str = LOCK) -> Fact:
    """Return what `lock.json` says; raise `Malformed`, or `NewerSchema` for one of a newer mlctl."""
    said = yaml.load_json(data, name)
    _want(isinstance(said, dict), name, data, "", "must be an object")
    if said.get("schema") != SCHEMA:
        raise NewerSchema(name, said.get("schema"))
    layer = _layer(said, data, name)
    for key in ("source", "version", "tree", "kind"):
        _want(isinstance(layer.get(key), str), name, data, key, f"'{key}' must be a text")
    tree, commit, units = layer["tree"], layer.get("commit") or "", layer.get("units") or []
    _want(bool(_OBJECT.fullmatch(tree)), name, data, "tree", "must be the id of a git tree")
    _want(commit == "" or bool(_OBJECT.fullmatch(str(commit))), name, data, "commit", "must be the id of a git commit")
    _want(_texts(units), name, data, "units", "must be a list of names")
    answers, hooks, digest = said.get("answers", {}), said.get("hooks_ran", []), said.get("standards")
    _want(isinstance(answers, dict), name, data, "answers", "must be an object")
    _want(_texts(hooks), name, data, "hooks_ran", "must be a list of paths")
    manifest = _manifest(said.get("manifest"), data, name)
    return Fact(
        layer["source"], layer["version"], tree, commit, layer["kind"], tuple(units), answers, tuple(hooks), manifest,
        digest if isinstance(digest, str) else None,
    )  # fmt: skip


def _layer(said: dict[str, Any], data: bytes, name: str) -> dict[str, Any]:
    layers = said.get("layers")
    _want(isinstance(layers, list) and bool(layers), name, data, "layers", "'layers' must be a list of platforms")
    _want(len(layers or []) == 1, name, data, "layers", "this mlctl reads one layer")
    first = (layers or [None])[0]
    _want(isinstance(first, dict), name, data, "layers", "a layer must be a mapping")
    return dict(first or {})


def _manifest(said: Any, data: bytes, name: str) -> Manifest | None:
    if said is None:
        return None
    _want(isinstance(said, dict), name, data, "manifest", "must be an object")
    found: Manifest = {}
    for path, entry in said.items():
        _want(safe(path), name, data, path, f"'{printable(path)}' is no path of a project")
        good = isinstance(entry, list) and len(entry) == 3 and entry[0] in _MODES and isinstance(entry[2], int)
        _want(good and bool(_OBJECT.fullmatch(str(entry[1]))), name, data, path, "must be [mode, blob, layer]")
        found[path] = (entry[0], entry[1], entry[2])
    return found


def _texts(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, str) for v in value)


def _want(good: bool, name: str, data: bytes, key: str, why: str) -> None:
    if not good:
        at = data.find(key.encode("utf-8", "replace")) if key else -1
        raise yaml.Malformed(name, data.count(b"\n", 0, at) + 1 if at >= 0 else 1, why)

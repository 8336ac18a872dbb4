"""What a project is, how far behind it is, which files its team made its own, and an upgrade that waits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlctl.core.platform import find
from mlctl.core.source import Kind, address, parse
from mlctl.tools import files, yaml
from mlctl.tools.console import Console
from mlctl.tools.errors import MlctlError, printable
from mlctl.upgrade import journal, releases
from mlctl.upgrade.project import InTheWay, Project, locate, open_project
from mlctl.upgrade.recover import staged, unmerged

WAIVERS = ".mlctl/waivers.yml"


@dataclass(frozen=True)
class Standing:
    """A layer of a project: `newest` is nothing where its platform was not asked, `why_not` says why.

    `log` is the platform's changelog from its version to the newest.
    """

    name: str
    source: str
    version: str
    tree: str
    kind: str
    units: tuple[str, ...]
    newest: str = ""
    lag: int | None = None
    why_not: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """The state of a project, its first layer first; `waiting` is the end of an upgrade, `unmerged` its open paths."""

    project: str
    layers: tuple[Standing, ...]
    edited: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    waivers: int = 0
    waiting: str = ""
    unmerged: tuple[str, ...] = ()

    @property
    def current(self) -> bool:
        """Whether the project is at the newest versions, unfinished upgrades aside."""
        return not self.waiting and not any(layer.lag for layer in self.layers)


def status(here: Path, fetch: bool) -> Status:
    """Return the state of the project at `here`; the platform is asked over the network only where `fetch`."""
    project = open_project(locate(here))
    made = journal.load(project)
    if made is not None and made.phase != journal.APPLIED:
        raise InTheWay("an earlier upgrade was stopped half-way", "run `mlctl upgrade` to finish it")
    own = made is not None and made.head == project.head and made.prefix == project.prefix
    waiting = made.end if made is not None and own and staged(project, made) else ""
    fact = project.fact
    layers = tuple(_standing(project, number, fetch) for number in range(len(fact.layers)))
    manifest, head = fact.manifest or {}, project.entries
    edited = tuple(sorted(path for path, entry in manifest.items() if path in head and head[path] != entry[:2]))
    deleted = tuple(sorted(path for path in manifest if path not in head))
    return Status(project.root.name, layers, edited, deleted, _waivers(project.root), waiting,
                  tuple(unmerged(project)) if waiting else ())  # fmt: skip


def _standing(project: Project, number: int, fetch: bool) -> Standing:
    was = project.fact.layers[number]
    wanted = [one for one in project.intent.layers if one.name == was.name] if number else project.intent.layers
    known = Standing(was.name, address(was.source), was.version, was.tree, was.kind, was.units)
    source, ref = (wanted[0].source, wanted[0].ref) if wanted else (was.source, "")
    return _newest(project, source, "" if releases.is_release(ref) else ref, known, fetch)


def _newest(project: Project, named: str, ref: str, was: Standing, fetch: bool) -> Standing:
    """Return a layer with its newest version, how many releases lie between and what they say, or why none is known.

    A layer that follows a branch or stays at a commit by its `ref` is held against that.
    """
    try:
        source = parse(named, project.root)
        if source.kind is Kind.REMOTE and not fetch:
            return replace(was, why_not="the platform was not asked: use --fetch")
        found = find(source, ref, ahead=False)
        if found.stale:
            return replace(was, why_not=f"the platform can't be reached ({printable(found.stale)})")
        if found.version.tree == was.tree or releases.precedes(found.version.name, was.version):
            return replace(was, newest=was.version, lag=0)
        lag, log = releases.between(found, was.version), releases.changelog(found, was.version, found.version.name)
        return replace(was, newest=found.version.name, lag=lag, log=tuple(log))
    except MlctlError as error:
        return replace(was, why_not=error.sentence)


def _waivers(root: Path) -> int:
    path = root / WAIVERS
    if not path.is_file() or path.is_symlink():
        return 0
    said: Any = yaml.load(files.read_bounded(path, yaml.LIMIT, WAIVERS), WAIVERS)
    found = said.get("waivers") if isinstance(said, dict) else said
    return len(found) if isinstance(found, list) else 0


def show(found: Status, as_json: bool, console: Console) -> None:
    """Print the state of a project, or JSON alone."""
    if as_json:
        console.document(json.dumps(_json(found), indent=2, ensure_ascii=False))
        return
    first = found.layers[0]
    console.result(f"{printable(found.project)}: {_made(first)}")
    if found.waiting:
        way = "resolve, `git add`" if found.unmerged else "commit"
        rest = f" but for {_some(found.unmerged, 'not resolved')}" if found.unmerged else ""
        console.result(f"  upgrade   to {found.waiting} is staged{rest}: {way}, `--continue` or `--abort`")
    console.result(f"  version   {_version(first)}")
    _log(first, console)
    for layer in found.layers[1:]:
        console.result(f"  layer     {printable(layer.name)}: {_made(layer)}")
        console.result(f"            {_version(layer)}")
        _log(layer, console)
    console.result(f"  yours     {_some(found.edited, 'edited')}{_some(found.deleted, 'deleted', ', ')}")
    if found.waivers:
        console.result(f"  waivers   {found.waivers}")


def _log(layer: Standing, console: Console) -> None:
    """Print the changelog of what would come."""
    for line in filter(str.strip, layer.log):
        console.result(f"            | {line}")


def _made(layer: Standing) -> str:
    units = f" ({', '.join(layer.units)})" if layer.units else ""
    return f"{printable(layer.source)} {layer.version}{units}"


def _version(layer: Standing) -> str:
    if layer.newest and not layer.lag:
        return "up to date"
    if layer.newest == layer.version:
        return f"{layer.newest} holds other files by now: see `mlctl upgrade --dry-run`"
    if not layer.newest:
        return f"unknown: {printable(layer.why_not)}"
    many = f", {layer.lag} release{'s' * (layer.lag != 1)} ahead" if layer.lag else ""
    return f"{layer.newest} is there{many}: see `mlctl upgrade --dry-run`"


def _some(paths: Iterable[str], word: str, before: str = "") -> str:
    listed = [printable(path) for path in paths]
    if not listed:
        return f"{before}none {word}"
    return f"{before}{len(listed)} {word} ({', '.join(listed[:4])}{', …' if len(listed) > 4 else ''})"


def _json(found: Status) -> dict[str, object]:
    """Return the state as data: what the first layer says stands at the top too."""
    layers = [_layer(one) for one in found.layers]
    first = {key: value for key, value in layers[0].items() if key != "name"}
    return {
        "schema": "mlctl.status/1",
        "project": found.project,
        **first,
        "current": found.current,
        "edited": list(found.edited),
        "deleted": list(found.deleted),
        "waivers": found.waivers,
        "unfinished": found.waiting or None,
        "unresolved": list(found.unmerged),
        "layers": layers,
    }


def _layer(one: Standing) -> dict[str, object]:
    return {
        "name": one.name, "platform": one.source, "version": one.version, "tree": one.tree, "kind": one.kind,
        "units": list(one.units), "newest": one.newest or None, "lag": one.lag, "why_unknown": one.why_not or None,
        "changelog": list(one.log),
    }  # fmt: skip

"""What a project is, how far behind it is, which files its team made its own, and an upgrade that waits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlctl.core.platform import find
from mlctl.core.source import Kind, address, parse
from mlctl.tools import files, yaml
from mlctl.tools.console import Console
from mlctl.tools.errors import MlctlError, printable
from mlctl.upgrade import journal, releases
from mlctl.upgrade.project import InTheWay, Project, locate, open_project

WAIVERS = ".mlctl/waivers.yml"


@dataclass(frozen=True)
class Status:
    """The state of a project: `newest` is nothing where the platform was not asked, `waiting` the end of an upgrade."""

    project: str
    source: str
    version: str
    tree: str
    kind: str
    units: tuple[str, ...]
    newest: str = ""
    lag: int | None = None
    edited: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    waivers: int = 0
    waiting: str = ""
    why_not: str = ""

    @property
    def current(self) -> bool:
        """Whether the project is at the newest version, unfinished upgrades aside."""
        return not self.waiting and not self.lag


def status(here: Path, fetch: bool) -> Status:
    """Return the state of the project at `here`; the platform is asked over the network only where `fetch`."""
    project = open_project(locate(here))
    made = journal.load(project)
    if made is not None and made.phase != journal.APPLIED:
        raise InTheWay("an earlier upgrade was stopped half-way", "run `mlctl upgrade` to finish it")
    waiting = "" if made is None or made.head != project.head else made.end
    fact = project.fact
    newest, lag, why_not = _newest(project, fetch)
    manifest, head = fact.manifest or {}, project.entries
    edited = tuple(sorted(path for path, entry in manifest.items() if path in head and head[path] != entry[:2]))
    deleted = tuple(sorted(path for path in manifest if path not in head))
    return Status(
        project.root.name, address(fact.source), fact.version, fact.tree, fact.kind, fact.units, newest, lag, edited,
        deleted,
        _waivers(project.root), waiting, why_not,
    )  # fmt: skip


def _newest(project: Project, fetch: bool) -> tuple[str, int | None, str]:
    """Return the newest version, how many releases lie between, and why neither is known."""
    fact = project.fact
    try:
        source = parse(project.intent.source, project.root)
        if source.kind is Kind.REMOTE and not fetch:
            return "", None, "the platform was not asked: use --fetch"
        found = find(source)
        if found.stale:
            return "", None, f"the platform can't be reached ({printable(found.stale)})"
        if found.version.tree == fact.tree or releases.precedes(found.version.name, fact.version):
            return fact.version, 0, ""
        return found.version.name, releases.between(found, fact.version), ""
    except MlctlError as error:
        return "", None, error.sentence


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
    made = f" ({', '.join(found.units)})" if found.units else ""
    console.result(f"{printable(found.project)}: {printable(found.source)} {found.version}{made}")
    if found.waiting:
        console.result(f"  upgrade   to {found.waiting} is staged: commit, `--continue` or `--abort`")
    if found.newest == found.version or (found.newest and found.lag == 0):
        console.result("  version   up to date")
    elif found.newest:
        many = f", {found.lag} release{'s' * (found.lag != 1)} ahead" if found.lag else ""
        console.result(f"  version   {found.newest} is there{many}: see `mlctl upgrade --dry-run`")
    else:
        console.result(f"  version   unknown: {printable(found.why_not)}")
    console.result(f"  yours     {_some(found.edited, 'edited')}{_some(found.deleted, 'deleted', ', ')}")
    if found.waivers:
        console.result(f"  waivers   {found.waivers}")


def _some(paths: Iterable[str], word: str, before: str = "") -> str:
    listed = [printable(path) for path in paths]
    if not listed:
        return f"{before}none {word}"
    return f"{before}{len(listed)} {word} ({', '.join(listed[:4])}{', …' if len(listed) > 4 else ''})"


def _json(found: Status) -> dict[str, object]:
    return {
        "schema": "mlctl.status/1",
        "project": found.project,
        "platform": found.source,
        "version": found.version,
        "tree": found.tree,
        "kind": found.kind,
        "units": list(found.units),
        "newest": found.newest or None,
        "lag": found.lag,
        "current": found.current,
        "edited": list(found.edited),
        "deleted": list(found.deleted),
        "waivers": found.waivers,
        "unfinished": found.waiting or None,
        "why_unknown": found.why_not or None,
    }

"""Who is champion: promotion through the gate, the archive, the way back."""

import shutil
from dataclasses import replace
from pathlib import Path

from . import bundle, tracking
from .bundle import Manifest
from .config import Workspace
from .datasets import Data
from .errors import Exit, ProjectError
from .gate import Verdict, judge_challenger


def promote(workspace: Workspace, data: Data | None = None) -> tuple[Manifest, Verdict]:
    """The challenger becomes champion if the gate lets it; the old one goes to the archive."""
    verdict = judge_challenger(workspace, data)
    if not verdict.passed:
        raise verdict.error
    manifest = bundle.read(workspace.challenger)
    champion = current(workspace)
    if champion and champion.run_id == manifest.run_id:
        return champion, verdict
    manifest = replace(manifest, version=tracking.register(workspace, manifest))
    aside = workspace.build / "champion.new"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(workspace.challenger, aside, ignore=shutil.ignore_patterns("__pycache__"))
    bundle.stamp(aside, manifest)
    _enthrone(workspace, aside)
    return manifest, verdict


def rollback(workspace: Workspace, version: str | None = None) -> Manifest:
    """An earlier champion is champion again: the one before, or the version named."""
    now, earlier = current(workspace), archived(workspace)
    if version is not None:
        found = [folder for folder, manifest in earlier if manifest.version == version]
    else:
        found = [f for f, m in earlier if now is None or m.created_at < now.created_at]
    if not found:
        known = ", ".join(manifest.version for _, manifest in earlier) or "no version"
        what = f"version {version}" if version else "earlier champion"
        hint = f"the archive holds {known}"
        raise ProjectError(f"there is no {what} to go back to", hint, Exit.CANNOT)
    manifest = bundle.read(found[-1])
    _enthrone(workspace, found[-1])
    tracking.restore(workspace, manifest)
    return manifest


def current(workspace: Workspace) -> Manifest | None:
    """The manifest of the champion, if there is one."""
    if not (workspace.champion / "MANIFEST.json").is_file():
        return None
    return bundle.read(workspace.champion, verify=False)


def archived(workspace: Workspace) -> list[tuple[Path, Manifest]]:
    """Earlier champions, the oldest first."""
    folders = [path.parent for path in workspace.archive.glob("*/MANIFEST.json")]
    found = [(folder, bundle.read(folder, verify=False)) for folder in folders]
    return sorted(found, key=lambda pair: pair[1].created_at)


def _enthrone(workspace: Workspace, aside: Path) -> None:
    """Swap by renaming: a half-written champion is never seen."""
    now = current(workspace)
    arrives = aside.rename(workspace.build / "champion.next")
    if now:
        place = workspace.archive / now.version
        if place.exists():  # the registry was begun anew and counts from one again
            place = place.with_name(f"{now.version}-{now.digest[:8]}")
        workspace.archive.mkdir(exist_ok=True)
        workspace.champion.rename(place)
    arrives.rename(workspace.champion)

"""Who is champion: what it says under its own code, who was before, and the way back."""

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from . import bundle, tracking
from .bundle import Manifest
from .config import Workspace
from .errors import COMMAND, Exit, ProjectError


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


def next_version(registered: str, reigning: Manifest | None) -> str:
    """The registry's number, or the one after the champion's where the registry began anew."""
    now = reigning.version if reigning else ""
    if registered.isdecimal() and now.isdecimal() and int(registered) <= int(now):
        return str(int(now) + 1)
    return registered


def enthrone(workspace: Workspace, manifest: Manifest) -> None:
    """The challenger's bundle becomes champion under its registered version."""
    aside = workspace.build / "champion.new"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(workspace.challenger, aside, ignore=shutil.ignore_patterns("__pycache__"))
    bundle.stamp(aside, manifest)
    swap(workspace, aside)


def rollback(workspace: Workspace, version: str | None = None) -> Manifest:
    """An earlier champion is champion again: the one before, or the version named."""
    now, earlier = current(workspace), archived(workspace)
    if version is not None:
        found = [folder for folder, manifest in earlier if manifest.version == version]
    else:
        found = [f for f, m in earlier if now is None or m.created_at < now.created_at]
    if not found:
        known = ", ".join(manifest.version for _, manifest in earlier)
        what = f"version {version}" if version else "earlier champion"
        hint = f"`{COMMAND} rollback --to VERSION` takes one of {known}"
        hint = hint if known else "the archive is empty: only a second promotion fills it"
        raise ProjectError(f"there is no {what} to go back to", hint, Exit.CANNOT)
    manifest = bundle.read(found[-1])
    swap(workspace, found[-1])
    tracking.restore(workspace, manifest)
    return manifest


def scores(folder: Path, rows: pd.DataFrame, kept: Path | None = None) -> pd.DataFrame:
    """What the bundle predicts for the rows; the folder `kept` remembers."""
    manifest = bundle.read(folder)
    total = hashlib.sha256(pd.util.hash_pandas_object(rows).to_numpy().tobytes()).hexdigest()
    known = kept / f"{manifest.digest[:16]}-{total[:16]}.csv" if kept else None
    if known and known.is_file():
        return _read(known, rows)
    with tempfile.TemporaryDirectory() as aside:
        given, told = Path(aside) / "rows.csv", Path(aside) / "scores.csv"
        rows.to_csv(given, index=False)
        run(folder, given, told)
        if known:
            known.parent.mkdir(parents=True, exist_ok=True)
            known.write_bytes(told.read_bytes())
        return _read(told, rows)


def explain(folder: Path, rows: pd.DataFrame, of: str | None = None) -> list[dict[str, Any]]:
    """Why the bundle scores each of the rows as it does, see explain.py."""
    source = folder / "source" / bundle.read(folder).package
    if not (source / "platform" / "explain.py").is_file():
        sentence = f"{folder} was made before this project could explain"
        hint = f"run `{COMMAND} train`, then `{COMMAND} promote`"
        raise ProjectError(sentence, hint, Exit.CANNOT)
    with tempfile.TemporaryDirectory() as aside:
        given, told = Path(aside) / "rows.csv", Path(aside) / "explanations.json"
        rows.to_csv(given, index=False)
        run(folder, given, told, "explain", *([] if of is None else [of]))
        found: list[dict[str, Any]] = json.loads(told.read_text(encoding="utf-8"))
        return found


def run(folder: Path, given: Path, told: Path, module: str = "bundle", *more: str) -> None:
    """Turn a CSV file into another file, by a module of the code inside the bundle."""
    done = subprocess.run(
        [*bundle.command(folder, module), str(folder), str(given), str(told), *more],
        env=bundle.environment(folder),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [""]
        if lines[0].startswith("error: "):
            hint = lines[-1].removeprefix(" hint: ")
            raise ProjectError(lines[0].removeprefix("error: "), hint, done.returncode)
        hint = f"look into the code that the bundle carries, {folder / 'source'}"
        raise ProjectError(f"the code of {folder} broke: {lines[-1]}", hint, Exit.CANNOT)


def swap(workspace: Workspace, aside: Path) -> None:
    """Swap by renaming: a half-written champion is never seen; the old one goes to the archive."""
    arrives = workspace.build / "champion.next"
    if arrives.exists():  # left behind by a swap that was killed
        _shelve(workspace, arrives)
    aside.rename(arrives)
    if current(workspace):
        _shelve(workspace, workspace.champion)
    arrives.rename(workspace.champion)


def _shelve(workspace: Workspace, folder: Path) -> None:
    """A bundle goes to the archive under its version."""
    manifest = bundle.read(folder, verify=False)
    place = workspace.archive / manifest.version
    if place.exists() and bundle.read(place, verify=False).digest != manifest.digest:
        # The registry began anew and counts from one again.
        place = place.with_name(f"{manifest.version}-{manifest.digest[:8]}")
    shutil.rmtree(place, ignore_errors=True)
    workspace.archive.mkdir(exist_ok=True)
    folder.rename(place)


def _read(path: Path, rows: pd.DataFrame) -> pd.DataFrame:
    found = pd.read_csv(path, dtype={"prediction": str}, float_precision="round_trip")
    return found.set_axis(rows.index)

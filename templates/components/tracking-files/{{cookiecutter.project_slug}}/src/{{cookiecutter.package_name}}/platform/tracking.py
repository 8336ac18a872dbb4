"""Tracking and registry, filled by plain files: a folder for a run, a file for a model version."""

import datetime as dt
import json
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .bundle import Manifest
from .config import Params, Workspace
from .errors import COMMAND, Exit, ProjectError
from .runs import Run, settings

if TYPE_CHECKING:  # it brings scikit-learn along, and `predict` and `rollback` shall start at once
    from .evaluate import Evaluation

ALIAS = "champion"
FOLDER = "TRACKING_FOLDER"  # the variable that names a shared folder
IGNORED = "# Runs are made anew by training; git keeps what made them.\n*\n"
RUN = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")


def log(
    workspace: Workspace,
    manifest: Manifest,
    params: Params,
    chosen: str,
    judged: "Evaluation",
    _: Any,
) -> str:
    """Record a training run with its bundle, which holds the model too; the run's id."""
    now = dt.datetime.now(dt.UTC)
    run = f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
    aside = _store(workspace, manifest.name, "runs") / f".{run}"
    shutil.copytree(workspace.challenger, aside / "bundle")
    told = {
        "id": run,
        "started_at": now.isoformat(timespec="seconds"),
        "params": settings(params, chosen),
        "metrics": judged.metrics,
        "baseline": judged.baseline,
        "data": manifest.data,
        "digest": manifest.digest,
        "git_commit": manifest.git_commit,
        "git_dirty": manifest.git_dirty,
        "lock_sha256": manifest.lock_sha256,
    }
    (aside / "run.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    aside.rename(aside.with_name(run))  # a run is there as a whole or not at all
    return run


def find(workspace: Workspace, name: str, run: str | None) -> Run:
    """The recorded run of an id, or the latest; raises where there is none, or one of others."""
    there = _store(workspace, name, "runs")
    if run is None:
        found = sorted(path.name for path in there.iterdir() if RUN.fullmatch(path.name))
        if not found:
            raise ProjectError("no run is recorded", f"run `{COMMAND} train`", Exit.CANNOT)
        run = found[-1]
    if not RUN.fullmatch(run) or not (there / run).is_dir():
        hint = f"`{COMMAND} train` records runs and tells their ids; see also {FOLDER}"
        raise ProjectError(f"no run {run} is recorded", hint, Exit.CANNOT)
    bundle = there / run / "bundle"
    try:
        params = json.loads((there / run / "run.json").read_bytes())["params"]
        files = [
            json.loads((bundle / file).read_bytes()) for file in ("MANIFEST.json", "metrics.json")
        ]
    except (OSError, ValueError, KeyError):
        hint = "name a run of this project that came to its end"
        raise ProjectError(f"the run {run} holds no bundle", hint, Exit.CANNOT) from None
    return Run(run, params, *files)


def register(workspace: Workspace, manifest: Manifest) -> str:
    """Give the run's model a version that nobody else can take, and name it the champion."""
    there = _store(workspace, manifest.name, "versions")
    told = json.dumps({"run": manifest.run_id, "digest": manifest.digest}, indent=2) + "\n"
    number = max(_versions(there), default=0)
    while True:
        number += 1
        try:
            with (there / f"{number}.json").open("x", encoding="utf-8") as file:
                file.write(told)
        except FileExistsError:
            continue
        _crown(there, number)
        return str(number)


def restore(workspace: Workspace, manifest: Manifest) -> None:
    """Name an earlier version the champion again, if the registry knows it."""
    there = _store(workspace, manifest.name, "versions")
    same = [n for n, version in _versions(there).items() if version["digest"] == manifest.digest]
    if same:  # by digest, since a registry that began anew counts otherwise
        wanted = int(manifest.version) if manifest.version in map(str, same) else max(same)
        _crown(there, wanted)


def champion(workspace: Workspace, name: str) -> dict[str, Any] | None:
    """The version that is named the champion: its number, run and digest; nothing where none is."""
    there = _store(workspace, name, "versions")
    try:
        number = (there / ALIAS).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return {"version": number, **_versions(there)[int(number)]}


def uri(workspace: Workspace) -> str:
    """Where runs are recorded; a rehearsal never leaves the machine."""
    return _home(workspace).as_uri()


def _home(workspace: Workspace) -> Path:
    elsewhere = "" if workspace.rehearsal else os.environ.get(FOLDER, "")
    return (workspace.root / elsewhere if elsewhere else workspace.store / "runs").resolve()


def _store(workspace: Workspace, name: str, part: str) -> Path:
    """The folder of a part of the store, made where it is not there; git does not see it."""
    home = _home(workspace)
    there = home / name / part
    if not there.is_dir():
        there.mkdir(parents=True, exist_ok=True)
        (home / ".gitignore").write_text(IGNORED, encoding="utf-8")
    return there


def _versions(there: Path) -> dict[int, dict[str, Any]]:
    found = {int(p.stem): p for p in there.glob("*.json") if p.stem.isdecimal()}
    return {number: json.loads(found[number].read_bytes()) for number in sorted(found)}


def _crown(there: Path, number: int) -> None:
    aside = there / f".{ALIAS}-{secrets.token_hex(4)}"
    aside.write_text(f"{number}\n", encoding="utf-8")
    aside.replace(there / ALIAS)

"""What other commands have shown: SARIF of other tools, and the project's own machine-readable results."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.tools import files, programs, yaml
from mlctl.tools.console import Console
from mlctl.tools.errors import Invalid, Unable, printable

LARGEST = 50_000_000
SECONDS = 1800


@dataclass(frozen=True)
class Evidence:
    """SARIF `runs` of other tools, and `documents`, the results of the project's own commands, by name."""

    runs: tuple[Any, ...] = ()
    documents: Mapping[str, Any] = field(default_factory=dict)


def gathered(folder: Path) -> Evidence:
    """Return what lies in `folder`: `*.sarif` are runs, `*.json` documents; raise `Malformed` for what is neither."""
    runs: list[Any] = []
    documents: dict[str, Any] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".sarif" or path.name.endswith(".sarif.json"):
            said = _json(path)
            runs += said.get("runs") or [] if isinstance(said, Mapping) else []
        elif path.suffix == ".json":
            documents[path.stem] = _json(path)
    return Evidence(tuple(runs), documents)


def _json(path: Path) -> Any:
    import json

    data = files.read_bounded(path, LARGEST, "a report")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise yaml.Malformed(str(path), getattr(error, "lineno", 1), "is not JSON") from error


def ran(project: Project, root: Path, console: Console) -> dict[str, Any]:
    """Return the results of the commands that a record names as `evidence: {name: {run: …, file: …}}`.

    This alone runs code of the project, because somebody asked for it. Raises `Unable` where a command fails.
    """
    found: dict[str, Any] = {}
    place = root / project.folder
    for name, said in (project.facts.get("evidence") or {}).items():
        if not isinstance(said, Mapping) or not str(said.get("run") or "").strip() or not said.get("file"):
            named = f"{project.full(PROJECT)}: the evidence '{printable(str(name))}'"
            raise Invalid(f"{named} needs `run` and `file`", "write both")
        with console.busy(f"running {printable(str(said['run']))}"):
            _run(str(said["run"]), place)
        found[str(name)] = _json(place / str(said["file"]))
    return found


def _run(command: str, place: Path) -> None:
    try:
        done = programs.run(shlex.split(command), place, seconds=SECONDS)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise Unable(
            f"'{printable(command)}' did not run ({type(error).__name__})", "correct the command in .mlctl/project.yml"
        ) from error
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
        raise Unable(
            f"'{printable(command)}' ended with {done.returncode}: {printable(last[0])[:200]}",
            "run it yourself and mend what it says",
        )

"""A new project of a case, lived through for real: installed, its hooks, its tests and its evidence commands run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from mlctl.catalog.cases import Case
from mlctl.catalog.trial import STAGE, excused
from mlctl.core.ask import ask
from mlctl.core.platform import WORKTREE, Platform
from mlctl.core.units import template
from mlctl.tools import programs
from mlctl.tools.errors import MlctlError
from mlctl.tools.staging import temporary
from mlctl.tools.uv import uv

HOOKS = ".pre-commit-config.yaml"
SECONDS = 1800
LINES = 20
SILENT = ("Passed", "Skipped")  # so end pre-commit's lines of hooks that have nothing to say


@dataclass(frozen=True)
class Errand:
    """What came of running a case: how many seconds of processor each step took, and what failed."""

    name: str
    told: str
    steps: tuple[tuple[str, float], ...]
    faults: tuple[str, ...]


def named(case: Case) -> str:
    """Return how the run of a case is called."""
    return f"run/{case.name}"


def errand(platform: Platform, root: str, case: Case) -> Errand:
    """Return what comes of making the project of `case` from `platform`, which lies at `root`, and of running it.

    Its hooks run over all files, where it has any: they hold what the project asks of each commit.
    """
    steps: list[tuple[str, float]] = []
    try:
        shape = template(platform, case.kind, case.added, case.dropped)
        ignored = [
            f"--ignore={code}" for code in sorted(excused(platform, shape.units(ask(shape, dict(case.answers)))))
        ]
    except MlctlError as error:
        return Errand(named(case), case.told, (), (error.sentence,))
    with temporary("mlctl-run-") as scratch:
        project = scratch / "project"
        mlctl = [sys.executable, "-P", "-m", "mlctl"]
        commands = {
            "new": [*mlctl, "new", str(project), "-p", root, "--ref", WORKTREE, *case.flags, "-y", "--trust"],
            "install": [uv(), "sync", "--locked", "--quiet"],
            "hooks": [uv(), "run", "--frozen", "pre-commit", "run", "--all-files"],
            "tests": [uv(), "run", "--frozen", "pytest", "-q"],
            "evidence": [*mlctl, "check", "--run", "--stage", STAGE, *ignored],
        }
        for step, command in commands.items():
            if step == "hooks" and not (project / HOOKS).exists():
                continue
            started = _processor()
            why = _run(command, project if project.exists() else scratch, scratch)
            steps.append((step, _processor() - started))
            if why:
                return Errand(named(case), case.told, tuple(steps), (f"{step} stopped:\n{why}",))
    return Errand(named(case), case.told, tuple(steps), ())


def _run(command: list[str], at: Path, scratch: Path) -> str:
    """Run a command, as if this mlctl were the installed one; return the last lines of what it says where it fails."""
    if not command[0]:
        return "uv is not installed"
    gone = ("GIT_", "MLCTL_", "VIRTUAL_ENV", "UV_PROJECT", "XDG_CONFIG")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(gone)}
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    environment |= {"PATH": path, "XDG_CONFIG_HOME": os.path.join(scratch, "config"), "CI": "1", "NO_COLOR": "1"}
    try:
        done = programs.run(command, at, env=environment, seconds=SECONDS, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired:
        return f"no end after {SECONDS} seconds"
    lines = [
        line for line in done.stdout.decode(errors="replace").splitlines() if line.strip() and not line.endswith(SILENT)
    ]
    return "" if done.returncode == 0 else "\n".join(lines[-LINES:]) or f"it ends with {done.returncode}"


def _processor() -> float:
    """Return the seconds of processor that the commands took so far."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

"""A new project of a kind, lived through for real: its packages installed, its tests and its evidence commands run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mlctl.core.platform import WORKTREE
from mlctl.tools.uv import uv

SECONDS = 1200


@dataclass(frozen=True)
class Errand:
    """What came of running the default of a kind: how long each step took, and what failed."""

    name: str
    steps: tuple[tuple[str, float], ...]
    faults: tuple[str, ...]


def errand(root: str, kind: str, component: str = "") -> Errand:
    """Return what comes of making a project of `kind` from the platform at `root`, and of running it.

    With `component`, it comes along, in the place of what fills its port by default.
    """
    name = f"run/{kind}/{component}" if component else f"run/{kind}"
    steps: list[tuple[str, float]] = []
    with TemporaryDirectory(prefix="mlctl-run-") as scratch:
        project = Path(scratch) / "project"
        mlctl = [sys.executable, "-P", "-m", "mlctl"]
        new = [*mlctl, "new", str(project), "-p", root, "--ref", WORKTREE, "-k", kind, "-y", "--trust"]
        new += ["--with", component] if component else []
        commands = {
            "new": new,
            "install": [uv(), "sync", "--locked", "--quiet"],
            "tests": [uv(), "run", "--frozen", "pytest", "-q"],
            "evidence": [*mlctl, "check", "--run", "--stage", "production"],
        }
        for step, command in commands.items():
            started = time.perf_counter()
            why = _run(command, project if project.exists() else Path(scratch), scratch)
            steps.append((step, time.perf_counter() - started))
            if why:
                return Errand(name, tuple(steps), (f"{step}: {why}",))
    return Errand(name, tuple(steps), ())


def _run(command: list[str], at: Path, scratch: str) -> str:
    """Run a command; return the last lines of what it says where it fails."""
    if not command[0]:
        return "uv is not installed"
    gone = ("MLCTL_", "VIRTUAL_ENV", "UV_PROJECT", "XDG_CONFIG")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(gone)}
    environment |= {"XDG_CONFIG_HOME": os.path.join(scratch, "config"), "CI": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=at, env=environment, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return "" if done.returncode == 0 else " / ".join(lines[-5:])

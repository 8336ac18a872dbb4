"""Locks a project's packages with uv, under the constraints that the project carries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mlctl.tools import programs
from mlctl.tools.errors import printable
from mlctl.tools.git import redact

FILE = "uv.lock"
SECONDS = 300


def lock(root: Path) -> str:
    """Write `uv.lock` in the project at `root`; return why it could not be, or nothing."""
    binary = uv()
    if not binary:
        return "uv is not installed"
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "UV_PROJECT")}
    try:
        done = programs.run([binary, "lock", "--quiet", "--no-progress"], root, env=environment, seconds=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"uv did not answer ({type(error).__name__})"
    if done.returncode:
        (root / FILE).unlink(missing_ok=True)
        return _reason(done.stderr.decode("utf-8", "replace"))
    return ""


def uv() -> str:
    """Return the path of uv: beside this Python first, then on the PATH."""
    beside = os.path.join(os.path.dirname(sys.executable), "uv")
    return beside if os.access(beside, os.X_OK) else programs.find("uv")


def _reason(said: str) -> str:
    lines = [line.strip().removeprefix("error: ") for line in said.splitlines() if line.strip()]
    return printable(redact(lines[0]))[:200] if lines else "uv failed"

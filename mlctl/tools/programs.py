"""Other programs, one way: found on the PATH alone, given arguments as a list, ended where the run ends before them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlctl.tools.signals import held

GRACE = 2.0  # seconds


def find(name: str) -> str:
    """Return the absolute path of a program on the PATH, never one of the current folder; nothing without it."""
    folders = [f for f in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(f)]
    return shutil.which(name, path=os.pathsep.join(folders)) or ""


def run(
    command: Sequence[str],
    cwd: Path | None = None,
    *,
    env: Mapping[str, str] | None = None,
    data: bytes | None = None,
    seconds: float | None = None,
    stdin: int | None = subprocess.DEVNULL,
    stdout: int | None = subprocess.PIPE,
    stderr: int | None = subprocess.PIPE,
    session: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """Return how a program ended and what it printed, given `data`, or else `stdin`; `session` gives it its own.

    Raises `OSError` where it can't be started and `subprocess.TimeoutExpired` after `seconds`, ended by then.
    """
    process = None
    try:
        with held():
            process = subprocess.Popen(
                command, cwd=cwd, env=env, stdin=stdin if data is None else subprocess.PIPE, stdout=stdout,
                stderr=stderr, start_new_session=session,
            )  # fmt: skip
        out, err = process.communicate(data, seconds)
    finally:
        if process and process.poll() is None:
            _end(process, session)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _end(process: subprocess.Popen[bytes], session: bool) -> None:
    """End a program: it may remove what it has begun, as git does, and is killed where that takes long."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if session or process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if session else os.kill)(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)

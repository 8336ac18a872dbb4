"""Runs the real `mlctl` in a process of its own, with a home of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from threading import Timer

from tests.kit.git import write

SCRIPT = Path(sys.executable).parent / "mlctl"
FOREIGN = ("GIT_", "MLCTL_", "XDG_", "UV_PROJECT", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "CI")
IDENTITY = "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"


@dataclass(frozen=True)
class Result:
    """How a run ended: its exit code, what it printed, and the most memory it held, in bytes."""

    code: int
    out: str
    err: str
    memory: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Mlctl:
    """`mlctl(*args)` runs it in `here`, with its home, config, cache and temporary files in folders of `home`."""

    home: Path
    here: Path

    def __call__(
        self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str | None] | None = None,
        before: tuple[str, ...] = (), stdin: str = "", timeout: float = 60,
    ) -> Result:  # fmt: skip
        """Return how `mlctl *arguments` ended; `env` adds variables, None takes one away; `before` wraps it."""
        command = [*before, str(SCRIPT), *arguments]
        place, around = cwd or self.here, self.environment(env)
        process = subprocess.Popen(command, cwd=place, env=around, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        assert process.stdin
        assert process.stdout
        assert process.stderr
        watch = Timer(timeout, process.kill)
        watch.start()
        with ThreadPoolExecutor(2) as pool:
            texts = [pool.submit(stream.read) for stream in (process.stdout, process.stderr)]
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(stdin.encode())
            _, status, used = os.wait4(process.pid, 0)  # the memory of this run alone
            process.returncode = os.waitstatus_to_exitcode(status)
            if not watch.is_alive():
                raise subprocess.TimeoutExpired(command, timeout)
            watch.cancel()
            out, err = (text.result().decode() for text in texts)
        return Result(process.returncode, out, err, used.ru_maxrss * 1024)

    @property
    def cache(self) -> Path:
        """The cache of mlctl."""
        return self.home / "cache" / "mlctl"

    @property
    def temporary(self) -> Path:
        """The folder for temporary files."""
        return self.home / "tmp"

    def config(self, text: str) -> Path:
        """Write the user's config file; return its path."""
        return write(self.home / "config" / "mlctl", "config.yml", text)

    def environment(self, env: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """Return the environment of a run."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        own = {f"XDG_{kind.upper()}_HOME": str(self.home / kind) for kind in ("config", "cache", "state")}
        own |= {"HOME": str(self.home), "TMPDIR": str(self.temporary), "GIT_CONFIG_NOSYSTEM": "1"}
        changed = {**kept, **own, **(env or {})}
        return {name: value for name, value in changed.items() if value is not None}


def home(folder: Path) -> Path:
    """Make `folder` the home of somebody whom git knows; return it."""
    write(folder, ".gitconfig", IDENTITY)
    (folder / "tmp").mkdir(exist_ok=True)
    return folder

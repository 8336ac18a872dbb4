"""Runs the real `mlctl` in a process of its own, with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kit.git import write

SCRIPT = Path(sys.executable).parent / "mlctl"
FOREIGN = ("GIT_", "MLCTL_", "XDG_", "UV_PROJECT", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "CI")
IDENTITY = "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"


@dataclass(frozen=True)
class Result:
    """How a run ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str


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
        done = subprocess.run(
            [*before, str(SCRIPT), *arguments], cwd=cwd or self.here, env=self.environment(env), input=stdin.encode(),
            capture_output=True, check=False, timeout=timeout,
        )  # fmt: skip
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

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

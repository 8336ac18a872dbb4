"""The oracle of hostile rows: a jail with canaries. What a run may not do is told by what is there afterwards."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from tests import kit

SECONDS, MEMORY = 10, 600_000_000
MODULES = (
    "jinja2.py",
    "typer.py",
    "yaml.py",
    "rich.py",
    "sitecustomize.py",
    "usercustomize.py",
    "conftest.py",
    "setup.py",
)
PROGRAMS = ("git", "python", "python3", "uv", "ruff", "less", "vi", "editor", "ssh", "gpg", "sh")


@dataclass(frozen=True)
class Jail:
    """A folder with a user's secret, a project, and programs that tell when somebody runs them."""

    root: Path
    mlctl: kit.Mlctl

    @property
    def project(self) -> Path:
        """The project that somebody cloned."""
        return self.root / "project"

    @property
    def canary(self) -> Path:
        """A program that leaves a trace when it runs."""
        return self.root / "canary"

    @property
    def ran(self) -> bool:
        """Whether a canary ran."""
        return (self.root / "ran").exists()

    def set(self) -> None:
        """Write the canaries: a program, and modules and programs of known names in the project."""
        kit.write(self.root, "canary", f"#!/bin/sh\necho ran >> {self.root}/ran\ncat\n", executable=True)
        kit.write(self.root, "secret.txt", "a secret of the user")
        for name in MODULES:
            kit.write(self.project, name, f"open({str(self.root / 'ran')!r}, 'a').write({name!r})\n")
        for name in PROGRAMS:
            shutil.copy(self.canary, self.project / name)

    def __call__(self, *arguments: str, env: dict[str, str | None] | None = None) -> kit.Result:
        """Run mlctl in the project, in time, in bounds, and with nothing left of a canary or outside the project."""
        outside, start = self.outside(), time.monotonic()
        done = self.mlctl(*arguments, cwd=self.project, env=env)
        assert time.monotonic() - start < SECONDS, arguments
        assert done.memory < MEMORY, arguments
        assert not self.ran, f"{arguments} ran {(self.root / 'ran').read_text()}"
        assert self.outside() == outside, arguments
        assert not list(self.mlctl.temporary.iterdir()), arguments
        assert "Traceback" not in done.err + done.out, done
        assert "\x1b" not in done.err + done.out, done
        return done

    def outside(self) -> dict[str, tuple[int, int, int]]:
        """Return all that a run may not change: what lies beside the project."""
        tops = [path for path in self.root.iterdir() if path.name not in ("home", "project", "ran", "elsewhere.git")]
        paths = [path for top in tops for path in (top, *top.rglob("*"))]
        seen = [(os.fsencode(path).hex(), path.lstat()) for path in paths]
        return {path: (found.st_mode, found.st_size, found.st_mtime_ns) for path, found in seen}

    def inside(self) -> dict[str, str]:
        """Return the project as it is: its files, its index and its HEAD; mlctl's own folder in `.git` left out."""
        return {path: told for path, told in kit.snapshot(self.project).items() if "/.git/mlctl" not in path
                and not path.endswith(("/.git", "/.git/worktrees"))}  # fmt: skip


def refused(done: kit.Result, *codes: int) -> None:
    """Hold a run against the promise of an error: one of `codes`, and the two lines."""
    lines = done.err.splitlines()
    assert done.code in codes, done
    assert len(lines) >= 2, done
    assert lines[-2].startswith("error: "), done
    assert lines[-1].startswith(" hint: "), done
    assert all(line.startswith("note: ") for line in lines[:-2]), done
    assert all(line.isprintable() for line in lines), done

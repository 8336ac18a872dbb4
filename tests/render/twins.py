"""The two tools side by side: the same template, the same answers, the same place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kit import Mlctl

TEMPLATES = Path(__file__).parent / "templates"
OURS = (".mlctl", ".git")
Look = dict[str, tuple[str, bytes]]


@dataclass(frozen=True)
class Case:
    """A template with one set of answers; `empty` are folders that git could not keep."""

    template: str
    answers: tuple[tuple[str, str], ...] = ()
    trust: bool = False
    empty: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "-".join([self.template, *(f"{name}={value}" for name, value in self.answers)])

    def lay(self, folder: Path) -> Path:
        """Copy the template into `folder`, with its empty folders; return it."""
        shutil.copytree(TEMPLATES / self.template, folder, symlinks=True)
        for path in self.empty:
            (folder / path).mkdir(parents=True)
        return folder


def cases() -> list[Case]:
    """Return every template with each of its sets of answers."""
    found = []
    for path in sorted(TEMPLATES.glob("*/case.json")):
        told: dict[str, Any] = json.loads(path.read_text())
        for answers in told["answers"]:
            pairs = tuple(answers.items())
            found.append(Case(path.parent.name, pairs, told.get("trust", False), tuple(told.get("empty", ()))))
    return found


def theirs(template: Path, here: Path, mlctl: Mlctl, answers: Mapping[str, str], hooks: bool = True) -> Look:
    """Return what cookiecutter makes of `template` in `here`, which is empty again afterwards."""
    said = [f"{name}={value}" for name, value in answers.items()]
    command = [sys.executable, "-m", "cookiecutter", "--no-input", f"--accept-hooks={'yes' if hooks else 'no'}"]
    done = subprocess.run(
        [*command, str(template), *said], cwd=here, env=mlctl.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return _taken(here)


def ours(template: Path | str, here: Path, mlctl: Mlctl, answers: Mapping[str, str], *options: str) -> Look:
    """Return what `mlctl new` makes of `template` in `here`, which is empty again afterwards."""
    said = [word for pair in answers.items() for word in ("-s", "=".join(pair))]
    done = mlctl("new", "-p", str(template), "-y", "--no-git", *said, *options, cwd=here)
    assert done.code == 0, done.err
    return _taken(here)


def look(root: Path) -> Look:
    """Return the kind and the bytes of all that lies below `root`, empty folders included, without what is ours."""
    found: Look = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if name.partition("/")[0] in OURS:
            continue
        if path.is_symlink():
            found[name] = ("link", os.fsencode(os.readlink(path)))
        elif path.is_dir():
            found[name] = ("folder", b"")
        elif path.is_file():
            found[name] = ("program" if path.stat().st_mode & 0o100 else "file", path.read_bytes())
    return found


def _taken(here: Path) -> Look:
    """Return the one folder in `here` and what lies below it, then remove it."""
    (made,) = here.iterdir()
    found = {made.name: ("top", b""), **look(made)}
    shutil.rmtree(made)
    return found

"""Evidently, asked in an environment of its own: its packages clash with the project's."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from .drift import Question
from .errors import Exit, ProjectError, boundary

ROOM = Path(sys.prefix) / "evidently"
PINS = Path(__file__).with_name("evidently.txt")
WORKER = Path(__file__).with_name("evidently_worker.py")


def ask(wish: str, questions: Sequence[Question], **facts: float) -> Any:
    """What Evidently makes of the questions; its process stays for the next ones."""
    told = [
        {
            "about": question.about,
            "labels": question.labels,
            "reference": question.reference.tolist(),
            "window": question.window.tolist(),
        }
        for question in questions
    ]
    return worker(furnished()).answer({"wish": wish, "questions": told} | facts)


def furnished() -> Path:
    """The environment; it is made where it is not there, or holds other versions than these."""
    kept = ROOM / PINS.name
    if not kept.is_file() or kept.read_bytes() != PINS.read_bytes():
        uv = os.environ.get("UV") or shutil.which("uv")
        if uv is None:
            hint = "install uv; it makes this environment the first time that it is needed"
            raise ProjectError(f"Evidently is not in {ROOM}", hint, Exit.CANNOT)
        sys.stderr.write(f"installing Evidently into {ROOM}, apart from the project's packages\n")
        _furnish(uv)
    return ROOM


def _furnish(uv: str) -> None:
    """Make the environment aside, and put it in place as a whole."""
    with tempfile.TemporaryDirectory(dir=ROOM.parent, prefix=".evidently-") as aside:
        made = Path(aside) / ROOM.name
        for words in (
            ["venv", "--relocatable", "--python", sys.executable, str(made)],
            ["pip", "install", "--python", str(made), "--requirements", str(PINS)],
        ):
            done = subprocess.run(
                [uv, *words, "--quiet"],
                cwd=tempfile.gettempdir(),  # in the project's folder its constraints would count
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                why = done.stderr.strip().splitlines()[-1:] or ["uv failed"]
                hint = "look whether the package index answers, then run this again"
                raise ProjectError(f"Evidently is not installed: {why[0]}", hint, Exit.CANNOT)
        shutil.copy(PINS, made)
        shutil.rmtree(ROOM, ignore_errors=True)
        made.rename(ROOM)


@dataclass
class Worker:
    """The process in the environment: a question a line, an answer a line."""

    process: subprocess.Popen[str]
    errors: IO[str]

    def answer(self, question: dict[str, Any]) -> Any:
        """What it says; it ends with this process, whose lines it reads."""
        assert self.process.stdin
        assert self.process.stdout
        try:
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            found = json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            found = {"error": self._last_words()}
        if "error" in found:
            worker.cache_clear()
            hint = f"remove {ROOM}, and it is made anew"
            raise ProjectError(f"Evidently gave no answer: {found['error']}", hint, Exit.CANNOT)
        return found["answer"]

    def _last_words(self) -> str:
        self.process.kill()
        self.process.wait()
        self.errors.seek(0)
        return (self.errors.read().strip().splitlines() or ["it ended"])[-1]


@cache
def worker(room: Path) -> Worker:
    """The one process of an environment."""
    command = [str(room / "bin" / "python"), "-I", str(WORKER)]
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (as long as the process)
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
    return Worker(subprocess.Popen(command, text=True, **pipes), errors)


def main() -> None:
    """Make the environment, as an image does while packages can be fetched."""
    with boundary():
        furnished()


if __name__ == "__main__":
    main()

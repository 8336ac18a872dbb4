"""The nouns of the platform's own tests: its files rendered in memory, and a real project with its environment."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlctl.core import units
from mlctl.core.ask import ask
from mlctl.core.platform import WORKTREE, Platform, find
from mlctl.core.render import Rendering, render
from mlctl.core.source import EMBEDDED, parse
from mlctl.tools.uv import uv
from tests import kit

PYENV = [str(folder) for folder in Path("~/.pyenv/versions").expanduser().glob("3.*/bin")]
CACHE = os.environ.get("UV_CACHE_DIR") or os.path.expanduser("~/.cache/uv")
CALM = {
    "UV_NO_PROGRESS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
    "NO_COLOR": "1",
    "UV_CACHE_DIR": CACHE,
    "PYTHONDONTWRITEBYTECODE": "",
}


@dataclass(frozen=True)
class Churn:
    """A real project: `run` runs a command in its environment, `at` is its folder."""

    at: Path
    environment: dict[str, str]

    def run(self, *words: str, before: tuple[str, ...] = (), timeout: float = 600) -> kit.Result:
        """Return how `uv run WORDS` ended."""
        command = [*before, uv(), "run", "--frozen", *words]
        done = subprocess.run(
            command, cwd=self.at, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return kit.Result(done.returncode, done.stdout, done.stderr)

    def evidence(self, name: str = "build/demo.json") -> dict[str, Any]:
        """Return what `demo --json` wrote."""
        found: dict[str, Any] = json.loads((self.at / name).read_text())
        return found


@pytest.fixture(scope="session")
def embedded() -> Platform:
    """The platform of this checkout, as it lies there."""
    return find(parse(EMBEDDED, Path()), WORKTREE)


@pytest.fixture(scope="session")
def rendered(embedded: Platform) -> Callable[..., Rendering]:
    """Render the default kind with some answers, with and without some components."""

    def make(*, added: tuple[str, ...] = (), dropped: tuple[str, ...] = (), **answers: str) -> Rendering:
        template = units.template(embedded, "", added, dropped)
        return render(template, ask(template, {"python_version": "3.11", **answers}), {})

    return make


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Churn]:
    """Start a real project by the real command line, with its packages installed."""

    def make(name: str = "churn", *flags: str) -> Churn:
        home = kit.home(tmp_path_factory.mktemp("home"))
        mlctl = kit.Mlctl(home, tmp_path_factory.mktemp("work"))
        path = os.pathsep.join([str(Path(uv()).parent), os.environ["PATH"], *PYENV])
        environment = mlctl.environment({**CALM, "PATH": path})
        made = mlctl("new", name, "--defaults", "--ref", WORKTREE, *flags, env=CALM, timeout=300)
        assert made.code == 0, made.err
        assert "not locked" not in made.err, made.err
        project = Churn(mlctl.here / name, environment)
        synced = subprocess.run([uv(), "sync", "--locked", "-q"], cwd=project.at, env=environment, check=False)
        assert synced.returncode == 0
        return project

    return make


@pytest.fixture(scope="session")
def churn(start: Callable[..., Churn]) -> Churn:
    """One project that several tests look at; who changes it takes a copy."""
    return start()

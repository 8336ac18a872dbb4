"""The jail in which hostile rows run, with a project from a benign platform that has a newer release."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import kit
from tests.hostile.faults import compiled
from tests.hostile.jail import Jail
from tests.hostile.scenes import Scene, scene
from tests.kit import TOP

STANDARDS = "schema: mlctl.standards/1\nlockfiles: [uv.lock]\n"


@pytest.fixture(scope="session")
def benign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform with two releases, and a project that was made from the first."""
    root = tmp_path_factory.mktemp("benign")
    platform = kit.platform(root / "platform")
    (platform / "standards" / "rules" / "readme.yml").unlink()
    kit.release(platform, "v1.0.0", {"standards/standards.yml": STANDARDS})
    kit.release(platform, "v1.1.0", {f"base/{TOP}/README.md": "# {{ cookiecutter.project_name }}\n\nAnew.\n"})
    mlctl = kit.Mlctl(kit.home(root / "home"), root)
    done = mlctl("new", "project", "-p", str(platform), "--ref", "v1.0.0", "-y", "--no-lock", "--with", "tracking")
    assert done.code == 0, done.err
    return root


@pytest.fixture
def jail(benign: Path, tmp_path: Path) -> Jail:
    """A jail of its own, with a copy of the benign project and its platform."""
    for name in ("platform", "project"):
        shutil.copytree(benign / name, tmp_path / name, symlinks=True)
    made = Jail(tmp_path, kit.Mlctl(kit.home(tmp_path / "home"), tmp_path / "project"))
    made.set()
    return made


@pytest.fixture(scope="session")
def set_scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Scene]]:
    """Set a scene by its name, each once, in memory where there is a folder for that."""
    if not shutil.which("gcc"):
        pytest.skip("there is no gcc to compile the shim with")
    folder = tmp_path_factory.mktemp("scenes")
    if os.access("/dev/shm", os.W_OK):
        folder = Path("/dev/shm") / f"mlctl-scenes-{os.getpid()}"
        folder.mkdir()
    known: dict[str, Scene] = {}
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        shim = compiled(folder)

        def set_(name: str) -> Scene:
            if name not in known:
                (folder / name).mkdir()
                known[name] = stack.enter_context(scene(name, folder / name, shim))
            return known[name]

        yield set_

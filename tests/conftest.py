"""The nouns of the tests: a template, a platform; and the verb: mlctl."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import kit


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A plain cookiecutter template in a folder."""
    return kit.template(tmp_path / "template")


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """A small platform in a repository, released as v1.0.0."""
    folder = kit.platform(tmp_path / "platform")
    kit.release(folder, "v1.0.0")
    return folder


@pytest.fixture
def mlctl(tmp_path: Path) -> kit.Mlctl:
    """The real mlctl, with a home of its own, working in the empty folder `tmp_path / "work"`."""
    work = tmp_path / "work"
    work.mkdir()
    return kit.Mlctl(kit.home(tmp_path / "home"), work)


@pytest.fixture
def daemon(platform: Path) -> Iterator[str]:
    """A git daemon on loopback that serves the folder of the platform; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--export-all", "--reuseaddr"]
    process = subprocess.Popen([*command, f"--base-path={platform.parent}"], stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"git://127.0.0.1:{port}"
    process.terminate()
    process.wait()

"""A scheduler and two workers, real processes on loopback, for the whole session."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start a Dask process outside of the project's folder; all are stopped in the end."""
    folder, running = tmp_path_factory.mktemp("dask"), list["subprocess.Popen[bytes]"]()
    own = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}

    def make(kind: str, *words: str) -> "subprocess.Popen[bytes]":
        module = f"distributed.cli.dask_{kind}"
        command = [sys.executable, "-P", "-m", module, *words, "--no-dashboard"]
        process = subprocess.Popen(
            command, cwd=folder, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        running.append(process)
        return process

    yield make
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=60)


def address(start: Start, folder: Path) -> str:
    """The address of a new scheduler."""
    file = folder / "scheduler.json"
    start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    for _ in range(1200):
        if file.is_file() and file.read_text().strip():
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.05)
    raise AssertionError("the scheduler does not start")


@pytest.fixture(scope="session")
def lonely(start: Start, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a scheduler without workers."""
    return address(start, tmp_path_factory.mktemp("lonely"))


@pytest.fixture(scope="session")
def cluster(start: Start, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a scheduler with two workers."""
    found = address(start, tmp_path_factory.mktemp("cluster"))
    for _ in range(2):
        start("worker", found, "--nthreads", "1", "--host", "127.0.0.1")
    return found

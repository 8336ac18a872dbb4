"""The process: early to answer, free of training code, clean to stop, brief when it fails."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.package_name }}.platform import rescore
from {{ cookiecutter.package_name }}.platform.demo.serve import Service

TELL_MODULES = """
import atexit, sys
atexit.register(lambda: print(*sorted({name.partition(".")[0] for name in sys.modules})))
from {{ cookiecutter.package_name }}.platform.serve import main
main(sys.argv[1:])
"""


def start(champion: Path, *options: str, **pipes: Any) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-c", TELL_MODULES, "--bundle", str(champion), *options]
    return subprocess.Popen(command, env=rescore.environment(champion), **pipes)


@pytest.fixture(scope="module")
def life(champion: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What was seen from the start of a process to its end."""
    log, began = tmp_path_factory.mktemp("life") / "log", time.perf_counter()
    with log.open("wb") as stream:
        process = start(champion, "--port", "0", stdout=subprocess.PIPE, stderr=stream)
    try:
        service = Service(process, log)
        seen: dict[str, Any] = {"alive": service.call("GET", "/healthz")[0]}
        seen |= {"alive_seconds": time.perf_counter() - began}
        seen |= {"early": service.call("GET", "/readyz")[0]}
        service.wait()
        seen |= {"ready_seconds": time.perf_counter() - began}
        process.send_signal(signal.SIGTERM)
        seen |= {"modules": process.communicate(timeout=60)[0].decode().split()}
        yield seen | {"code": process.returncode}
    finally:
        process.kill()


def test_the_process_answers_before_the_model_is_loaded(life: dict[str, Any]) -> None:
    assert (life["alive"], life["early"]) == (200, 503)
    assert life["alive_seconds"] < life["ready_seconds"]


def test_the_process_stops_cleanly_on_sigterm(life: dict[str, Any]) -> None:
    assert life["code"] == 0


def test_the_process_imports_nothing_of_training(life: dict[str, Any]) -> None:
    assert "sklearn" in life["modules"]
    assert {"pandera", "mlflow", "sqlalchemy", "pyarrow"} & set(life["modules"]) == set()


def test_a_port_in_use_is_told_in_two_lines(champion: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start(champion, "--port", port, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        errors = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 3
    assert "error: cannot listen on" in errors
    assert "--port" in errors.splitlines()[-1]


def test_no_champion_is_told_in_two_lines_with_the_next_command(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from {{ cookiecutter.package_name }}.platform.cli import main; main()", "serve"]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )
    error, hint = done.stderr.splitlines()
    assert done.returncode == 3
    assert error.startswith("error: there is no champion in ")
    assert hint == " hint: run `{{ cookiecutter.project_slug }} train`, then `{{ cookiecutter.project_slug }} promote`"

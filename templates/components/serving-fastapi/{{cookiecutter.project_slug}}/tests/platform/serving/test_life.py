"""The life of the process: it answers before its model is loaded, and beside others of its kind."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.package_name }}.platform import bundle, predlog
from {{ cookiecutter.package_name }}.platform.config import PACKAGE
from {{ cookiecutter.package_name }}.platform.demo.serve import Service as Running

TELL_MODULES = f"""
import atexit, sys
atexit.register(lambda: print(*sorted(set(name.partition(".")[0] for name in sys.modules))))
from {PACKAGE}.platform.serve import main
main(sys.argv[1:])
"""


def start(
    champion: Path, *options: str, predictions: Path | str = "", **pipes: Any
) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-c", TELL_MODULES, "--bundle", str(champion), *options]
    own = bundle.environment(champion) | {predlog.URI: str(predictions)}
    return subprocess.Popen(command, env=own, **pipes)


@pytest.fixture(scope="module")
def life(
    champion: Path, service: Running, row: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """What was seen from the start of a process to its end, beside another that logs too."""
    log, began = tmp_path_factory.mktemp("life") / "log", time.perf_counter()
    options: dict[str, Any] = {"predictions": service.log.with_name("predictions")}
    with log.open("wb") as stream:
        process = start(champion, "--port", "0", stdout=subprocess.PIPE, stderr=stream, **options)
    try:
        running = Running(process, log)
        seen: dict[str, Any] = {"alive": running.call("GET", "/healthz")[0]}
        seen |= {"alive_seconds": time.perf_counter() - began}
        seen |= {"early": running.call("GET", "/readyz")[0]}
        running.wait()
        seen |= {"ready_seconds": time.perf_counter() - began}
        body = {"instances": [row] * 500}
        answers = [one.post("/predict", body) for _ in range(3) for one in (running, service)]
        seen |= {"ids": [found["id"] for answer in answers for found in answer["predictions"]]}
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


def test_two_processes_log_at_once_and_a_signal_loses_nothing(
    life: dict[str, Any], service: Running
) -> None:
    found = predlog.read(service.log.with_name("predictions"))
    assert set(life["ids"]) <= set(found["id"])
    assert len(set(life["ids"])) == 3000
    assert found.attrs["torn"] == 0


def test_the_process_imports_nothing_of_training(life: dict[str, Any]) -> None:
    assert "sklearn" in life["modules"]
    assert {"pandera", "mlflow", "sqlalchemy"} & set(life["modules"]) == set()

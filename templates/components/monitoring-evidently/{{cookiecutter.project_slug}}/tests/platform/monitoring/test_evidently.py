"""Evidently stands apart, sends nothing, agrees with the monitor, and is told when it fails."""

import importlib.util
import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import evidently
from {{ cookiecutter.package_name }}.platform.drift import MUCH, Question
from {{ cookiecutter.package_name }}.platform.errors import Exit, ProjectError
from {{ cookiecutter.package_name }}.platform.judge import judge
from {{ cookiecutter.package_name }}.platform.monitor import monitor
from {{ cookiecutter.package_name }}.platform.window import Source

CALM = Question("calm", ("a", "b"), np.array([500.0, 500]), np.array([103.0, 97]))
EVIL = "</script><script>alert(1)</script>"
TELLTALE = """
import json, runpy, sys
worker = runpy.run_path(sys.argv[1])
sys.addaudithook(worker["refuse"])
import socket
told = []
for reach in (
    lambda: socket.socket().connect(("127.0.0.1", int(sys.argv[2]))),
    lambda: socket.getaddrinfo("localhost", 80),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
):
    try:
        reach()
    except PermissionError as error:
        told.append(str(error))
print(json.dumps(told))
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An environment that is still to be made."""
    monkeypatch.setattr(evidently, "ROOM", tmp_path / "evidently")
    yield tmp_path
    assert not list(tmp_path.glob(".evidently-*"))  # nothing half made is left behind


def stand_for_uv(file: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setenv("UV", str(file))


def python() -> str:
    return str(evidently.furnished() / "bin" / "python")


def test_its_packages_stay_out_of_the_project() -> None:
    assert importlib.util.find_spec("evidently") is None
    known = dict(re.findall(r"^([\w.-]+)==(\S+)", evidently.PINS.read_text(), flags=re.MULTILINE))
    asked = "import evidently, plotly; print(evidently.__version__, plotly.__version__)"
    done = subprocess.run([python(), "-I", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [known["evidently"], known["plotly"]]


def test_it_may_not_open_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        command = [python(), "-I", "-c", TELLTALE, str(evidently.WORKER), port]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    refused = json.loads(done.stdout)
    assert [line.partition(":")[0] for line in refused] == [
        "socket.connect",
        "socket.getaddrinfo",
        "socket.sendto",
    ]


def test_its_telemetry_is_off_before_it_is_imported() -> None:
    text = evidently.WORKER.read_text()
    assert text.index('os.environ["DO_NOT_TRACK"]') < text.index("wishes[asked.pop")
    assert not re.search(r"^(import|from) evidently", text, flags=re.MULTILINE)


def test_its_page_says_what_the_monitor_says(
    champion: Path, world: Callable[..., pd.DataFrame]
) -> None:
    rows = world(300, 5).assign(fee=lambda rows: rows["fee"] + 15)
    features = rows[["fee", "tickets", "plan", "region", "auto_pay"]].add_prefix("feature.")
    report = monitor(champion, Source("these rows", lambda *_: features))
    drawn = evidently.ask("draw", report.questions, level=report.level, much=MUCH)
    assert report.drifted == ["fee"]
    assert "Drift is detected for 20.0% of columns (1 out of 5)" in drawn
    assert f"PSI; p \\u003c {report.level:.2g}" in drawn


def test_a_change_that_is_large_by_chance_is_none_on_its_page_either() -> None:
    bins = tuple(f"bin {place}" for place in range(11))
    window = np.array([15, 15, 15, 15, 4, 4, 4, 4, 8, 8, 8])
    shaken = Question("shaken", bins, np.full(11, 180.0), window)
    [answer] = judge([shaken])
    assert answer.psi > MUCH
    assert answer.p > 1e-4
    drawn = evidently.ask("draw", [CALM, shaken], level=1e-4, much=MUCH)
    assert "Drift is detected for 0.0% of columns (0 out of 2)" in drawn


def test_what_somebody_sent_is_inert_in_its_page() -> None:
    asked = Question(EVIL, (EVIL, "b"), CALM.reference, CALM.window)
    drawn = evidently.ask("draw", [asked], level=0.001, much=MUCH)
    assert EVIL not in drawn
    assert "alert(1)" in drawn  # told all the same


def test_bins_of_one_name_stay_apart() -> None:
    alike = Question("x", ("a", "a"), CALM.reference, np.array([190.0, 10]))
    assert judge([alike])[0].psi > 1


def test_a_process_that_ended_is_told_and_followed_by_another() -> None:
    [before] = judge([CALM])
    running = evidently.worker(evidently.furnished()).process
    running.kill()
    running.wait()
    with pytest.raises(ProjectError, match="Evidently gave no answer") as error:
        judge([CALM])
    assert error.value.code == Exit.CANNOT
    assert judge([CALM]) == [before]


def test_a_question_that_it_cannot_answer_is_told() -> None:
    with pytest.raises(ProjectError, match="gave no answer: ValueError"):
        evidently.ask("judge", [Question("x", ("a",), np.array([1.0]), np.array([-1.0]))])


def test_without_uv_the_environment_is_not_made(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(elsewhere))
    with pytest.raises(ProjectError, match="Evidently is not in") as error:
        evidently.furnished()
    assert "install uv" in error.value.hint


def test_an_index_that_does_not_answer_is_told_in_its_words(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_for_uv(elsewhere / "uv", "echo no route to host >&2\nexit 2", monkeypatch)
    with pytest.raises(ProjectError, match="not installed: no route to host"):
        evidently.furnished()


def test_other_versions_make_the_environment_anew(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    able = 'for last; do :; done\n[ "$1" = pip ] || mkdir -p "$5"'
    stand_for_uv(elsewhere / "uv", able, monkeypatch)
    monkeypatch.setattr(evidently, "PINS", elsewhere / "pins.txt")
    for pins in ("evidently==1\n", "evidently==2\n"):
        evidently.PINS.write_text(pins)
        (evidently.furnished() / "mark").write_text(pins)
        assert evidently.furnished() == elsewhere / "evidently"  # and not made again
        assert (elsewhere / "evidently" / "mark").read_text() == pins

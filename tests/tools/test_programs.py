"""Other programs are found on the PATH alone, and end where the run ends before them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlctl.tools import programs
from tests import kit
from tests.tools.interrupted import interrupted

START = 'programs.run(["sh", "-c", "echo $$ >> began; exec sleep 0.05"])'
ALIVE = 'sum(Path("/proc", pid).exists() for pid in Path("began").read_text().split()) if os.listdir() else 0'

# what a run cleans up with, once a signal ended it
CLEANING = """
import os, signal
from mlctl.tools import programs, signals

signals.heed()
try:
    os.kill(os.getpid(), signal.SIGTERM)
finally:
    print(programs.run(["echo", "clean"]).stdout.decode())
"""


@pytest.mark.parametrize("path", [".", "", ".:", "bin", "nowhere"])
def test_a_program_of_the_current_folder_is_never_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    kit.write(tmp_path, "tool", "#!/bin/sh\n", executable=True)
    kit.write(tmp_path, "bin/tool", "#!/bin/sh\n", executable=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", path)
    assert programs.find("tool") == ""
    monkeypatch.setenv("PATH", f"{path}:{tmp_path}/bin")
    assert programs.find("tool") == str(tmp_path / "bin/tool")


@pytest.mark.skipif(not Path("/proc").exists(), reason="there is no /proc")
def test_a_program_that_is_being_started_as_a_signal_comes_ends_too(tmp_path: Path) -> None:
    code, lines, alive = interrupted(START, ALIVE, tmp_path)
    began = len((tmp_path / "began").read_text().split())
    assert (code, alive) == (0, 0)
    assert lines > began > 100


def test_the_clean_up_after_a_signal_may_run_a_program() -> None:
    done = subprocess.run([sys.executable, "-c", CLEANING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (143, "clean")


@pytest.mark.parametrize("session", [False, True])
def test_a_program_that_takes_too_long_may_clean_up(tmp_path: Path, session: bool) -> None:
    script = "trap 'rm begun; exit 1' TERM; touch begun; while :; do sleep 0.01; done"
    with pytest.raises(subprocess.TimeoutExpired):
        programs.run(["sh", "-c", script], tmp_path, seconds=0.5, session=session)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("session", [False, True])
def test_a_program_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: bool) -> None:
    monkeypatch.setattr(programs, "GRACE", 0.2)
    script = "trap '' TERM; echo $$ > pid; while :; do sleep 0.01; done"
    with pytest.raises(subprocess.TimeoutExpired):
        programs.run(["sh", "-c", script], tmp_path, seconds=0.5, session=session)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)

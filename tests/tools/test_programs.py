"""Other programs are found on the PATH alone, and end where the run ends before them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlctl.tools import programs
from tests import kit

# a signal comes in the line `lines` of whatever code runs as a program is started
SIGNALLED = """
import os, signal, sys
from pathlib import Path
from mlctl.tools import programs, signals

def follow(frame, event, argument):
    global lines
    lines -= 1
    if not lines:
        sys.settrace(None)
        os.kill(os.getpid(), signal.SIGTERM)
    return follow

for number in range(1, 9999):
    child = os.fork()
    if not child:
        lines = number
        signals.heed()
        sys.settrace(follow)
        try:
            programs.run(["sh", "-c", "echo $$ >> began; exec sleep 0.05"])
        except SystemExit as end:
            os._exit(end.code)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    began = Path("began").read_text().split() if Path("began").exists() else []
    alive = [pid for pid in began if Path("/proc", pid).exists()]
    if code != 143 or alive:
        sys.exit(f"{code} {number} {len(began)} {len(alive)}")
"""

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
    done = subprocess.run([sys.executable, "-c", SIGNALLED], cwd=tmp_path, capture_output=True, text=True, check=False)
    code, lines, began, alive = map(int, done.stderr.split())
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

"""What is staged is renamed into place or vanishes, whatever breaks in."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlctl.tools import staging
from mlctl.tools.errors import Unable

# a signal comes in the line `number` of whatever code runs as a folder is staged
SIGNALLED = """
import os, signal, sys
from pathlib import Path
from mlctl.tools import signals, staging

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
        lines, code = number, 0
        signals.heed()
        sys.settrace(follow)
        try:
            with staging.staging(Path("a/b/c")) as root:
                (root / "file").touch()
            sys.settrace(None)
        except SystemExit as end:
            code = end.code
        except BaseException:
            code = 1
        staging._pass()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != 143 or os.listdir():
        sys.exit(f"{code} {number}")
"""


def test_folders_that_were_made_for_a_staging_that_fails_vanish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(staging, "_sweep", full)
    with pytest.raises(OSError, match="No space"), staging.staging(tmp_path / "a/b/c"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_signal_at_any_line_leaves_nothing_of_a_staging(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SIGNALLED], cwd=tmp_path, capture_output=True, text=True, check=False)
    code, lines = map(int, done.stderr.split())
    assert (code, list(tmp_path.iterdir())) == (0, [])
    assert lines > 100


def test_folders_that_could_be_made_only_in_part_vanish(tmp_path: Path) -> None:
    with pytest.raises(Unable), staging.staging(tmp_path / "a" / ("b" * 300) / "c"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_rename_that_the_system_refuses_is_not_told_as_a_folder_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    (tmp_path / "new").mkdir()
    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match="busy"):
        staging.become(tmp_path / "new", tmp_path / "target")

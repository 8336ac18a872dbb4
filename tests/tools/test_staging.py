"""What is staged is renamed into place or vanishes, whatever breaks in."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mlctl.tools import staging
from mlctl.tools.errors import Unable
from tests.tools.interrupted import interrupted

STAGE = """
            with staging.staging(Path("a/b/c")) as root:
                (root / "file").touch()
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
    code, lines, left = interrupted(STAGE, "len(os.listdir())", tmp_path)
    assert (code, left, list(tmp_path.iterdir())) == (0, 0, [])
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

"""Paths are confined; what is staged is renamed into place or vanishes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mlctl.tools import files


@pytest.mark.parametrize("path", ["a\x9b31mb", "a\u202eb", "a/\u2066b", "a\u2028b", "a\x1b"])
def test_a_path_that_steers_a_terminal_is_refused(path: str) -> None:
    with pytest.raises(files.UnsafePath, match="control character"):
        files.confine(path)


def test_folders_that_were_made_for_a_staging_that_fails_vanish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.tempfile, "mkdtemp", full)
    with pytest.raises(OSError, match="No space"), files.staging(tmp_path / "a/b/c"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_folders_that_could_be_made_only_in_part_vanish(tmp_path: Path) -> None:
    with pytest.raises(files.Unable), files.staging(tmp_path / "a" / ("b" * 300) / "c"):
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
        files.become(tmp_path / "new", tmp_path / "target")

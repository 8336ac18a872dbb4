"""git is run one way, and what it says is told without a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.tools.git import GitFailed, program
from tests import kit


def test_the_last_words_of_git_hold_no_password() -> None:
    error = GitFailed("fetch", "unable to access 'https://ada:tok3n@host/x'")
    assert "tok3n" not in error.said + error.sentence


@pytest.mark.parametrize("path", [".", "", ".:", "bin", "nowhere"])
def test_a_program_of_the_current_folder_is_never_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    kit.write(tmp_path, "tool", "#!/bin/sh\n", executable=True)
    kit.write(tmp_path, "bin/tool", "#!/bin/sh\n", executable=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", path)
    assert program("tool") == ""
    monkeypatch.setenv("PATH", f"{path}:{tmp_path}/bin")
    assert program("tool") == str(tmp_path / "bin/tool")

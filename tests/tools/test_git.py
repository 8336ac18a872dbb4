"""git is run one way, and what it says is told without a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.tools.git import GitFailed, run


def test_the_last_words_of_git_hold_no_password() -> None:
    error = GitFailed("fetch", "unable to access 'https://ada:tok3n@host/x'")
    assert "tok3n" not in error.said + error.sentence


def test_a_failure_is_told_with_the_verb(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="git ls-files: "):
        run("--git-dir", str(tmp_path), "--work-tree", str(tmp_path), "ls-files")

"""Where a repository came from is read without a stumble over its configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.tools.history import origin
from tests import kit


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ("", ""),
        ('[remote "origin"]\n\turl = https://example.org/x.git\n', "https://example.org/x.git"),
        ('[remote "origin"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n', ""),
        ('[remote "upstream"]\n\turl = https://example.org/x.git\n', ""),
        ("no section\n[\n", ""),
    ],
)
def test_the_origin_of_a_repository_is_read_or_nothing(tmp_path: Path, more: str, url: str) -> None:
    folder = kit.make_repo(tmp_path / "repository")
    kit.append(folder, ".git/config", more)
    assert origin(folder) == url


def test_a_folder_without_a_repository_has_no_origin(tmp_path: Path) -> None:
    assert origin(tmp_path) == ""

"""The global options, and the one boundary where every error becomes two lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl import __version__
from tests import kit


@pytest.mark.parametrize("words", [("--version",), ("-q", "--version"), ("--version", "-v")])
def test_the_version_is_told_beside_other_options(mlctl: kit.Mlctl, words: tuple[str, ...]) -> None:
    done = mlctl(*words)
    assert (done.code, done.out, done.err) == (0, f"mlctl {__version__}\n", "")


def test_a_command_must_be_named(mlctl: kit.Mlctl) -> None:
    kit.refused(mlctl("-q"), 2, "missing command")


@pytest.mark.parametrize("name", ["new", "."])
def test_a_current_folder_that_is_gone_is_told(mlctl: kit.Mlctl, template: Path, name: str) -> None:
    (mlctl.here / "gone").mkdir()
    command = f"cd gone && rmdir ../gone && {kit.SCRIPT} -C {mlctl.here} new {name} -p {template} -y"
    done = mlctl(before=("sh", "-c", command))
    kit.refused(done, 3, "the current folder is gone")


def test_the_folder_that_is_worked_in_is_not_made_a_project(mlctl: kit.Mlctl, template: Path) -> None:
    (mlctl.here / "empty").mkdir()
    kit.refused(mlctl("-C", "empty", "new", ".", "-p", str(template), "-y"), 3, "in the current folder")
    assert list((mlctl.here / "empty").iterdir()) == []

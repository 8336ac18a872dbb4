"""The nouns of the tests: a template, a platform; and the verb: mlctl."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import kit


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A plain cookiecutter template in a folder."""
    return kit.template(tmp_path / "template")


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """A small platform in a repository, released as v1.0.0."""
    folder = kit.platform(tmp_path / "platform")
    kit.release(folder, "v1.0.0")
    return folder


@pytest.fixture
def mlctl(tmp_path: Path) -> kit.Mlctl:
    """The real mlctl, with a home of its own, working in the empty folder `tmp_path / "work"`."""
    work = tmp_path / "work"
    work.mkdir()
    return kit.Mlctl(kit.home(tmp_path / "home"), work)

"""The fixture of upgrades: a story that begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests import kit
from tests.upgrade.kit import Story, begin


@pytest.fixture
def story(tmp_path: Path, mlctl: kit.Mlctl) -> Callable[[Mapping[str, str | bytes]], Story]:
    """Begin a story: give the files of the template's first release."""
    return lambda files: begin(tmp_path, mlctl, files)

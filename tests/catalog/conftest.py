"""A small platform that is sound, and the real `mlctl` at work on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests import kit

RULE = """\
- code: SML001
  name: there is a README
  stage: explore
  check: {file.exists: {any: [README.md]}}
  at: README.md
  why: Whoever comes next starts there.
  mend: Write one.
  good: [{README.md: "# a"}]
  bad: [{a.py: ""}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A platform with which nothing is wrong."""
    made = kit.platform(tmp_path / "platform")
    kit.write(made, "standards/standards.yml", "schema: mlctl.standards/1\nlockfiles: [uv.lock]\n")
    kit.write(made, "standards/rules/readme.yml", RULE)
    return made


@pytest.fixture
def bench(mlctl: kit.Mlctl, folder: Path) -> kit.Mlctl:
    """The real command, in the platform's folder."""
    return replace(mlctl, here=folder)

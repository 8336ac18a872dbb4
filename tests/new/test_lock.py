"""Locking runs uv, and uv may run what a project holds: only a trusted platform's project is locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.tools.uv import uv
from tests import kit

PROJECT = """\
[project]
name = "service"
requires-python = ">=3.11"
dynamic = ["version"]
[build-system]
requires = []
build-backend = "evil"
backend-path = ["."]
"""


@pytest.fixture
def evil(platform: Path, tmp_path: Path) -> Path:
    """A platform whose project is locked, and does harm if uv builds it or asks its Python."""
    canary = tmp_path / "canary"
    shell = f"#!/bin/sh\ntouch {canary}\n"
    top = "base/{{cookiecutter.project_slug}}"
    kit.append(platform, "base/unit.yml", "generated: [uv.lock]\n")
    kit.write(platform, f"{top}/pyproject.toml", PROJECT)
    kit.write(platform, f"{top}/evil.py", f"open({str(canary)!r}, 'w')\n")
    kit.write(platform, f"{top}/.python-version", "./evil.sh\n")
    kit.write(platform, f"{top}/evil.sh", shell, executable=True)
    kit.write(platform, f"{top}/.venv/bin/python", shell, executable=True)
    kit.release(platform, "v2.0.0")
    return platform


def test_the_project_of_a_platform_that_is_not_trusted_is_not_locked(
    mlctl: kit.Mlctl, evil: Path, tmp_path: Path
) -> None:
    done = mlctl("new", "churn", "-p", str(evil), "--defaults")
    assert done.code == 0, done.err
    assert "not on your trust list" in done.err
    assert not (tmp_path / "canary").exists()


def test_the_project_of_a_platform_on_the_trust_list_is_locked(mlctl: kit.Mlctl, evil: Path) -> None:
    mlctl.config(f"trust: [{evil.parent}]\n")
    done = mlctl("new", "churn", "-p", str(evil), "--defaults")
    assert done.code == 0, done.err
    assert "not on your trust list" not in done.err


def test_uv_is_never_one_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.write(tmp_path, "uv", "#!/bin/sh\n", executable=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".:")
    monkeypatch.setattr("sys.executable", str(tmp_path / "none" / "python"))
    assert uv() == ""

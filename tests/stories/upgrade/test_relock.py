"""The lock of a project's packages: made anew where an upgrade changes what it follows from, left where it is yours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import kit
from tests.upgrade.kit import snapshot

PYPROJECT = f"base/{kit.TOP}/pyproject.toml"
PACKAGE = '[project]\nname = "churn"\nversion = "0.1.0"\nrequires-python = ">=3.10"\ndescription = "one"\n'


@pytest.fixture
def project(platform: Path, mlctl: kit.Mlctl) -> Path:
    """A locked project of a trusted platform, whose newest release asks for a newer Python."""
    mlctl.config(f"trust: [{platform}]\n")
    kit.append(platform, "base/unit.yml", "generated: [uv.lock]\n")
    kit.release(platform, "v1.1.0", {PYPROJECT: PACKAGE})
    made = mlctl("new", "churn", "-p", str(platform), "--defaults")
    assert made.code == 0, made.err
    kit.release(platform, "v1.2.0", {PYPROJECT: PACKAGE.replace("3.10", "3.11").replace("one", "its")})
    return mlctl.here / "churn"


def needed(project: Path) -> str:
    return (project / "uv.lock").read_text().split("requires-python = ")[1].splitlines()[0]


def test_the_lock_follows_and_the_dry_run_shows_it(project: Path, mlctl: kit.Mlctl) -> None:
    before = snapshot(project)
    assert needed(project) == '">=3.10"'
    told = json.loads(mlctl("upgrade", "--dry-run", "--format", "json", cwd=project).out)
    assert {"path": "uv.lock", "action": "updated", "why": "locked again under the new constraints"} in told["changes"]
    assert snapshot(project) == before
    assert mlctl("upgrade", cwd=project).code == 0
    assert needed(project) == '">=3.11"'
    assert kit.git(project, "write-tree") == told["result"]
    assert mlctl("upgrade", "--abort", cwd=project).code == 0
    assert snapshot(project) == before


def test_a_lock_that_the_team_changed_is_kept_and_told(project: Path, mlctl: kit.Mlctl) -> None:
    kit.append(project, "uv.lock", "# ours\n")
    kit.commit(project)
    done = mlctl("upgrade", "--commit", cwd=project)
    assert (done.code, needed(project)) == (0, '">=3.10"')
    assert "note: uv.lock may be stale, and is kept: you changed it since mlctl locked it: run `uv lock`\n" in done.err


def test_the_lock_of_a_platform_that_is_not_trusted_is_kept_and_told(project: Path, mlctl: kit.Mlctl) -> None:
    mlctl.config("trust: []\n")
    done = mlctl("upgrade", "--commit", cwd=project)
    assert (done.code, needed(project)) == (0, '">=3.10"')
    assert "not on your trust list: run `uv lock`" in done.err


def test_a_conflict_comes_before_the_lock(project: Path, mlctl: kit.Mlctl) -> None:
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace("one", "hers"))
    kit.commit(project)
    done = mlctl("upgrade", cwd=project)
    assert (done.code, needed(project)) == (1, '">=3.10"')
    assert "once the conflicts are resolved, run `uv lock`" in done.err


def test_an_upgrade_that_changes_no_package_leaves_the_lock(platform: Path, project: Path, mlctl: kit.Mlctl) -> None:
    mlctl("upgrade", "--commit", cwd=project)
    kit.release(platform, "v1.3.0", {f"base/{kit.TOP}/README.md": "# New\n"})
    done = mlctl("upgrade", "--commit", cwd=project)
    assert (done.code, "uv" in done.out + done.err) == (0, False)

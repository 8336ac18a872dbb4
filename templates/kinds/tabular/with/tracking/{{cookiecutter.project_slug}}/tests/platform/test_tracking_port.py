"""What the rest of the project relies on, whatever tracks its runs."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.platform import bundle, tracking
from {{ cookiecutter.package_name }}.platform.bundle import Manifest
from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.errors import ProjectError


@pytest.fixture
def champion(workspace: Workspace) -> Manifest:
    return bundle.read(workspace.champion)


@pytest.fixture
def own(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A copy of what the rehearsal left behind, to write into."""
    return Workspace(workspace.root, shutil.copytree(workspace.build, tmp_path / "build"))


def test_a_run_is_read_back_as_it_was_recorded(workspace: Workspace, champion: Manifest) -> None:
    found = tracking.find(workspace, champion.name, champion.run_id)
    assert found.id == champion.run_id
    assert {"task", "target", "seed", "split.by", "model"} <= found.params.keys()
    assert all(isinstance(value, str) for value in found.params.values())
    assert found.manifest["digest"] == champion.digest
    assert found.metrics == json.loads((workspace.champion / "metrics.json").read_text())


def test_the_latest_run_is_found_without_an_id(workspace: Workspace, champion: Manifest) -> None:
    latest = tracking.find(workspace, champion.name, None)
    assert tracking.find(workspace, champion.name, latest.id) == latest
    assert latest.manifest["created_at"] >= champion.created_at


@pytest.mark.parametrize("run", ["nobody", "../../secret", ""])
def test_a_run_that_nobody_recorded_is_told(
    workspace: Workspace, champion: Manifest, run: str
) -> None:
    with pytest.raises(ProjectError, match="is recorded"):
        tracking.find(workspace, champion.name, run)


def test_each_registration_is_a_version_of_its_own(own: Workspace, champion: Manifest) -> None:
    versions = [int(tracking.register(own, champion)) for _ in range(2)]
    assert int(champion.version) < versions[0] < versions[1]


def test_an_earlier_champion_is_restored(own: Workspace, champion: Manifest) -> None:
    tracking.register(own, champion)
    tracking.restore(own, champion)
    tracking.restore(own, replace(champion, digest="0" * 64, version="99"))  # of another registry
    assert int(tracking.register(own, champion)) > int(champion.version)


def test_the_store_of_a_rehearsal_stays_in_its_folder(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MLFLOW_TRACKING_URI", "TRACKING_FOLDER"):
        monkeypatch.setenv(name, "https://elsewhere.example")
    assert str(workspace.build) in tracking.uri(workspace)

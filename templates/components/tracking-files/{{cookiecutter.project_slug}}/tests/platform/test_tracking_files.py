"""What the files of the tracking store say of a run and of the champion."""

import json
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
def store(workspace: Workspace, champion: Manifest) -> Path:
    return workspace.store / "runs" / champion.name


def test_a_run_is_a_folder_that_people_can_read(store: Path, champion: Manifest) -> None:
    told = json.loads((store / "runs" / str(champion.run_id) / "run.json").read_text())
    assert {"task", "target", "seed", "split.by", "model"} <= told["params"].keys()
    assert told["digest"] == champion.digest
    assert told["data"]["sha256"] == champion.data["sha256"]
    assert told["git_commit"] == champion.git_commit


def test_the_registry_names_the_champion(workspace: Workspace, champion: Manifest) -> None:
    known = tracking.champion(workspace, champion.name)
    assert known == {
        "version": champion.version,
        "run": champion.run_id,
        "digest": champion.digest,
    }


def test_a_run_without_a_bundle_is_told(
    workspace: Workspace, champion: Manifest, store: Path
) -> None:
    empty = store / "runs" / "20200101T000000000000-00000000"
    empty.mkdir()
    with pytest.raises(ProjectError, match="holds no bundle"):
        tracking.find(workspace, champion.name, empty.name)
    empty.rmdir()


def test_an_id_never_leads_out_of_the_store(workspace: Workspace, champion: Manifest) -> None:
    with pytest.raises(ProjectError, match="is recorded"):
        tracking.find(workspace, champion.name, f"../runs/{champion.run_id}")


def test_git_does_not_see_the_store(store: Path) -> None:
    assert (store.parent / ".gitignore").read_text().endswith("*\n")


def test_a_shared_folder_holds_the_runs_of_a_team(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tracking.FOLDER, str(tmp_path / "shared"))
    project = Workspace(tmp_path, tmp_path / "build")
    assert tracking.uri(project) == (tmp_path / "shared").as_uri()

"""The bundle: complete, sealed, and the same for the same code, data and seed."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, rescore
from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.train import train


def test_a_bundle_holds_all_it_takes_to_predict(workspace: Workspace) -> None:
    found = {path.name for path in workspace.champion.iterdir()}
    texts = {"request.json", "reference.json", "metrics.json", "card.md"}
    assert found == texts | {"model.skops", "source", "MANIFEST.json"}


def test_the_same_code_data_and_seed_give_the_same_digest(
    workspace: Workspace, data: Data, tmp_path: Path
) -> None:
    again = train(replace(workspace, build=tmp_path), data).manifest
    first = bundle.read(workspace.champion)
    assert (again.files, again.digest) == (first.files, first.digest)


@pytest.mark.parametrize("name", ["model.skops", "request.json", "MANIFEST.json"])
def test_a_bundle_that_was_tampered_with_is_refused(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(workspace.champion, copy)
    text = (copy / name).read_bytes()
    (copy / name).write_bytes(text.replace(b'"target"', b'"tarjet"') if name[-1] == "n" else b"x")
    with pytest.raises(ProjectError, match=name):
        bundle.load(copy)


def test_a_changed_threshold_breaks_the_seal(workspace: Workspace, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(workspace.champion, copy)
    manifest = json.loads((copy / "MANIFEST.json").read_text())
    (copy / "MANIFEST.json").write_text(json.dumps(manifest | {"threshold": 0.123}))
    with pytest.raises(ProjectError, match=r"MANIFEST\.json"):
        bundle.load(copy)


def test_code_slipped_into_a_bundle_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(workspace.champion, copy)
    (copy / "source" / bundle.PACKAGE / "more.py").write_text("")
    with pytest.raises(ProjectError, match=r"more\.py"):
        bundle.load(copy)


def test_no_bundle_is_told_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no bundle") as error:
        bundle.load(tmp_path)
    assert "train" in error.value.hint


def test_one_row_and_many_rows_agree(workspace: Workspace, data: Data) -> None:
    champion, rows = bundle.load(workspace.champion), data.rows.tail(20)
    alone = np.vstack([champion.outputs(rows.iloc[[place]]) for place in range(20)])
    np.testing.assert_allclose(alone, champion.outputs(rows), rtol=0, atol=1e-9)


def test_scores_of_the_same_rows_are_remembered(
    workspace: Workspace, data: Data, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = data.rows.tail(5)
    first = rescore.scores(workspace.champion, rows, kept=tmp_path)
    monkeypatch.setattr(rescore, "run", None)
    assert first.equals(rescore.scores(workspace.champion, rows, kept=tmp_path))

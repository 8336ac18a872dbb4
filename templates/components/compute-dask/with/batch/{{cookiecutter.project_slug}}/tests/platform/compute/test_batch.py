"""Batch scoring over a cluster: the same rows and the same refusals, however it fares."""

import subprocess
from pathlib import Path

import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, predlog
from {{ cookiecutter.package_name }}.platform.backends import dask
from {{ cookiecutter.package_name }}.platform.batch import Order, score
from {{ cookiecutter.package_name }}.platform.bundle import Bundle
from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.errors import ProjectError

TIME = "scored_at"


@pytest.fixture(scope="module")
def model(workspace: Workspace) -> Bundle:
    return bundle.load(workspace.champion)


@pytest.fixture
def given(data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(predlog.URI, raising=False)
    monkeypatch.delenv(dask.SETTING, raising=False)
    data.rows.tail(500).to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path / "rows.csv"


def test_a_file_is_scored_the_same_under_the_champions_own_code(
    model: Bundle, given: Path, cluster: str
) -> None:
    here, there = given.with_name("here.csv"), given.with_name("there.csv")
    score(model, Order(str(given), str(here), chunk_rows=90))
    command = [*bundle.command(model.path, "batch"), "--bundle", str(model.path)]
    command += ["--input", str(given), "--output", str(there), "--chunk-rows", "90"]
    own = bundle.environment(model.path) | {dask.SETTING: cluster}
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"workers of {cluster}" in done.stderr
    one, other = (pd.read_csv(path, dtype=str).drop(columns=TIME) for path in (here, there))
    pd.testing.assert_frame_equal(one, other)


def test_a_bad_row_is_named_as_it_is_here(
    model: Bundle, given: Path, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [column.name for column in model.request.columns if column.type != "string"]
    if not found:
        pytest.skip("the contract takes any word")
    rows = pd.read_csv(given, dtype=str)
    rows.loc[321, found[0]] = "a word"
    rows.to_csv(given, index=False)
    monkeypatch.setenv(dask.SETTING, cluster)
    with pytest.raises(ProjectError, match="row 322: column "):
        score(model, Order(str(given), str(given.with_name("out.csv")), chunk_rows=90))
    assert {path.name for path in given.parent.iterdir()} == {given.name}

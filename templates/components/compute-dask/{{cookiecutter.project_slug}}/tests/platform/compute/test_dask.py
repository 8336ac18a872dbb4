"""Work on a real cluster: the same results as here, by the code that asks, and no hanging."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV

from {{ cookiecutter.package_name }}.platform import config, evaluate
from {{ cookiecutter.package_name }}.platform import split as parts
from {{ cookiecutter.package_name }}.platform.backends import LOCAL, backend, dask
from {{ cookiecutter.package_name }}.platform.bundle import HOME, PACKAGE
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.errors import Exit, ProjectError
from {{ cookiecutter.package_name }}.platform.train import (
    attempt,
    candidates,
    cross_validate,
    feature_names,
    find_classes,
)

Start = Callable[..., Any]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Name a cluster, or none."""
    monkeypatch.delenv(dask.SETTING, raising=False)
    return lambda address: monkeypatch.setenv(dask.SETTING, address)


def tasks(count: int, work: Callable[..., Any], *words: Any) -> list[Any]:
    found: list[Any] = joblib.Parallel()(joblib.delayed(work)(*words) for _ in range(count))
    return found


@pytest.mark.usefixtures("on")
def test_without_a_name_nothing_is_started_and_it_is_said() -> None:
    with backend() as where:
        assert (where.name, where.width) == (f"{LOCAL.name} ({dask.SETTING} is not set)", 1)
        assert set(tasks(4, os.getpid)) == {os.getpid()}


def test_tasks_run_on_the_workers_and_not_here(on: Callable[[str], None], cluster: str) -> None:
    on(cluster)
    with backend() as where:
        found = set(tasks(40, os.getpid))
    assert where.name.endswith(f" of {cluster}")
    assert where.width >= 1
    assert found
    assert os.getpid() not in found


def test_candidates_are_chosen_by_the_same_figures(
    on: Callable[[str], None], cluster: str, data: Data
) -> None:
    params = config.params()
    rows = parts.split(data.rows, params, data.settings.label_delay_days)
    names, classes = feature_names(params, list(data.rows.columns)), find_classes(rows, params)
    with backend(), evaluate.quiet():
        here = cross_validate(rows.train, params, names, classes)
    on(cluster)
    with backend(), evaluate.quiet():
        there = cross_validate(rows.train, params, names, classes)
    assert list(there) == list(here)
    for name, folds in here.items():
        for one, other in zip(folds, there[name], strict=True):
            np.testing.assert_allclose(np.c_[other], np.c_[one], rtol=0, atol=1e-12)


def test_a_search_of_the_teams_own_finds_the_same(
    on: Callable[[str], None], cluster: str, data: Data
) -> None:
    params = config.params()
    rows = parts.split(data.rows, params, data.settings.label_delay_days)
    names, classes = feature_names(params, list(data.rows.columns)), find_classes(rows, params)
    train = rows.train.tail(300)
    truth = evaluate.encode(train[params.target], classes)
    if classes and len(np.unique(truth)) < 2:
        pytest.skip("the last rows are all of one class")
    linear = candidates(train[names], params)["linear"]
    grid = {f"{linear.steps[-1][0]}__{'C' if classes else 'alpha'}": [0.01, 1.0]}

    def search() -> Any:
        return GridSearchCV(linear, grid, cv=2, error_score="raise").fit(train[names], truth)

    with evaluate.quiet():
        here = search()
        on(cluster)
        with backend():
            there = search()
    np.testing.assert_allclose(
        there.cv_results_["mean_test_score"], here.cv_results_["mean_test_score"], atol=1e-12
    )
    assert there.best_params_ == here.best_params_


def test_the_code_that_asks_is_the_code_that_runs(on: Callable[[str], None], cluster: str) -> None:
    on(cluster)
    with backend():
        found = set(tasks(40, eval, f"__import__('{PACKAGE}.features').features.__file__"))
    assert found
    for file in map(Path, found):  # each worker has a folder of its own
        assert dask.packed().folder in file.parts
        assert not file.is_relative_to(HOME)


def test_an_error_of_a_task_comes_back_whole(on: Callable[[str], None], cluster: str) -> None:
    on(cluster)
    rows = pd.DataFrame({"x": [1.0]})
    with backend(), pytest.raises(AttributeError, match="no attribute 'fit'"):
        tasks(1, attempt, None, rows, np.array([0]), np.array([0]), np.array([0]), 0)


def test_two_runs_never_share_workers(
    on: Callable[[str], None], cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(cluster)
    monkeypatch.setattr(dask, "TURN", 0.2)
    with backend(), pytest.raises(ProjectError, match="works for another run"), backend():
        pass
    with backend() as where:
        assert where.width >= 1


def test_a_cluster_without_workers_is_told(
    on: Callable[[str], None], lonely: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(lonely)
    monkeypatch.setattr(dask, "PATIENCE", 1)
    with pytest.raises(ProjectError, match="has no workers") as error, backend():
        pass
    assert f"uv run dask worker {lonely}" in error.value.hint


def test_a_scheduler_that_does_not_answer_is_told(
    on: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask, "PATIENCE", 1)
    on("tcp://127.0.0.1:9")
    where = r"DASK_SCHEDULER=tcp://127\.0\.0\.1:9"
    with pytest.raises(ProjectError, match=where) as error, backend():
        pass
    assert error.value.code == Exit.CANNOT


def test_a_worker_with_another_version_is_refused() -> None:
    def said(**changes: str) -> dict[str, Any]:
        packages = dict.fromkeys(dask.SAME, "1.0") | changes
        return {"host": {"python": changes.get("python", "3.11.7.final.0")}, "packages": packages}

    dask.refuse("tcp://a", {"client": said(), "workers": {"w": said(python="3.11.9.final.0")}})
    for worker, told in [
        (said(sklearn="0.9"), "worker w has sklearn 0.9 where this machine has 1.0"),
        (said(python="3.12.1.final.0"), "worker w has python 3.12 where this machine has 3.11"),
    ]:
        with pytest.raises(ProjectError, match=told):
            dask.refuse("tcp://a", {"client": said(), "workers": {"w": worker}})

"""What MLflow is told of a run, and what the registry says of the champion."""

from typing import Any

import mlflow
import numpy as np
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, tracking
from {{ cookiecutter.package_name }}.platform.bundle import Manifest
from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.schema import typed


@pytest.fixture
def champion(workspace: Workspace) -> Manifest:
    mlflow.set_tracking_uri(tracking.uri(workspace))
    return bundle.read(workspace.champion)


@pytest.fixture
def run(champion: Manifest) -> Any:
    return mlflow.get_run(str(champion.run_id))


def test_a_run_knows_its_params_metrics_and_model(run: Any) -> None:
    assert {"task", "target", "seed", "split.by", "model"} <= run.data.params.keys()
    assert any(name.startswith("baseline_") for name in run.data.metrics)
    assert run.outputs.model_outputs


def test_a_run_knows_its_data_and_its_lock(run: Any, champion: Manifest) -> None:
    [given] = run.inputs.dataset_inputs
    assert champion.data["sha256"].startswith(given.dataset.digest)
    assert run.data.tags["digest"] == champion.digest
    assert run.data.tags.get("lock_sha256") == champion.lock_sha256
    assert run.data.tags.get("git_commit") == champion.git_commit


def test_the_registry_names_the_champion(champion: Manifest) -> None:
    known = mlflow.MlflowClient().get_model_version_by_alias(champion.name, tracking.ALIAS)
    assert str(known.version) == champion.version
    assert known.run_id == champion.run_id
    assert known.tags["digest"] == champion.digest


def test_the_registered_model_knows_its_columns_and_predicts_as_the_champion(
    champion: Manifest, workspace: Workspace, data: Data
) -> None:
    model, rows = bundle.load(workspace.champion), data.rows.tail(20)
    registered = mlflow.pyfunc.load_model(f"models:/{champion.name}@{tracking.ALIAS}")
    names = registered.metadata.get_input_schema().input_names()
    assert names == [column.name for column in model.request.columns]
    told = np.asarray(registered.predict(typed(rows, model.request.columns)))
    np.testing.assert_allclose(told.reshape(20, -1), model.outputs(rows), rtol=0, atol=1e-9)


def test_a_run_without_a_bundle_is_told(workspace: Workspace, champion: Manifest) -> None:
    client, known = mlflow.MlflowClient(), mlflow.get_run(str(champion.run_id)).info
    run = client.create_run(known.experiment_id, start_time=1).info.run_id
    with pytest.raises(ProjectError, match="holds no bundle"):
        tracking.find(workspace, champion.name, run)
    client.delete_run(run)

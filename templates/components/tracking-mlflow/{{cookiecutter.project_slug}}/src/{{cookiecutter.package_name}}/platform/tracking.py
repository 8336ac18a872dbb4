"""Tracking and registry, filled by MLflow on SQLite; MLFLOW_TRACKING_URI names another server."""

import json
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from .bundle import Manifest
from .config import Params, Workspace
from .errors import COMMAND, Exit, ProjectError
from .runs import Run, settings
from .schema import Column, Request

if TYPE_CHECKING:  # it brings scikit-learn along, and `predict` and `rollback` shall start at once
    from .evaluate import Evaluation

ALIAS = "champion"
TYPES = {
    "integer": "long",
    "number": "double",
    "boolean": "boolean",
    "string": "string",
    "date": "datetime",
    "datetime": "datetime",
}


def log(
    workspace: Workspace,
    manifest: Manifest,
    params: Params,
    chosen: str,
    judged: "Evaluation",
    model: Any,
) -> str:
    """Record a training run with its bundle and its model in MLflow's own format; the run's id."""
    sums = {"git_commit": manifest.git_commit, "lock_sha256": manifest.lock_sha256}
    tags = {key: value for key, value in sums.items() if value} | {"digest": manifest.digest}
    with _mlflow(workspace, manifest.name) as mlflow, mlflow.start_run(tags=tags) as run:
        mlflow.set_tag("git_dirty", str(manifest.git_dirty).lower())
        mlflow.log_params(settings(params, chosen))
        mlflow.log_metrics(judged.metrics)
        mlflow.log_metrics({f"baseline_{k}": v for k, v in judged.baseline.items()})
        mlflow.MlflowClient().log_inputs(run.info.run_id, [_dataset(manifest.data)])
        mlflow.log_artifacts(str(workspace.challenger), artifact_path="bundle")
        _log_model(mlflow, workspace, manifest, model)
        return str(run.info.run_id)


def _log_model(mlflow: Any, workspace: Workspace, manifest: Manifest, model: Any) -> None:
    from ..model import TRUSTED

    request = Request.read(workspace.challenger / "request.json")

    mlflow.sklearn.log_model(
        model,
        name="model",
        serialization_format="skops",
        skops_trusted_types=TRUSTED,
        signature=_signature(request),
        pyfunc_predict_fn="predict_proba" if manifest.classes else "predict",
        pip_requirements=[f"{name}=={number}" for name, number in manifest.versions.items()],
    )


def _signature(request: Request) -> Any:
    """What the model takes, one typed column each, and the floats that it gives."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

    inputs: list[Any] = [ColSpec(DataType[_type(c)], c.name) for c in request.columns]
    shape = (-1, len(request.classes)) if request.classes else (-1,)
    outputs: list[Any] = [TensorSpec(np.dtype("float64"), shape)]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _type(column: Column) -> str:
    """MLflow's name of a column's type; whole numbers and truth with gaps are floats."""
    if column.nullable and column.type in ("integer", "boolean"):
        return "double"
    return TYPES[column.type]


def find(workspace: Workspace, name: str, run: str | None) -> Run:
    """The recorded run of an id, or the latest; raises where there is none, or one of others."""
    from mlflow.exceptions import MlflowException

    with _mlflow(workspace, name) as mlflow:
        if run is None:
            run = _latest(mlflow, name)
        try:
            params = mlflow.get_run(run).data.params
        except MlflowException:
            hint = (
                f"`{COMMAND} train` records runs and tells their ids; see also MLFLOW_TRACKING_URI"
            )
            raise ProjectError(f"no run {run} is recorded", hint, Exit.CANNOT) from None
        try:
            files = [f"runs:/{run}/bundle/{file}" for file in ("MANIFEST.json", "metrics.json")]
            return Run(run, params, *(mlflow.artifacts.load_dict(file) for file in files))
        except MlflowException:
            hint = "name a run of this project that came to its end"
            raise ProjectError(f"the run {run} holds no bundle", hint, Exit.CANNOT) from None


def _latest(mlflow: Any, name: str) -> str:
    experiment = mlflow.get_experiment_by_name(name).experiment_id
    order = ["attributes.start_time DESC"]
    found = mlflow.MlflowClient().search_runs([experiment], order_by=order, max_results=1)
    if not found:
        raise ProjectError("no run is recorded", f"run `{COMMAND} train`", Exit.CANNOT)
    return str(found[0].info.run_id)


def register(workspace: Workspace, manifest: Manifest) -> str:
    """Register the run's model and name it the champion; its version."""
    with _mlflow(workspace, manifest.name) as mlflow:
        client = mlflow.MlflowClient()
        if not client.search_registered_models(f"name = '{manifest.name}'"):
            client.create_registered_model(manifest.name)
        source = _logged_model(mlflow, manifest)
        tags = {"digest": manifest.digest}
        made = client.create_model_version(
            manifest.name, source, manifest.run_id, tags=tags, model_id=source.rpartition("/")[2]
        )
        client.set_registered_model_alias(manifest.name, ALIAS, made.version)
        return str(made.version)


def restore(workspace: Workspace, manifest: Manifest) -> None:
    """Name an earlier version the champion again, if the registry knows it."""
    with _mlflow(workspace, manifest.name) as mlflow:
        client = mlflow.MlflowClient()
        versions = client.search_model_versions(f"name = '{manifest.name}'")
        same = [str(v.version) for v in versions if v.tags.get("digest") == manifest.digest]
        if same:  # by digest, since a registry that began anew counts otherwise
            wanted = manifest.version if manifest.version in same else same[0]
            client.set_registered_model_alias(manifest.name, ALIAS, wanted)


def uri(workspace: Workspace) -> str:
    """Where runs are recorded; a rehearsal never leaves the machine."""
    local = f"sqlite:///{workspace.store / 'mlflow.db'}"
    return local if workspace.rehearsal else os.environ.get("MLFLOW_TRACKING_URI") or local


@contextmanager
def _mlflow(workspace: Workspace, name: str) -> Iterator[Any]:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    mlflow = _imported()
    workspace.store.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.set_tracking_uri(uri(workspace))
        if mlflow.get_experiment_by_name(name) is None:
            local = uri(workspace).startswith("sqlite:")
            folder = (workspace.store / "mlruns").as_uri() if local else None
            mlflow.create_experiment(name, artifact_location=folder)
        mlflow.set_experiment(name)
        yield mlflow


@cache
def _imported() -> Any:
    import mlflow
    import mlflow.sklearn

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


def _logged_model(mlflow: Any, manifest: Manifest) -> str:
    run = mlflow.get_run(manifest.run_id)
    return f"models:/{run.outputs.model_outputs[0].model_id}"


def _dataset(data: dict[str, Any]) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = json.dumps({"uri": data["uri"], "sha256": data["sha256"]})
    dataset = Dataset(data["name"], data["sha256"][:36], "local", source)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])

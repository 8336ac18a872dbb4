"""What the service keeps of its answers: ids, the prediction log, bins of what is not logged."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.platform import predlog
from {{ cookiecutter.package_name }}.platform.demo.serve import instances
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.histograms import Histograms
from {{ cookiecutter.package_name }}.platform.request import ID, Parser, notes
from {{ cookiecutter.package_name }}.platform.schema import Column, Request
from {{ cookiecutter.package_name }}.platform.service import Service, create_app

REFERENCE = {
    "features": {
        "age": {"kind": "deciles", "edges": [10.0, 20.0], "counts": [1, 1, 1]},
        "town": {"kind": "categories", "counts": {"b": 2, "a": 1}, "other": 0},
        "kept": {"kind": "deciles", "edges": [], "counts": [0]},
    },
    "scores": {"yes": {"edges": [0.5], "counts": [1, 1]}},
}
Start = Callable[[Path | str], Service]


@pytest.fixture
def start(champion: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start an application in this process that logs into a folder, under a key."""

    def make(folder: Path | str) -> Service:
        monkeypatch.setenv(predlog.URI, str(folder))
        monkeypatch.setenv(predlog.KEY, "key")
        service = Service(champion)
        service.load()
        return service

    return make


def metric(client: TestClient, name: str) -> dict[tuple[str, ...], int]:
    """The values of a metric by its labels, in the order of their names."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = [s for family in families for s in family.samples if s.name == name]
    return {tuple(v for _, v in sorted(s.labels.items())): int(s.value) for s in samples}


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [prediction["id"] for prediction in answer.json()["predictions"]]


def test_every_prediction_has_an_id_and_may_bring_its_own(
    client: TestClient, row: dict[str, Any]
) -> None:
    body = {"instances": [row, row | {ID: "order-7"}, row]}
    first, second = (ids(client.post("/predict", json=body)) for _ in range(2))
    assert first[1] == second[1] == "order-7"
    assert len({*first, *second}) == 5


@pytest.mark.parametrize("wrong", [7, None, ["x"]])
def test_a_note_beside_the_features_is_as_strict_as_they_are(
    client: TestClient, row: dict[str, Any], wrong: Any
) -> None:
    answer = client.post("/predict", json={"instances": [row | {ID: wrong}]})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "instances", 0, ID]


def test_a_column_of_the_model_is_no_note() -> None:
    own = Request((Column(ID, "string"), Column("x", "number")), "y", entity=Column("x", "number"))
    assert notes(own) == ()
    whom = Column("whom", "string", alias="Whom Else")
    rows = Parser(own.columns, [whom]).rows([{ID: "a", "x": 1, "Whom Else": "C1"}])
    assert rows["whom"] == ["C1"]


def test_what_is_answered_stands_in_the_log_and_no_more(
    start: Start, tmp_path: Path, rows: pd.DataFrame, request_schema: Request
) -> None:
    service = start(tmp_path)
    client, sent = TestClient(create_app(service)), instances(request_schema.columns, rows.head(20))
    answer = client.post("/predict", json={"instances": sent})
    service.close()
    found = predlog.read(tmp_path)
    assert found["id"].tolist() == ids(answer)
    told = [prediction["prediction"] for prediction in answer.json()["predictions"]]
    assert found["output.prediction"].tolist() == told
    columns = {f"feature.{column.name}" for column in request_schema.columns if column.loggable}
    assert {name for name in map(str, found) if name.startswith("feature.")} == columns
    assert metric(client, "prediction_log_rows_total") == {(): 20}


def test_a_request_of_the_protocol_names_its_rows_and_the_entity_is_hashed(
    start: Start, tmp_path: Path, row: dict[str, Any], request_schema: Request
) -> None:
    service = start(tmp_path)
    client, model = TestClient(create_app(service)), f"/v2/models/{service.name}"
    tensors = [
        tensor | {"shape": [2], "data": [row[tensor["name"]]] * 2}
        for tensor in client.get(model).json()["inputs"]
    ]
    whom = request_schema.entity
    if whom and whom.type == "string" and whom in notes(request_schema):
        tensors.append({"name": whom.header, "shape": [2], "datatype": "BYTES", "data": ["C1"] * 2})
    answer = client.post(f"{model}/infer", json={"id": "7", "inputs": tensors})
    assert answer.json()["id"] == "7", answer.text
    service.close()
    found = predlog.read(tmp_path)
    assert found["id"].tolist() == ["7/0", "7/1"]
    if len(tensors) > len(request_schema.columns):
        assert found["entity"].tolist() == [predlog.pseudonym("C1", "key")] * 2
    assert "C1" not in "".join(path.read_text() for path in tmp_path.rglob("*.jsonl"))


def test_a_log_that_is_lost_breaks_no_prediction(
    start: Start, tmp_path: Path, row: dict[str, Any]
) -> None:
    (tmp_path / "file").write_text("")
    service = start(tmp_path / "file" / "log")
    client = TestClient(create_app(service))
    assert len(ids(client.post("/predict", json={"instances": [row] * 3}))) == 3
    service.close()
    assert metric(client, "prediction_log_lost_rows_total") == {(): 3}


def test_a_log_that_nobody_can_write_is_refused_at_the_start(start: Start) -> None:
    with pytest.raises(ProjectError, match="gopher"):
        start("gopher://nowhere")


def test_values_fall_into_the_bins_of_training(tmp_path: Path) -> None:
    (tmp_path / "reference.json").write_text(json.dumps(REFERENCE))
    bins = Histograms(tmp_path / "reference.json", ["kept"])
    found = bins.features({"age": [9, 10, 25, None], "town": ["a", "b", "new", None], "kept": [1]})
    age = {("age", name): 1 for name in ("0", "1", "2", "missing")}
    town = {("town", name): 1 for name in ("0", "1", "other", "missing")}
    assert found == Counter(age | town)
    scores = bins.outputs({"probability_yes": [0.5, 0.2]})
    assert scores == {("yes", "1"): 1, ("yes", "0"): 1}
    features, classes = bins.all()
    assert found.keys() <= features
    assert scores.keys() <= classes


def test_what_is_not_logged_is_counted_by_bin_and_never_by_value(
    start: Start, tmp_path: Path, row: dict[str, Any], client: TestClient, request_schema: Request
) -> None:
    name, body = "model_feature_values_total", {"instances": [row] * 5}
    before = metric(client, name)
    client.post("/predict", json=body)
    grown = Counter(metric(client, name)) - Counter(before)
    columns = Counter(column for _, column in grown.elements())
    assert set(columns.values()) == {5}
    assert all(place.isdigit() or place in ("missing", "other") for place, _ in before)
    logging = TestClient(create_app(start(tmp_path)))
    kept = {column.name for column in request_schema.columns if column.loggable}
    assert {column for _, column in metric(logging, name)} == set(columns) - kept

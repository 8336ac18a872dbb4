"""The service: its routes and their refusals."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.platform.explain import MOST_ROWS, Explainer
from {{ cookiecutter.package_name }}.platform.metrics import NAMES
from {{ cookiecutter.package_name }}.platform.schema import Request
from {{ cookiecutter.package_name }}.platform.service import MAX_BYTES, Service, create_app

JSON = {"Content-Type": "application/json"}


def sample(client: TestClient, name: str, **labels: str) -> float:
    text = client.get("/metrics").text
    found = [s for f in text_string_to_metric_families(text) for s in f.samples if s.name == name]
    return sum(s.value for s in found if labels.items() <= s.labels.items())


def model_url(client: TestClient) -> str:
    return f"/v2/models/{client.get('/version').json()['name']}"


def tensors(client: TestClient, row: dict[str, Any], shape: list[int]) -> list[dict[str, Any]]:
    inputs = client.get(model_url(client)).json()["inputs"]
    return [t | {"shape": shape, "data": [row[t["name"]]] * shape[0]} for t in inputs]


def test_until_the_model_is_loaded_the_process_lives_but_is_not_ready(champion: Path) -> None:
    service = Service(champion)
    client, model = TestClient(create_app(service)), f"/v2/models/{service.name}"
    live = ["/healthz", "/version", "/metrics", "/v2", "/v2/health/live"]
    assert {client.get(path).status_code for path in live} == {200}
    waiting = ["/readyz", "/v2/health/ready", model, f"{model}/ready", "/openapi.json"]
    assert {client.get(path).status_code for path in waiting} == {503}
    refused = client.post("/predict", json={})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert client.post("/explain", json={}).status_code == 503
    assert client.post(f"{model}/infer", json={}).json() == {"error": "the model is loading"}
    assert sample(client, "model_ready") == 0


def test_a_row_is_predicted(client: TestClient, row: dict[str, Any]) -> None:
    answer = client.post("/predict", json={"instances": [row, row]}).json()
    about = client.get("/version").json()
    assert (answer["model_name"], answer["model_version"]) == (about["name"], about["version"])
    first, second = answer["predictions"]
    assert first.pop("id") != second.pop("id")
    assert first == second
    if about["task"] != "regression":
        assert sum(first["probabilities"].values()) == pytest.approx(1)


def test_the_threshold_of_the_bundle_decides(
    client: TestClient, application: Service, row: dict[str, Any]
) -> None:
    manifest = application.loaded().bundle.manifest
    if manifest.task != "binary":
        pytest.skip("only a binary task has a threshold")
    found = client.post("/predict", json={"instances": [row]}).json()["predictions"][0]
    positive = list(found["probabilities"].values())[1]
    assert found["prediction"] == manifest.classes[positive >= manifest.threshold]


def test_a_row_is_explained_as_in_this_process_and_the_figures_add_up(
    client: TestClient, application: Service, row: dict[str, Any]
) -> None:
    answer = client.post("/explain", json={"instances": [row, row]}).json()
    about = client.get("/version").json()
    assert (answer["model_name"], answer["model_version"]) == (about["name"], about["version"])
    first, second = answer["explanations"]
    assert first == second
    gains = {each["column"]: each["contribution"] for each in first["contributions"]}
    assert first["base"] + sum(gains.values()) == pytest.approx(first["output"], abs=1e-6)
    [here] = Explainer(application.loaded().bundle).explain(pd.DataFrame([row], dtype=object))
    assert gains == pytest.approx({c.column: c.contribution for c in here.contributions}, abs=1e-9)
    told = client.post("/predict", json={"instances": [row]}).json()["predictions"][0]
    assert first["prediction"] == told["prediction"]
    outputs = told.get("probabilities", told)
    assert outputs[first["explained"].removeprefix("probability_")] == pytest.approx(
        first["output"]
    )


def test_what_cannot_be_predicted_or_is_too_much_is_not_explained(
    client: TestClient, row: dict[str, Any]
) -> None:
    lacking = dict(list(row.items())[1:])
    answer = client.post("/explain", json={"instances": [row, lacking]})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "instances", 1, next(iter(row))]
    many = client.post("/explain", json={"instances": [row] * (MOST_ROWS + 1)})
    assert (many.status_code, many.json()["detail"][0]["type"]) == (422, "too_long")
    assert client.post("/predict", json={"instances": [row] * (MOST_ROWS + 1)}).status_code == 200


@pytest.mark.parametrize("text", ["NaN", "Infinity", '"3"', "true", "1e999", "[]"])
def test_what_is_no_number_is_refused_by_name(
    client: TestClient, request_schema: Request, row: dict[str, Any], text: str
) -> None:
    numbers = [c.header for c in request_schema.columns if c.type in ("integer", "number")]
    if not numbers:
        pytest.skip("the contract has no number")
    raw = json.dumps({"instances": [row, row | {numbers[0]: "?"}]}).replace('"?"', text)
    answer = client.post("/predict", content=raw, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "instances", 1, numbers[0]]


def test_bodies_that_are_not_json_or_too_large_are_refused(client: TestClient) -> None:
    def status(content: bytes, **headers: str) -> int:
        return int(client.post("/predict", content=content, headers=headers).status_code)

    assert status(b"{}", **{"Content-Type": "text/plain"}) == 415
    assert status(b"{}", **JSON, **{"Content-Encoding": "gzip"}) == 415
    assert status(b" " * (MAX_BYTES + 1), **JSON) == 413
    assert status(b"{", **JSON) == 422
    chunks = (b" " * 2**20 for _ in range(11))
    assert client.post("/predict", content=chunks, headers=JSON).status_code == 413


def test_unknown_paths_and_methods_are_told_in_the_form_of_their_protocol(
    client: TestClient,
) -> None:
    assert client.get("/nothing").json() == {"detail": "Not Found"}
    assert client.get("/v2/nothing").json() == {"error": "Not Found"}
    refused = client.get("/predict")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
    assert client.get("/v2/models/another").status_code == 404
    assert client.get(f"{model_url(client)}/versions/0").status_code == 404


def test_a_model_that_fails_is_a_500_that_is_counted_and_tells_nothing(
    client: TestClient, application: Service, row: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(application.loaded(), "_scores", fail)
    monkeypatch.setattr(application.loaded().explainer, "explain", fail)
    before = sample(client, "model_failures_total")
    for path in ("/predict", "/explain"):
        answer = client.post(path, json={"instances": [row]})
        assert answer.status_code == 500
        assert answer.json() == {"detail": "the model failed on this request"}
    assert sample(client, "model_failures_total") == before + 2


def test_a_fault_nobody_foresaw_is_a_500_without_traceback(
    client: TestClient, application: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application.loaded(), "metadata", lambda: 1 / 0)
    answer = client.get(model_url(client))
    assert answer.status_code == 500
    assert answer.json() == {"error": "the service failed on this request"}


def test_metrics_count_requests_by_route_and_predictions_by_class(
    client: TestClient, row: dict[str, Any]
) -> None:
    def requests() -> float:
        labels = {"route": "/v2/models/{model_name}", "status": "404"}
        return sample(client, "http_requests_total", **labels)

    before, rows = requests(), sample(client, "model_predictions_total")
    client.get("/v2/models/one"), client.get("/v2/models/two")
    client.post("/predict", json={"instances": [row] * 3})
    client.request("BREW", "/nothing")
    assert requests() == before + 2
    assert sample(client, "model_predictions_total") == rows + 3
    assert sample(client, "http_requests_total", route="unmatched", method="other") >= 1
    text = client.get("/metrics").text
    assert [name for name in NAMES if f"# TYPE {name.removesuffix('_total')}" not in text] == []


def test_categories_unseen_in_training_are_scored_and_counted(
    client: TestClient, request_schema: Request, row: dict[str, Any]
) -> None:
    found = [c for c in request_schema.columns if c.categories and not c.closed]
    if not found:
        pytest.skip("the contract has no open category")
    labels = {"column": found[0].name}
    before = sample(client, "model_unseen_categories_total", **labels)
    unseen = row | {found[0].header: "never seen before"}
    assert client.post("/predict", json={"instances": [row, unseen]}).status_code == 200
    assert sample(client, "model_unseen_categories_total", **labels) == before + 1


@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_the_protocol_answers_tensors_in_the_form_of_its_metadata(
    client: TestClient, row: dict[str, Any], shape: list[int]
) -> None:
    body = {"id": "7", "inputs": tensors(client, row, shape)}
    answer = client.post(f"{model_url(client)}/infer", json=body).json()
    plain = client.post("/predict", json={"instances": [row]}).json()["predictions"][0]
    assert answer["id"] == "7"
    assert answer["outputs"][0]["data"] == [plain["prediction"]] * 2
    metadata = client.get(model_url(client)).json()["outputs"]
    told = [(t["name"], t["datatype"]) for t in answer["outputs"]]
    assert told == [(t["name"], t["datatype"]) for t in metadata]
    assert {tuple(t["shape"]) for t in answer["outputs"]} == {(2,)}


def test_the_protocol_answers_only_the_outputs_asked_for(
    client: TestClient, row: dict[str, Any]
) -> None:
    body = {"inputs": tensors(client, row, [1]), "outputs": [{"name": "prediction"}]}
    answer = client.post(f"{model_url(client)}/infer", json=body).json()
    assert [tensor["name"] for tensor in answer["outputs"]] == ["prediction"]
    assert answer["id"]


def test_the_protocol_refuses_in_one_sentence(client: TestClient, row: dict[str, Any]) -> None:
    first, *others = tensors(client, row, [1])
    everything = {"inputs": [first, *others]}
    for body, sentence in [
        ({"inputs": []}, "body inputs"),
        ({"inputs": [first, first, *others]}, "given twice"),
        ({"inputs": [first | {"shape": [2]}, *others]}, "disagree"),
        ({"inputs": [first | {"shape": [1, 2]}, *others]}, "expected [rows]"),
        ({"inputs": [first | {"data": []}, *others]}, "0 values"),
        ({"inputs": [first | {"datatype": "FP8"}, *others]}, "expected"),
        ({"inputs": others}, f"row 0 {first['name']}: Field required"),
        ({"inputs": [first, *others, first | {"name": "x"}]}, "row 0 x"),
        (everything | {"outputs": [{"name": "x"}]}, "no output tensor is called 'x'"),
        (everything | {"parameters": {"x": float("inf")}}, "body parameters"),
    ]:
        raw = json.dumps(body)
        answer = client.post(f"{model_url(client)}/infer", content=raw, headers=JSON)
        assert (answer.status_code, list(answer.json())) == (400, ["error"])
        assert sentence in answer.json()["error"]

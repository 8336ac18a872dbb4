"""What callers, alerts and deployments rely on, whatever runs the service: asked from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from select import select
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prometheus_client.parser import text_string_to_metric_families

from {{ cookiecutter.package_name }}.platform import bundle, predlog
from {{ cookiecutter.package_name }}.platform.config import PACKAGE
from {{ cookiecutter.package_name }}.platform.demo.serve import (
    SKEW,
    Service,
    instances,
    serving,
)
from {{ cookiecutter.package_name }}.platform.errors import COMMAND
from {{ cookiecutter.package_name }}.platform.metrics import NAMES
from {{ cookiecutter.package_name }}.platform.schema import Request

PROBES = [
    "/healthz",
    "/readyz",
    "/version",
    "/metrics",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
]
# The command and not the pytest plug-in: its lazy schemas reach into pytest's private names.
SCHEMATHESIS = [
    Path(sys.executable).with_name("schemathesis"), "run", "--checks", "all", "--mode", "all",
    "--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--continue-on-failure",
    "--generation-deterministic", "--no-color",
]  # fmt: skip


def sample(service: Service, name: str) -> float:
    text = service.call("GET", "/metrics")[1]
    found = [s for f in text_string_to_metric_families(text) for s in f.samples if s.name == name]
    return sum(s.value for s in found)


def test_probes_and_metrics_are_where_deployments_look(service: Service) -> None:
    assert {path: service.call("GET", path)[0] for path in PROBES} == dict.fromkeys(PROBES, 200)
    text = service.call("GET", "/metrics")[1]
    assert [name for name in NAMES if f"# TYPE {name.removesuffix('_total')}" not in text] == []
    assert sample(service, "model_ready") == 1


def test_both_protocols_score_as_the_bundle_does(
    service: Service, rows: pd.DataFrame, request_schema: Request, champion: Path
) -> None:
    here = bundle.load(champion).predict(rows).select_dtypes("number").to_numpy()
    body = {"instances": instances(request_schema.columns, rows)}
    there = service.predictions(body), service.inference(request_schema.columns, body)
    assert [float(np.abs(here - found).max()) <= SKEW for found in there] == [True, True]


def test_predictions_are_counted_by_the_service_that_made_them(
    service: Service, row: dict[str, Any]
) -> None:
    before = sample(service, "model_predictions_total"), sample(service, "model_scores_total")
    service.post("/predict", {"instances": [row] * 3})
    after = sample(service, "model_predictions_total"), sample(service, "model_scores_total")
    assert after[0] == before[0] + 3
    assert after[1] > before[1]


def test_what_is_refused_is_refused_by_name(service: Service, row: dict[str, Any]) -> None:
    lacking = dict(list(row.items())[1:])
    raw = json.dumps({"instances": [row, lacking]}).encode()
    status, answer = service.call("POST", "/predict", raw)
    assert status == 422
    assert answer["detail"][0]["loc"] == ["body", "instances", 1, next(iter(row))]
    model = service.call("GET", "/version")[1]["name"]
    assert service.call("POST", f"/v2/models/{model}/infer", b"{}")[0] == 400
    assert service.call("POST", "/v2/models/another/infer", b"{}")[0] == 404
    assert service.call("POST", "/explain", raw)[0] == 422


def test_a_row_is_explained(service: Service, row: dict[str, Any]) -> None:
    [found] = service.post("/explain", {"instances": [row]})["explanations"]
    gains = [each["contribution"] for each in found["contributions"]]
    assert found["base"] + sum(gains) == pytest.approx(found["output"], abs=1e-6)


def test_every_route_keeps_the_document(service: Service, tmp_path: Path) -> None:
    command = [*map(str, SCHEMATHESIS), f"{service.url}/openapi.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "15 passed" in done.stdout, done.stdout


def hang_up(server: socket.socket, times: int) -> None:
    """Answer each caller once, and let the connection go without a word."""
    for _ in range(times):
        caller = server.accept()[0]
        caller.recv(4096)
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        caller.close()


def test_a_connection_that_was_let_go_while_idle_is_opened_anew(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as aside:
        server.settimeout(10)
        told = aside.submit(hang_up, server, 2)
        (tmp_path / "log").write_text(f"http://127.0.0.1:{server.getsockname()[1]},")
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            client = Service(process, tmp_path / "log")
        assert client.call("GET", "/a") == (200, "ok")
        select([client.connection.sock], [], [], 10)  # until the other end has let go
        assert client.call("POST", "/b", b"{}") == (200, "ok")
        told.result()
        client.connection.close()


@pytest.fixture
def ended(champion: Path, row: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """A process that predicted, and was told to stop right after."""
    with serving(champion, tmp_path / "log", tmp_path / "predictions") as running:
        running.wait()
        answers = [running.post("/predict", {"instances": [row] * 500}) for _ in range(3)]
        running.process.send_signal(signal.SIGTERM)
        code = running.process.wait(timeout=60)
    ids = [found["id"] for answer in answers for found in answer["predictions"]]
    return {"code": code, "ids": ids, "logged": predlog.read(tmp_path / "predictions")}


def test_a_signal_ends_it_cleanly_and_loses_no_prediction(ended: dict[str, Any]) -> None:
    assert ended["code"] == 0
    assert set(ended["ids"]) == set(ended["logged"]["id"])
    assert len(set(ended["ids"])) == 1500
    assert ended["logged"].attrs["torn"] == 0


def test_a_port_in_use_is_told_in_two_lines(champion: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [*bundle.command(champion, "serve"), "--bundle", str(champion), "--port", port]
        own = bundle.environment(champion) | {predlog.URI: ""}
        process = subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        errors = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 3
    assert "error: cannot listen on" in errors
    assert "--port" in errors.splitlines()[-1]


def test_no_champion_is_told_in_two_lines_with_the_next_command(tmp_path: Path) -> None:
    command = [sys.executable, "-c", f"from {PACKAGE}.platform.cli import main; main()", "serve"]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )
    error, hint = done.stderr.splitlines()
    assert done.returncode == 3
    assert error.startswith("error: there is no champion in ")
    assert hint == f" hint: run `{COMMAND} train`, then `{COMMAND} promote`"

"""What a worker hands back: an answer or a refusal, and what it counted on the way."""

import json
from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.metrics import Metrics
from {{ cookiecutter.package_name }}.platform.serve import WORKERS, run
from {{ cookiecutter.package_name }}.platform.worker import Counts, Worker, replay


@pytest.fixture(scope="module")
def worker(champion: Path) -> Worker:
    import signal

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    made = Worker(champion)
    made.setup("cpu")
    for number, handler in before.items():
        signal.signal(number, handler)
    return made


def test_an_answer_brings_what_was_counted(worker: Worker, row: dict[str, Any]) -> None:
    status, told, counts = worker.predict(("predict", json.dumps({"instances": [row]}).encode()))
    assert (status, len(json.loads(told)["predictions"])) == (200, 1)
    assert sum(n for name, _, n in counts if name == "predictions") == 1
    assert worker.counts.taken() == []


def test_a_refusal_keeps_its_status_and_its_reasons(worker: Worker) -> None:
    status, told, _ = worker.predict(("predict", b"{}"))
    assert (status, told[0]["loc"]) == (422, ["body", "instances"])


def test_what_is_replayed_is_exported() -> None:
    counts, metrics = Counts(), Metrics({"name": "x"})
    counts.predictions.labels("yes").inc(2)
    counts.logged.inc(3)
    replay(metrics, counts.taken())
    text = metrics.text().decode()
    assert 'model_predictions_total{class="yes"} 2.0' in text
    assert "prediction_log_rows_total 3.0" in text


@pytest.mark.parametrize(("host", "port", "workers"), [
    ("example.org", 0, "1"), ("127.0.0.1", 0, "none"), ("127.0.0.1", 0, "0"),
])  # fmt: skip
def test_what_litserve_cannot_do_is_told(
    champion: Path, monkeypatch: pytest.MonkeyPatch, host: str, port: int, workers: str
) -> None:
    monkeypatch.setenv(WORKERS, workers)
    with pytest.raises(ProjectError):
        run(champion, host, port)

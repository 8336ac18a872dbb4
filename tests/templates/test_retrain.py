"""A model's second month: CI on a machine of its own trains anew, by the command line alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests import kit
from tests.templates.conftest import Churn

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def machine(start: Callable[..., Churn], tmp_path_factory: pytest.TempPathFactory) -> Churn:
    """A runner of CI: a clean tree of a project whose first champion a laptop published."""
    store = str(tmp_path_factory.mktemp("store"))
    laptop = start("orchard")
    laptop = replace(laptop, environment=laptop.environment | {"BUNDLE_URI": store})
    for words in (("train",), ("promote",), ("publish",)):
        done = laptop.run("orchard", *words)
        assert done.code == 0, done.err
    shutil.rmtree(laptop.at / "build")
    (laptop.at / "mlflow.db").unlink()
    return laptop


def retrain(machine: Churn, *words: str) -> tuple[kit.Result, dict[str, Any]]:
    """Run `retrain`; return how it ended and what it wrote."""
    done = machine.run("orchard", "retrain", *words, "--json", "build/retrain.json")
    return done, machine.evidence("build/retrain.json")


def edit(machine: Churn, change: Callable[[list[str]], list[str]]) -> None:
    """Change the rows of the sample."""
    path = machine.at / "data" / "sample.csv"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *change(rows), ""]))


def mislabelled(rows: list[str]) -> list[str]:
    """The rows with each label of the row 700 further on."""
    labels = [row.rpartition(",")[2] for row in rows]
    return [f"{row.rpartition(',')[0]},{label}" for row, label in zip(rows, labels[700:] + labels[:700], strict=True)]


def test_a_schedule_trains_the_same_model_for_nothing(machine: Churn) -> None:
    done, told = retrain(machine)
    assert (done.code, told["outcome"]) == (0, "nothing to do"), done.err
    assert told["before"] == told["after"]
    assert (machine.at / "build" / "champion" / "MANIFEST.json").is_file()


def test_new_rows_make_a_second_version_that_is_published(machine: Churn) -> None:
    edit(machine, lambda rows: rows[3:])
    done, told = retrain(machine)
    assert (done.code, told["outcome"], told["after"]["version"]) == (0, "promoted", "2"), done.err
    assert f"digest {told['after']['digest']}" in done.out
    assert any(check["name"] == "champion" and check["passed"] for check in told["gate"]["checks"])
    pulled = machine.run("orchard", "pull", "--digest", told["after"]["digest"], "--output", "build/pulled")
    assert pulled.code == 0, pulled.err
    assert machine.run("orchard", "gate", "--mode", "champion").code == 0


def test_what_learnt_wrong_labels_is_rejected_and_published_nowhere(machine: Churn) -> None:
    edit(machine, mislabelled)
    before = machine.run("orchard", "pull").out
    done, told = retrain(machine)
    assert (done.code, told["outcome"]) == (20, "rejected")
    assert done.err.startswith("error: rejected: ")
    assert told["gate"]["passed"] is False
    assert machine.run("orchard", "pull").out == before


@pytest.mark.parametrize(("verdict", "outcome"), [("stable", "nothing to do"), ("drift", "rejected")])
def test_a_monitor_decides_whether_there_is_anything_to_do(machine: Churn, verdict: str, outcome: str) -> None:
    champion = json.loads((machine.at / "build" / "champion" / "MANIFEST.json").read_text())
    told = {"schema": "monitor/1", "verdict": verdict, "sentence": "x", "rehearsal": False, "model": champion}
    kit.write(machine.at, "build/monitor.json", json.dumps(told))
    assert retrain(machine, "--if-drift", "build/monitor.json")[1]["outcome"] == outcome

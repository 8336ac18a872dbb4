"""The rehearsal, the table it ends with, the verbs, and what training is told of its target."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import evaluate, train
from {{ cookiecutter.package_name }}.platform.cli import PACKAGE, VERBS
from {{ cookiecutter.package_name }}.platform.config import Params
from {{ cookiecutter.package_name }}.platform.demo import Context, save, show, steps
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.split import Split


def test_the_rehearsal_ends_with_one_screen(
    rehearsal: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    show(rehearsal)
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) <= 30
    for name in ("rows", "contract", "gate", "champion", "rejected", "next"):
        assert name in shown


def test_the_evidence_can_be_kept(rehearsal: Context, tmp_path: Path) -> None:
    save(rehearsal, tmp_path / "deep" / "demo.json")
    evidence = json.loads((tmp_path / "deep" / "demo.json").read_text())
    assert evidence["champion"]["version"] == "1"


def test_every_step_has_a_place_and_a_sentence() -> None:
    places = [place for place, _ in steps()]
    assert places == sorted(set(places))
    assert all(step.__doc__ for _, step in steps())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["predict", "--input", "nothing.csv"], "there is no file nothing.csv"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
)
def test_a_bad_call_is_told_in_two_lines(tmp_path: Path, words: list[str], told: str) -> None:
    code = f"from {PACKAGE}.platform.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    error, hint = done.stderr.splitlines()
    assert error.startswith(f"error: {told}")
    assert hint.startswith(" hint: ")


def test_every_verb_file_holds_a_verb_of_its_name() -> None:
    files = [path for path in VERBS.rglob("*.py") if path.stem != "__init__"]
    for path in files:
        assert f"def {path.stem}(" in path.read_text()
    for path in VERBS.glob("*/__init__.py"):
        assert f"def {path.parent.name}(ctx: typer.Context)" in path.read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--help"], " data "),
        (["data", "--help"], " profile "),
        (["data", "init", "--help"], "--target"),
    ],
)
def test_a_verb_may_have_verbs_of_its_own(words: list[str], told: str) -> None:
    code = f"from {PACKAGE}.platform.cli import main; main()"
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert told in done.stdout


def classes(target: list[Any], task: str = "binary", positive: Any = None) -> list[Any]:
    rows = pd.DataFrame({"y": target})
    params = Params.model_validate({"task": task, "target": "y", "positive": positive})
    return train.find_classes(Split(rows, rows), params)


@pytest.mark.parametrize(
    ("target", "positive", "found"),
    [
        (["yes", "no"], "no", ["yes", "no"]),
        ([1, 0], 1, [0, 1]),
        ([1, 2], "1", [2, 1]),
        ([True, False], True, [False, True]),
    ],
)
def test_the_positive_class_comes_last_whatever_its_type(
    target: list[Any], positive: Any, found: list[Any]
) -> None:
    assert classes(target, positive=positive) == found


def test_a_third_class_in_a_binary_task_is_told() -> None:
    with pytest.raises(ProjectError, match="two classes"):
        classes(["a", "b", "c"], positive="a")


def test_one_class_cannot_be_learnt() -> None:
    with pytest.raises(ProjectError, match="same y"):
        classes([3, 3, 3], task="multiclass")


def test_words_cannot_be_regressed() -> None:
    with pytest.raises(ProjectError, match="a regression needs numbers"):
        classes(["a", "b"], task="regression")


def test_labels_become_codes_and_a_stranger_minus_one() -> None:
    codes = evaluate.encode(pd.Series([True, False, True]), [False, True])
    assert codes.tolist() == [1, 0, 1]
    assert evaluate.encode(pd.Series([7, 1, 9]), [1, 7]).tolist() == [1, 0, -1]


def test_a_column_without_values_is_no_feature(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def candidates(*told: Any) -> dict[str, Any]:
        asked.update(zip(("task", "numeric", "categorical", "seed", "classes"), told, strict=True))
        return {}

    monkeypatch.setattr(f"{PACKAGE}.model.candidates", candidates)
    monkeypatch.setattr(train, "derived", lambda rows: rows)
    rows = pd.DataFrame({"x": [1.0, np.nan], "nothing": [np.nan, np.nan], "w": ["a", None]})
    train.candidates(rows, Params.model_validate({"task": "multiclass", "target": "y"}), 51)
    assert (asked["numeric"], asked["categorical"], asked["classes"]) == (["x"], ["w"], 51)

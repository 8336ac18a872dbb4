"""Classes, labels of every type, and features that a model can take."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import evaluate, fit
from {{ cookiecutter.package_name }}.platform.config import Params
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.split import Split


def classes(target: list[Any], task: str = "binary", positive: Any = None) -> list[Any]:
    rows = pd.DataFrame({"y": target})
    params = Params.model_validate({"task": task, "target": "y", "positive": positive})
    return fit.find_classes(Split(rows, rows), params)


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
    asked: dict[str, list[str]] = {}

    def candidates(_: str, numeric: list[str], categorical: list[str], __: int) -> dict[str, Any]:
        asked.update(numeric=numeric, categorical=categorical)
        return {}

    monkeypatch.setattr("{{ cookiecutter.package_name }}.model.candidates", candidates)
    monkeypatch.setattr(fit, "derived", lambda rows: rows)
    rows = pd.DataFrame({"x": [1.0, np.nan], "nothing": [np.nan, np.nan], "w": ["a", None]})
    fit.candidates(rows, Params.model_validate({"task": "regression", "target": "y"}))
    assert asked == {"numeric": ["x"], "categorical": ["w"]}

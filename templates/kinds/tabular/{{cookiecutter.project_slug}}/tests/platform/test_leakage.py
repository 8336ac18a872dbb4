"""The leakage doctor, on rows made up for it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import leakage
from {{ cookiecutter.package_name }}.platform.config import Params
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.leakage import Finding
from {{ cookiecutter.package_name }}.platform.schema import plain
from {{ cookiecutter.package_name }}.platform.split import Split


@pytest.fixture(autouse=True)
def _raw_features(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leakage, "derived", plain)


def frame(n: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {"a": random.normal(size=n), "b": random.normal(size=n), "y": random.integers(0, 2, n)}
    )


def examine(rows: pd.DataFrame, **changes: Any) -> list[Finding]:
    params = Params.model_validate({"task": "binary", "target": "y"} | changes)
    names = [str(name) for name in rows if name not in ("y", *params.exclude)]
    classes = [] if params.task == "regression" else [0, 1]
    return leakage.examine(Split(rows.iloc[:-60], rows.iloc[-60:]), params, names, classes)


def test_honest_features_pass() -> None:
    assert examine(frame()) == []


def test_a_feature_that_knows_the_answer_stops_the_training() -> None:
    found = examine(frame().assign(refund=lambda rows: rows["y"] * 3.0))
    assert [(f.level, f.column) for f in found] == [("error", "refund")]
    with pytest.raises(ProjectError, match="refund alone predicts") as error:
        leakage.refuse(found)
    assert "allow_leak: [refund]" in error.value.hint


def test_a_word_that_knows_the_answer_is_seen_too() -> None:
    found = examine(frame().assign(state=lambda rows: np.where(rows["y"] == 1, "closed", "open")))
    assert found[0].column == "state"


def test_a_leak_can_be_allowed() -> None:
    rows = frame().assign(refund=lambda rows: rows["y"] * 3.0)
    assert examine(rows, allow_leak=["refund"]) == []


def test_a_target_that_is_a_sum_of_features_is_found() -> None:
    rows = frame().assign(y=lambda rows: rows["a"] + rows["b"])
    assert examine(rows, task="regression")[0].level == "error"


def test_an_identifier_of_words_is_an_error_and_measures_are_none() -> None:
    rows = frame().assign(id=[f"n{i}" for i in range(300)])
    assert [(f.level, f.column) for f in examine(rows)] == [("error", "id")]


def test_whole_numbers_in_a_row_are_only_warned_of() -> None:
    assert [f.level for f in examine(frame().assign(number=range(300)))] == ["warning"]


def test_the_entity_must_be_excluded() -> None:
    rows = frame().assign(who=[f"w{i % 40}" for i in range(300)])
    found = examine(rows, entity="who")
    assert found[0].level == "error"
    assert "exclude" in found[0].hint


def test_rows_that_stand_on_both_sides_are_counted() -> None:
    rows = pd.concat([frame(), frame().tail(60)], ignore_index=True)
    assert "60 rows of the hold-out" in examine(rows)[0].sentence


def test_a_feature_made_of_other_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def centred(rows: pd.DataFrame) -> pd.DataFrame:
        return plain(rows.assign(a=rows["a"] - rows["a"].mean()))

    monkeypatch.setattr(leakage, "derived", centred)
    assert "depends on the other rows" in examine(frame())[0].sentence


def test_columns_with_nothing_in_them_are_told() -> None:
    rows = frame().assign(nothing=np.nan, always=1.0)
    assert {f.column for f in examine(rows)} == {"nothing", "always"}

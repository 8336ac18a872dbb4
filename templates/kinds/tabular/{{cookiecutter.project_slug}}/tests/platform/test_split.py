"""The hold-out and the folds."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform.config import Params
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.split import folds, split


def params(**changes: Any) -> Params:
    return Params.model_validate({"task": "binary", "target": "y", "time": "t"} | changes)


def frame(n: int = 100, months: int = 10) -> pd.DataFrame:
    random = np.random.default_rng(0)
    moments = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        30 * random.integers(0, months, n), unit="D"
    )
    return pd.DataFrame({"t": moments, "g": random.integers(0, 20, n), "y": np.arange(n) % 2})


def test_a_time_split_never_cuts_inside_a_tie() -> None:
    parts = split(frame(), params(split={"by": "time", "holdout": 0.25}))
    assert parts.train["t"].max() < parts.holdout["t"].min()
    assert len(parts.train) + len(parts.holdout) == 100


def test_rows_whose_label_came_after_the_cut_are_not_learnt() -> None:
    parts = split(frame(), params(split={"by": "time"}), label_delay_days=45)
    gap = parts.holdout["t"].min() - parts.train["t"].max()
    assert parts.late > 0
    assert gap >= pd.Timedelta(days=45)


def test_a_time_with_too_many_ties_is_refused_with_a_way_out() -> None:
    rows = frame().assign(t=pd.Timestamp("2024-01-01"))
    with pytest.raises(ProjectError, match="ties") as error:
        split(rows, params(split={"by": "time"}))
    assert "group or random" in error.value.hint


def test_rows_without_a_time_cannot_be_split_by_it() -> None:
    rows = frame()
    rows.loc[3, "t"] = pd.NaT
    with pytest.raises(ProjectError, match="1 rows have no t"):
        split(rows, params(split={"by": "time"}))


def test_a_group_never_stands_on_both_sides() -> None:
    parts = split(frame(), params(group="g", split={"by": "group"}))
    assert not set(parts.train["g"]) & set(parts.holdout["g"])


def test_a_random_split_keeps_the_share_of_the_classes() -> None:
    rows = frame(1000).assign(y=(np.arange(1000) % 10 == 0).astype(int))
    parts = split(rows, params())
    assert parts.holdout["y"].mean() == pytest.approx(0.1, abs=0.01)


def test_a_class_of_one_row_does_not_stop_the_split() -> None:
    rows = frame().assign(y=["rare", *["a", "b"] * 49, "a"])
    parts = split(rows, params(task="multiclass"))
    assert len(parts.train) + len(parts.holdout) == 100


def test_folds_in_time_only_look_back() -> None:
    rows = frame().sort_values("t")
    found = list(folds(rows, params(split={"by": "time"}, folds=4)))
    assert found
    for fit, test in found:
        assert rows["t"].iloc[fit].max() < rows["t"].iloc[test].min()


def test_the_same_seed_gives_the_same_split() -> None:
    one, two = split(frame(), params(seed=3)), split(frame(), params(seed=3))
    pd.testing.assert_frame_equal(one.holdout, two.holdout)

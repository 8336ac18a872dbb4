"""How the candidates behave: they learn, take what they never saw, and lean the right way."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from {{ cookiecutter.package_name }} import model as team
from {{ cookiecutter.package_name }}.data import load
from {{ cookiecutter.package_name }}.platform import bundle, config, train

SAMPLE = str(Path(__file__).parents[1] / "data" / "sample.csv")
PARAMS = config.params()
ROWS = load(SAMPLE).drop(columns=list(PARAMS.exclude))
X, Y = ROWS.drop(columns=PARAMS.target), ROWS[PARAMS.target].eq(str(PARAMS.positive)).astype(int)


@pytest.fixture(scope="module", params=["linear", "slow boosting", "boosting"])
def model(request: pytest.FixtureRequest) -> Any:
    with bundle.threads(len(X)):
        return train.candidates(X, PARAMS)[request.param].fit(X, Y)


def score(model: Any, rows: pd.DataFrame) -> float:
    return float(bundle.outputs(model, rows, classes=2)[:, 1].mean())


def test_it_learns(model: Any) -> None:
    assert score(model, X[Y == 1]) > score(model, X[Y == 0]) + 0.1


def test_more_tickets_raise_the_score(model: Any) -> None:
    few, many = X.assign(support_tickets=0), X.assign(support_tickets=4)
    assert score(model, many) > score(model, few) + 0.1


def test_it_takes_a_region_it_never_saw(model: Any) -> None:
    assert 0 <= score(model, X.head(5).assign(region="overseas")) <= 1


def test_it_takes_rows_in_which_all_that_may_be_missing_is(model: Any) -> None:
    nothing = {"channel": None, "usage_hours": None, "satisfaction": None}
    assert 0 <= score(model, X.head(5).assign(**nothing)) <= 1


def test_a_hundred_classes_grow_no_more_trees_than_ten() -> None:
    def trees(classes: int) -> list[int]:
        found = team.candidates("multiclass", ["x"], [], 0, classes)
        return [found[name][-1].max_iter * classes for name in ("slow boosting", "boosting")]

    assert trees(10) == [2000, 1000]
    assert max(trees(11) + trees(100)) <= 2000

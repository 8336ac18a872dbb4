"""How the candidates behave: they learn, take what they never saw, and lean the right way."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.data import load
from {{ cookiecutter.package_name }}.platform import bundle, config, fit
from {{ cookiecutter.package_name }}.platform.calm import threads

SAMPLE = str(Path(__file__).parents[1] / "data" / "sample.csv")
ROWS = load(SAMPLE).drop(columns="customer_id")
X, Y = ROWS.drop(columns="churned"), ROWS["churned"].eq("yes").astype(int)


@pytest.fixture(scope="module", params=["linear", "slow boosting", "boosting"])
def model(request: pytest.FixtureRequest) -> Any:
    with threads(len(X)):
        return fit.candidates(X, config.params())[request.param].fit(X, Y)


def churn(model: Any, rows: pd.DataFrame) -> float:
    return float(bundle.outputs(model, rows, classes=2)[:, 1].mean())


def test_it_learns(model: Any) -> None:
    assert churn(model, X[Y == 1]) > churn(model, X[Y == 0]) + 0.1


def test_more_tickets_mean_more_churn(model: Any) -> None:
    few, many = X.assign(support_tickets=0), X.assign(support_tickets=4)
    assert churn(model, many) > churn(model, few) + 0.1


def test_it_takes_a_region_it_never_saw(model: Any) -> None:
    assert 0 <= churn(model, X.head(5).assign(region="overseas")) <= 1


def test_it_takes_rows_in_which_all_that_may_be_missing_is(model: Any) -> None:
    nothing = {"channel": None, "usage_hours": None, "satisfaction": None}
    assert 0 <= churn(model, X.head(5).assign(**nothing)) <= 1

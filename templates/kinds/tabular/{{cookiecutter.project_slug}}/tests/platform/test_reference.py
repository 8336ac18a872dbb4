"""What a bundle remembers of its training: bins that can be told apart, and nothing of persons."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform.reference import (
    Histogram,
    is_identifier,
    reference,
)
from {{ cookiecutter.package_name }}.platform.schema import Column, Request
from {{ cookiecutter.package_name }}.platform.split import Split

COLUMNS = (
    Column("when", "datetime"),
    Column("year", "number"),
    Column("who", "string", pii=True),
    Column("ticket", "string"),
    Column("count", "integer"),
    Column("amount", "number"),
    Column("good", "boolean"),
)


def rows(n: int = 500) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(n) * 3, unit="D"),
            "year": 2020 + np.arange(n) * 3 // 365,
            "who": [f"person {place % 100}" for place in range(n)],
            "ticket": [f"t{place}" for place in range(n)],
            "count": np.where(random.random(n) < 0.8, 0, random.poisson(3, n)),
            "amount": np.where(random.random(n) < 0.3, np.nan, random.normal(size=n)),
            "good": random.random(n) < 0.9,
        }
    )


def told(entity: str | None = None) -> dict[str, Any]:
    request, parts = Request(COLUMNS, "y"), Split(rows(), rows(50))
    outputs = np.linspace(0, 1, 50).reshape(-1, 1)
    found: dict[str, Any] = json.loads(reference(request, parts, outputs, entity, "when", None))
    return found


def test_columns_that_would_always_drift_or_tell_of_persons_stay_out() -> None:
    found = told()
    assert set(found["excluded"]) == {"when", "year", "who", "ticket"}
    assert set(found["features"]) == {"count", "amount", "good"}
    assert "person 7" not in json.dumps(found)


def test_a_value_that_fills_deciles_has_a_bin_to_itself() -> None:
    count = told()["features"]["count"]
    assert count["edges"][:2] == [0, 1]
    assert count["counts"][0] == 0
    assert count["counts"][1] == (rows()["count"] == 0).sum()


def test_missing_values_are_a_bin_of_their_own() -> None:
    amount = told()["features"]["amount"]
    assert amount["missing"] == pytest.approx(rows()["amount"].isna().mean())
    assert sum(amount["counts"]) == rows()["amount"].notna().sum()


def test_rows_of_one_entity_count_as_one() -> None:
    assert told()["training"] == {"rows": 500, "entities": 500, "effective": 500}
    assert told("who")["training"] == {"rows": 500, "entities": 100, "effective": 100}


def test_every_value_finds_its_bin() -> None:
    numbers = Histogram(np.ones(4), edges=(0.0, 1.0))
    assert numbers.codes(pd.Series([-1, 0, 0.5, 1, np.nan])).tolist() == [0, 1, 1, 2, 3]
    assert numbers.labels() == ["< 0", "0", "≥ 1", "(missing)"]
    truth = Histogram(np.ones(3), names=("true",))
    assert truth.codes(pd.Series([True, False])).tolist() == [0, 1]
    assert truth.codes(pd.Series([1.0, 0.0, np.nan])).tolist() == [0, 1, 2]


def test_measures_are_no_identifiers() -> None:
    assert is_identifier(pd.Series(range(1000, 1500)))
    assert not is_identifier(pd.Series(np.random.default_rng(0).normal(size=500)))
    assert not is_identifier(pd.Series([1, 2, 3] * 100))

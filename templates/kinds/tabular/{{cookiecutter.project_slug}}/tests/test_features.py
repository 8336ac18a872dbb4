"""The features of one row."""

import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.features import derive


@pytest.fixture
def row() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month": [pd.Timestamp("2023-12-31")],
            "signup_date": [pd.Timestamp("2022-12-31")],
            "monthly_fee": [30.0],
            "usage_hours": [15.0],
            "support_tickets": [4],
        }
    )


def test_tenure_is_counted_in_days(row: pd.DataFrame) -> None:
    assert derive(row)["tenure_days"].item() == 365


def test_tickets_are_put_in_relation_to_tenure(row: pd.DataFrame) -> None:
    assert derive(row)["tickets_per_year"].item() == pytest.approx(2.0)


def test_the_price_of_an_hour_is_unknown_where_usage_is(row: pd.DataFrame) -> None:
    assert derive(row.assign(usage_hours=None)).isna()["fee_per_hour"].item()

"""Which rows the model may see: a file is held to what a request is held to."""

from typing import Any

import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.schema import Column, typed
from {{ cookiecutter.package_name }}.platform.sift import sift

COLUMNS = (
    Column("age", "integer", minimum=0, maximum=99),
    Column("size", "number"),
    Column("maybe", "integer", nullable=True),
    Column("odd_header", "string", alias="Odd Header"),
    Column("plan", "string", categories=("a", "b"), closed=True),
    Column("sure", "boolean"),
    Column("day", "date"),
    Column("name", "string", categories=("Ann",), closed=True, pii=True),
)
ROW = {
    "age": "3", "size": "1.5", "maybe": None, "Odd Header": "x", "plan": "a", "sure": "true",
    "day": "2024-02-29", "name": "Ann",
}  # fmt: skip


def rows(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([ROW | change for change in changes], dtype=object)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("age", "3.5", "'3.5' is not an integer"),
        ("age", "x", "'x' is not an integer"),
        ("age", "-1", "-1 is below 0"),
        ("age", "100", "100 is above 99"),
        ("age", None, "the value is missing"),
        ("size", "x", "'x' is not a number"),
        ("size", "inf", "the value is missing"),
        ("size", None, "the value is missing"),
        ("maybe", "x", "'x' is not an integer"),
        ("Odd Header", None, "the value is missing"),
        ("plan", "c", "'c' is none of a, b"),
        ("sure", "perhaps", "'perhaps' is not a boolean"),
        ("day", "2023-02-29", "'2023-02-29' is not a date"),
        ("day", "9999-01-01", "'9999-01-01' is not a date"),
        ("name", "Bob", "the value is none of Ann"),
    ],
)
def test_a_bad_value_is_told_by_row_and_column(column: str, value: Any, told: str) -> None:
    found, problems = sift(rows({}, {column: value}, {}), COLUMNS)
    assert problems == {1: f"column {column}: {told}"}
    assert found.index.tolist() == [0, 2]
    pd.testing.assert_frame_equal(found, typed(rows({}, {}, {}).drop(index=1), COLUMNS))


@pytest.mark.parametrize(
    ("column", "value"),
    [("age", "3.0"), ("age", 3), ("maybe", "4"), ("sure", "FALSE"), ("sure", 1), ("size", "1e3")],
)
def test_a_value_that_means_what_it_should_is_taken(column: str, value: Any) -> None:
    assert sift(rows({column: value}), COLUMNS)[1] == {}


def test_every_bad_row_is_found_and_each_is_told_once() -> None:
    found, problems = sift(rows({"age": "x", "plan": "c"}, {}, {"plan": "c"}, {}), COLUMNS)
    assert list(problems) == [0, 2]
    assert found.index.tolist() == [1, 3]


def test_a_missing_column_is_no_matter_of_rows() -> None:
    with pytest.raises(ProjectError, match="no column Odd Header"):
        sift(rows({}).drop(columns="Odd Header"), COLUMNS)


def test_a_file_without_rows_has_none_that_are_bad() -> None:
    found, problems = sift(rows({}).head(0), COLUMNS)
    assert (len(found), problems) == (0, {})

"""What a request may hold, how it refuses, and the same numbers through every way in."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from {{ cookiecutter.package_name }}.platform import bundle
from {{ cookiecutter.package_name }}.platform.demo.serve import SKEW, Service, instances
from {{ cookiecutter.package_name }}.platform.request import (
    MAX_PROBLEMS,
    MAX_ROWS,
    Parser,
    frame,
    problems,
    value_schema,
)
from {{ cookiecutter.package_name }}.platform.schema import Column, Request, typed

COLUMNS = (
    Column("age", "integer", minimum=0),
    Column("size", "number"),
    Column("maybe", "integer", nullable=True),
    Column("odd_header", "string", alias="Odd Header"),
    Column("plan", "string", categories=("a", "b"), closed=True),
    Column("model_config", "boolean"),
    Column("day", "date"),
    Column("at", "datetime"),
)
ROW = {
    "age": 3,
    "size": 1.5,
    "maybe": None,
    "Odd Header": "x",
    "plan": "a",
    "model_config": True,
    "day": "2024-02-29",
    "at": "2024-02-29T12:00:00",
}
PARSER = Parser(COLUMNS)


def body(**changes: Any) -> bytes:
    return json.dumps({"instances": [ROW | changes]}).encode()


def refusal(raw: bytes) -> dict[str, Any]:
    with pytest.raises(ValidationError) as error:
        PARSER.body(raw)
    return problems(error.value)[0]


@pytest.mark.parametrize(
    ("column", "value", "taken"),
    [
        ("age", 3.0, 3),
        ("age", 2**53 + 1, 2**53 + 1),
        ("size", 3, 3.0),
        ("size", 10**30, 1e30),
        ("maybe", None, None),
        ("plan", "b", "b"),
        ("day", "1850-01-01", dt.datetime(1850, 1, 1)),
        ("at", "2024-01-01 10:00", dt.datetime(2024, 1, 1, 10)),
        ("at", "2024-01-01T10:00:00.123456789", dt.datetime(2024, 1, 1, 10, 0, 0, 123456)),
        ("at", "2024-01-01T10:00:00+02:00", dt.datetime(2024, 1, 1, 8)),
        ("at", "2024-01-01T10:00:00Z", dt.datetime(2024, 1, 1, 10)),
    ],
)
def test_a_value_is_taken(column: str, value: Any, taken: Any) -> None:
    assert PARSER.body(body(**{column: value}))[column] == [taken]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("age", "3"),
        ("age", True),
        ("age", 3.5),
        ("age", -1),
        ("age", 2**63),
        ("age", 1e300),
        ("age", float("nan")),
        ("size", "1.5"),
        ("size", True),
        ("size", None),
        ("size", float("nan")),
        ("size", float("inf")),
        ("size", 10**400),
        ("maybe", float("-inf")),
        ("odd_header", 3),
        ("plan", "c"),
        ("plan", None),
        ("model_config", 1),
        ("model_config", "true"),
        ("day", "2023-02-29"),
        ("day", "2024-02-29T00:00:00"),
        ("day", 19000),
        ("day", "1849-12-31"),
        ("at", "2141-01-01T00:00:00"),
        ("at", "1700000000"),
        ("at", "2024-01-01T25:00"),
    ],
)
def test_a_value_is_refused_by_name_and_row(column: str, value: Any) -> None:
    changed = {"Odd Header" if column == "odd_header" else column: value}
    problem = refusal(body(**changed))
    assert problem["loc"] == ["body", "instances", 0, *changed]
    assert str(value) not in problem["msg"] or value in (True, None)


def test_a_missing_field_is_named_even_if_it_may_be_null() -> None:
    row = {name: value for name, value in ROW.items() if name != "maybe"}
    problem = refusal(json.dumps({"instances": [ROW, row]}).encode())
    assert problem == {
        "loc": ["body", "instances", 1, "maybe"],
        "msg": "Field required",
        "type": "missing",
    }


def test_an_unknown_field_is_named() -> None:
    assert refusal(body(colour="red"))["loc"][-1] == "colour"


def test_an_alias_and_the_name_in_python_are_both_taken_but_not_together() -> None:
    renamed = {name: v for name, v in ROW.items() if name != "Odd Header"} | {"odd_header": "y"}
    raw = json.dumps({"instances": [renamed]}).encode()
    assert PARSER.body(raw)["odd_header"] == ["y"]
    assert refusal(body(odd_header="y"))["type"] == "extra_forbidden"


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"NaN", b"\xff", b'{"instances": []}', b'{"instances": NaN}',
     b'{"instances": [' + b"[" * 10_000, b'{"instances": [{"age": 1' + b"0" * 5000 + b"}]}"],
)  # fmt: skip
def test_a_body_that_holds_no_rows_is_refused(raw: bytes) -> None:
    assert refusal(raw)["loc"][0] == "body"


def test_rows_are_limited_and_problems_too() -> None:
    with pytest.raises(ValidationError) as error:
        PARSER.body(json.dumps({"instances": [ROW] * (MAX_ROWS + 1)}).encode())
    assert problems(error.value)[0]["type"] == "too_long"
    with pytest.raises(ValidationError) as error:
        PARSER.body(json.dumps({"instances": [{}] * 100}).encode())
    assert len(problems(error.value)) == MAX_PROBLEMS


def test_the_frame_has_the_types_of_training() -> None:
    kinds = frame(COLUMNS, PARSER.body(body())).dtypes.astype(str).to_dict()
    assert kinds == {
        "age": "int64",
        "size": "float64",
        "maybe": "float64",
        "odd_header": "object",
        "plan": "object",
        "model_config": "bool",
        "day": "datetime64[ns]",
        "at": "datetime64[ns]",
    }


def test_the_schema_of_a_date_knows_the_calendar() -> None:
    pattern = re.compile(value_schema(Column("day", "date"))["pattern"])
    start = dt.date(1845, 1, 1)
    for day in (start + dt.timedelta(n) for n in range(0, 110_000)):
        assert bool(pattern.search(day.isoformat())) == (1850 <= day.year <= 2140)
    assert not any(pattern.search(f"{year}-02-29") for year in (1900, 2001, 2023, 2100))


def test_the_frame_of_a_request_is_the_frame_of_training(
    rows: pd.DataFrame, request_schema: Request
) -> None:
    columns = request_schema.columns
    parsed = Parser(columns).rows(instances(columns, rows))
    expected = typed(rows, columns).reset_index(drop=True)
    pd.testing.assert_frame_equal(frame(columns, parsed), expected, check_exact=True)


def test_http_and_process_agree(
    rows: pd.DataFrame, request_schema: Request, service: Service, champion: Path
) -> None:
    here = bundle.load(champion).predict(rows).select_dtypes("number").to_numpy()
    body = {"instances": instances(request_schema.columns, rows)}
    np.testing.assert_allclose(service.predictions(body), here, rtol=0, atol=SKEW)
    there = service.inference(request_schema.columns, body)
    np.testing.assert_allclose(there, here, rtol=0, atol=SKEW)


def test_a_row_alone_is_scored_as_in_company(
    rows: pd.DataFrame, request_schema: Request, service: Service
) -> None:
    body = instances(request_schema.columns, rows.head(20))
    together = service.predictions({"instances": body})
    alone = [service.predictions({"instances": [row]})[0] for row in body]
    np.testing.assert_allclose(alone, together, rtol=0, atol=SKEW)

"""One conversion for every way in."""

import pandas as pd
import pandera.pandas as pa
import pytest

from {{ cookiecutter.package_name }}.platform import contract
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.schema import Column, plain, typed

CONTRACT = pa.DataFrameSchema(
    {
        "day": pa.Column(pa.Date),
        "when": pa.Column("datetime64[ns]", nullable=True),
        "n": pa.Column("Int64", pa.Check.gt(0), nullable=True),
        "x": pa.Column(float, pa.Check.in_range(0, 1)),
        "yes": pa.Column("boolean", nullable=True),
        "word": pa.Column(str, pa.Check.isin(["a", "b"]), metadata={"alias": "The Word"}),
    }
)
TEXT = pd.DataFrame(
    {
        "day": ["2024-02-29", "2024-03-01"],
        "when": ["2024-01-01T10:00:00+02:00", None],
        "n": ["3", None],
        "x": ["0.1", "1"],
        "yes": ["true", None],
        "The Word": ["a", "b"],
    }
)
OBJECTS = [
    {"day": "2024-02-29", "when": "2024-01-01T08:00:00", "n": 3, "x": 0.1, "yes": True},
    {"day": "2024-03-01", "when": None, "n": None, "x": 1, "yes": None},
]


def test_text_and_json_become_the_same_rows() -> None:
    columns = contract.columns(CONTRACT)
    rows = pd.DataFrame(OBJECTS, dtype=object).assign(word=["a", "b"])
    pd.testing.assert_frame_equal(typed(TEXT, columns), typed(rows, columns))


def test_typed_rows_keep_the_contract_they_were_typed_by() -> None:
    contract.check(CONTRACT, typed(TEXT, contract.columns(CONTRACT)))


def test_a_broken_contract_names_column_value_and_row() -> None:
    rows = typed(TEXT, contract.columns(CONTRACT)).assign(x=[0.5, 7.0])
    with pytest.raises(ProjectError, match=r"x in_range\(0, 1\): 7.0 \(row 2\)"):
        contract.check(CONTRACT, rows)


def test_a_value_that_cannot_be_read_names_column_and_row() -> None:
    with pytest.raises(ProjectError, match=r"column n, row 2: '1\.5' is not an integer"):
        typed(TEXT.assign(n=["3", "1.5"]), contract.columns(CONTRACT))


def test_a_missing_column_is_named_by_its_header() -> None:
    with pytest.raises(ProjectError, match="no column The Word"):
        typed(TEXT.drop(columns="The Word"), contract.columns(CONTRACT))


def test_a_nullable_integer_is_told_how_to_be_written() -> None:
    with pytest.raises(ProjectError) as error:
        contract.columns(pa.DataFrameSchema({"n": pa.Column(int, nullable=True)}))
    assert 'pa.Column("Int64", nullable=True)' in error.value.hint


def test_the_request_schema_says_what_the_contract_says() -> None:
    rows = typed(TEXT, contract.columns(CONTRACT))
    request = contract.request(CONTRACT, rows, ["day", "n", "x", "word"], "y")
    day, n, x, word = request.columns
    assert (day.type, day.example) == ("date", "2024-03-01")
    assert (n.type, n.nullable, n.minimum, n.example) == ("integer", True, 1, 3)
    assert (x.minimum, x.maximum) == (0, 1)
    assert (word.header, word.categories, word.closed) == ("The Word", ("a", "b"), True)


def test_open_categories_are_the_ones_seen_and_personal_ones_stay_out() -> None:
    schema = pa.DataFrameSchema(
        {"town": pa.Column(str), "name": pa.Column(str, metadata={"pii": True})}
    )
    rows = pd.DataFrame({"town": ["b", "a"], "name": ["Ann", "Bob"]})
    town, name = contract.request(schema, rows, ["town", "name"], "y").columns
    assert (town.categories, town.closed) == (("a", "b"), False)
    assert (name.categories, name.example) == (None, "text")


def test_features_become_numbers_or_words_and_nothing_infinite() -> None:
    rows = pd.DataFrame(
        {
            "flag": [True, False],
            "gap": pd.to_timedelta([1, 2], unit="D"),
            "kind": pd.Categorical(["a", None]),
            "ratio": [1.0, float("inf")],
            "when": pd.to_datetime(["2024-01-01", "2024-01-02"]),
        }
    )
    found = plain(rows)
    assert found.dtypes.astype(str).tolist() == ["float64", "float64", "object", "float64"]
    assert found["gap"].tolist() == [1.0, 2.0]
    assert found["ratio"].isna().tolist() == [False, True]


def test_an_unseen_category_is_a_word_like_any_other() -> None:
    column = Column("town", "string", categories=("a",))
    assert typed(pd.DataFrame({"town": ["elsewhere"]}), [column])["town"].tolist() == ["elsewhere"]

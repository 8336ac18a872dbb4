"""The contract, one conversion for every way in, the split, and the leakage doctor."""

from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from {{ cookiecutter.package_name }}.contracts import CONTRACT as OWN
from {{ cookiecutter.package_name }}.platform import datasets
from {{ cookiecutter.package_name }}.platform import split as leakage
from {{ cookiecutter.package_name }}.platform.config import Params
from {{ cookiecutter.package_name }}.platform.config import params as params_of
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.schema import Column, figure, plain, typed
from {{ cookiecutter.package_name }}.platform.split import Finding, Split, folds, split

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
    columns = datasets.columns(CONTRACT)
    rows = pd.DataFrame(OBJECTS, dtype=object).assign(word=["a", "b"])
    pd.testing.assert_frame_equal(typed(TEXT, columns), typed(rows, columns))


def test_typed_rows_keep_the_contract_they_were_typed_by() -> None:
    datasets.check(CONTRACT, typed(TEXT, datasets.columns(CONTRACT)))


def test_a_broken_contract_names_column_value_and_row() -> None:
    rows = typed(TEXT, datasets.columns(CONTRACT)).assign(x=[0.5, 7.0])
    with pytest.raises(ProjectError, match=r"x in_range\(0, 1\): 7.0 \(row 2\)"):
        datasets.check(CONTRACT, rows)


def test_a_value_that_cannot_be_read_names_column_and_row() -> None:
    with pytest.raises(ProjectError, match=r"column n, row 2: '1\.5' is not an integer"):
        typed(TEXT.assign(n=["3", "1.5"]), datasets.columns(CONTRACT))


def test_a_missing_column_is_named_by_its_header() -> None:
    with pytest.raises(ProjectError, match="no column The Word"):
        typed(TEXT.drop(columns="The Word"), datasets.columns(CONTRACT))


def test_a_nullable_integer_is_told_how_to_be_written() -> None:
    with pytest.raises(ProjectError) as error:
        datasets.columns(pa.DataFrameSchema({"n": pa.Column(int, nullable=True)}))
    assert 'pa.Column("Int64", nullable=True)' in error.value.hint


def test_the_request_schema_says_what_the_contract_says() -> None:
    rows = typed(TEXT, datasets.columns(CONTRACT))
    request = datasets.request(CONTRACT, rows, ["day", "n", "x", "word"], "y")
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
    town, name = datasets.request(schema, rows, ["town", "name"], "y").columns
    assert (town.categories, town.closed) == (("a", "b"), False)
    assert (name.categories, name.example) == (None, "text")


@pytest.mark.parametrize(
    ("value", "told"),
    [(22786.4, "22,786"), (9999.7, "10,000"), (0.83184, "0.8318"), (1e18, "1e+18")],
)
def test_a_figure_is_told_as_people_read_it(value: float, told: str) -> None:
    assert figure(value) == told


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


SERIES = [
    *(pd.Series([1, 0, 1], dtype=kind) for kind in ("int8", "uint64", "int64", "float32", "Int64")),
    pd.Series([1.0, np.nan, 0.0]),
    pd.Series([1, None, 0], dtype="Int64"),
    *(pd.Series([True, False], dtype=kind) for kind in (bool, "boolean", "category", object)),
    pd.Series([True, None, False], dtype="boolean"),
    pd.Series(["1", None, "0"], dtype="string"),
    pd.Series([1, 0, None], dtype="category"),
    pd.Series(["1", "0", "0"], dtype="category"),
    pd.Series(["1", np.nan, None, pd.NA], dtype=object),
    pd.Series([None, None], dtype=object),
]


@pytest.mark.parametrize("kind", ["integer", "number", "boolean", "string"])
@pytest.mark.parametrize("values", SERIES, ids=lambda values: f"{values.dtype}-{len(values)}")
def test_a_column_becomes_what_its_values_become_one_by_one(values: pd.Series, kind: Any) -> None:
    column = Column("x", kind, nullable=True)
    whole = typed(values.to_frame("x"), [column])["x"]
    alone = [typed(pd.DataFrame({"x": [v]}, dtype=object), [column])["x"].item() for v in values]
    pd.testing.assert_series_equal(whole, pd.Series(alone, name="x", dtype=whole.dtype))
    assert whole.dtype == (object if kind == "string" else "float64")


def test_rows_may_bear_one_label_twice() -> None:
    rows = pd.DataFrame({"x": [True, None, False]}, index=[5, 5, 7], dtype=object)
    found = typed(rows, [Column("x", "boolean", nullable=True)])
    pd.testing.assert_frame_equal(found, pd.DataFrame({"x": [1, np.nan, 0]}, index=rows.index))


def test_the_training_data_are_typed_as_their_objects_are(data: datasets.Data) -> None:
    columns = [column for column in datasets.columns(OWN) if column.name != params_of().target]
    rows = data.rows[[column.name for column in columns]]
    pd.testing.assert_frame_equal(rows, typed(rows.astype(object), columns))
    alone = pd.concat([plain(data.rows.iloc[[place]]) for place in range(30)])
    pd.testing.assert_frame_equal(plain(data.rows).head(30), alone)


def params(**changes: Any) -> Params:
    return Params.model_validate({"task": "binary", "target": "y", "time": "t"} | changes)


def frame(n: int = 100, months: int = 10) -> pd.DataFrame:
    random = np.random.default_rng(0)
    days = pd.to_timedelta(30 * random.integers(0, months, n), unit="D")
    moments = pd.Timestamp("2024-01-01") + days
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


@pytest.fixture(autouse=True)
def _raw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows made up for a test are their own features."""
    monkeypatch.setattr(leakage, "derived", plain)


def honest(n: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {"a": random.normal(size=n), "b": random.normal(size=n), "y": random.integers(0, 2, n)}
    )


def examine(rows: pd.DataFrame, **changes: Any) -> list[Finding]:
    asked = params(**{"time": None} | changes)
    names = [str(name) for name in rows if name not in ("y", *asked.exclude)]
    classes = [] if asked.task == "regression" else [0, 1]
    return leakage.examine(Split(rows.iloc[:-60], rows.iloc[-60:]), asked, names, classes)


def test_honest_features_pass() -> None:
    assert examine(honest()) == []


def test_a_feature_that_knows_the_answer_stops_the_training() -> None:
    found = examine(honest().assign(refund=lambda rows: rows["y"] * 3.0))
    assert [(f.level, f.column) for f in found] == [("error", "refund")]
    with pytest.raises(ProjectError, match="refund alone predicts") as error:
        leakage.refuse(found)
    assert "allow_leak: [refund]" in error.value.hint


def test_a_word_that_knows_the_answer_is_seen_too() -> None:
    found = examine(honest().assign(state=lambda rows: np.where(rows["y"] == 1, "closed", "open")))
    assert found[0].column == "state"


def test_a_leak_can_be_allowed() -> None:
    rows = honest().assign(refund=lambda rows: rows["y"] * 3.0)
    assert examine(rows, allow_leak=["refund"]) == []


def test_a_target_that_is_a_sum_of_features_is_found() -> None:
    rows = honest().assign(y=lambda rows: rows["a"] + rows["b"])
    assert examine(rows, task="regression")[0].level == "error"


def test_an_identifier_of_words_is_an_error_and_measures_are_none() -> None:
    rows = honest().assign(id=[f"n{i}" for i in range(300)])
    assert [(f.level, f.column) for f in examine(rows)] == [("error", "id")]


def test_whole_numbers_in_a_row_are_only_warned_of() -> None:
    assert [f.level for f in examine(honest().assign(number=range(300)))] == ["warning"]


def test_the_entity_must_be_excluded() -> None:
    rows = honest().assign(who=[f"w{i % 40}" for i in range(300)])
    found = examine(rows, entity="who")
    assert found[0].level == "error"
    assert "exclude" in found[0].hint


def test_rows_that_stand_on_both_sides_are_counted() -> None:
    rows = pd.concat([honest(), honest().tail(60)], ignore_index=True)
    assert "60 rows of the hold-out" in examine(rows)[0].sentence


def test_one_row_that_stands_on_both_sides_is_no_plural() -> None:
    rows = pd.concat([honest(), honest().head(1)], ignore_index=True)
    assert examine(rows)[0].sentence == "1 row of the hold-out stands in the training rows too"


def test_a_feature_made_of_other_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def centred(rows: pd.DataFrame) -> pd.DataFrame:
        return plain(rows.assign(a=rows["a"] - rows["a"].mean()))

    monkeypatch.setattr(leakage, "derived", centred)
    assert "depends on the other rows" in examine(honest())[0].sentence


def test_columns_with_nothing_in_them_are_told() -> None:
    rows = honest().assign(nothing=np.nan, always=1.0)
    found = {f.column: f.sentence for f in examine(rows)}
    assert found.keys() == {"nothing", "always"}
    assert found["always"] == "always has the same value in all 240 training rows looked at"

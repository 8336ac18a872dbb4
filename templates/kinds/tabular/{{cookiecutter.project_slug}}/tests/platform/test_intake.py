"""`data init`: what is refused and in which words, what is inferred, and what the team keeps."""

import gzip
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from {{ cookiecutter.package_name }}.platform import keep, onboard, profile, table
from {{ cookiecutter.package_name }}.platform.config import PACKAGE, Csv
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.infer import Column, infer, names
from {{ cookiecutter.package_name }}.platform.intake import Asked, Plan, plan
from {{ cookiecutter.package_name }}.platform.privacy import personal
from {{ cookiecutter.package_name }}.platform.profile import Facts
from {{ cookiecutter.package_name }}.platform.survey import survey

HOME = f"src/{PACKAGE}"
GOOD = "".join(f"{n},{n % 7},{'yes' if n % 3 else 'no'}\n" for n in range(60))
HUGE = "".join(f"{n},{n % 7},{1 + n / 100:.2f}e300\n" for n in range(60))
NARROW = "".join(f"{n},{n % 7},{2**62 + n}\n" for n in range(60))
Change = tuple[str, bytes, str, str]
FAULTS: list[Change] = [
    ("empty", b"", "y", "is empty"),
    ("blank", b"\n\n \n", "y", "is empty"),
    ("header only", b"a,b,y\n", "y", "has a header and no rows"),
    ("one column", b"y\n1\n2\n", "y", "has one column, 'y'"),
    ("wrong delimiter", b"a~b~y\n1~2~3\n", "y", "has one column, 'a~b~y'"),
    ("duplicate headers", b"a,b,a,y\n1,2,3,4\n", "y", "calls columns 1 and 3 both 'a'"),
    ("no header", b"5.1,3.5,1\n4.9,3.0,0\n", "y", "has no header: line 1 holds numbers"),
    ("ragged", b"a,b,y\n1,2,3\n1,2\n", "y", "has 2 fields in line 3 where the header has 3"),
    ("row names", b"a,y\nr1,1,2\nr2,3,4\n", "y", "has 3 fields in line 2 where the header has 2"),
    ("open quote", b'a,b,y\n1,2,3\n1,"2,3\n4,5,6\n', "y", "opens a quote in line 3"),
    ("quote in quotes", b'a,b,y\n1,"2"x",3\n', "y", "a quote inside a quoted field"),
    ("NUL", b"a,b,y\n1,2,3\n1,\x00,3\n", "y", "holds a NUL byte in line 3"),
    ("latin-1", b"a,b,y\n1,2,3\n1,caf\xe9,3\n", "y", "line 3, field 2: the byte 0xe9"),
    ("Excel", b"PK\x03\x04rest", "y", "is a zip or Excel file"),
    ("bzip2", b"BZh9rest", "y", "is packed by bzip2"),
    ("gzip", gzip.compress(GOOD.encode()), "y", "is packed by gzip"),
    ("JSON", b'[{"a": 1}]', "y", "is JSON"),
    ("Parquet cut short", b"PAR1nothing", "y", "is not Parquet"),
    ("target missing", b"a,b,yy\n1,2,3\n", "y", "--target: there is no column y"),
    ("no target named", b"a,b,y\n1,2,3\n", "", "--target: there is no column ''"),
    ("target or none", b"a,y\n1,no\n2,\n3,no\n", "y", "'no', and 1 rows have none"),
    ("target too large", f"a,b,y\n{HUGE}".encode(), "y", "where a float tells too little"),
    ("target too narrow", f"a,b,y\n{NARROW}".encode(), "y", "where a float tells too little"),
    ("target empty", b"a,y\n1,\n2,\n3,\n", "y", "no row has a value in y"),
    ("target constant", b"a,y\n1,no\n2,no\n3,no\n", "y", "is the same in every row: 'no'"),
    ("target all different", b"a,y\n1,x\n2,z\n3,w\n4,v\n", "y", "has 4 different values in 4 rows"),
    ("nothing to learn from", ("a,y\n" + "1,u\n1,v\n" * 30).encode(), "y", "nothing is left"),
]


@pytest.mark.parametrize(
    ("content", "target", "told"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_file_that_cannot_be_read_is_told_and_nothing_is_written(
    tmp_path: Path, content: bytes, target: str, told: str
) -> None:
    file, root = tmp_path / "rows.csv", tmp_path / "project"
    file.write_bytes(content)
    root.mkdir()
    with pytest.raises(ProjectError) as error:
        onboard.init(root, str(file), Asked(target))
    assert told in error.value.sentence
    assert error.value.hint
    assert "\n" not in error.value.sentence + error.value.hint
    assert list(root.rglob("*")) == []


@pytest.mark.parametrize("content", [GOOD.encode(), gzip.compress(GOOD.encode())[:-20]])
def test_what_is_no_whole_gzip_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rows.csv.gz").write_bytes(content)
    with pytest.raises(ProjectError, match="is no whole gzip file"):
        plan(tmp_path / "rows.csv.gz", Asked("y"))


@pytest.mark.parametrize(
    ("uri", "told"),
    [("{}", "is a folder"), ("{}/none.csv", "there is no file"), ("file://{}/none", "no file")],
)
def test_a_place_without_a_file_is_told(tmp_path: Path, uri: str, told: str) -> None:
    with pytest.raises(ProjectError, match=told) as error:
        onboard.init(tmp_path, uri.format(tmp_path), Asked("y"))
    assert error.value.hint == onboard.FILE


def test_a_file_on_a_server_is_drafted_and_told(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(f"a,b,y\n{GOOD}")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        uri = f"http://127.0.0.1:{server.server_port}/rows.csv"
        found = onboard.init(tmp_path / "project", uri, Asked("y"))
        server.shutdown()
    assert "rows.csv: 60 rows" in onboard.head(found.plan)
    assert uri in (tmp_path / "project" / HOME / "datasets.yml").read_text()


def test_a_packed_file_and_one_with_a_long_field_are_read(tmp_path: Path) -> None:
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(f"a,b,y\n{GOOD}".encode()))
    assert plan(tmp_path / "rows.csv.gz", Asked("y")).survey.rows == 60
    long = made(tmp_path, f"a,b,y\n{GOOD}".replace("59,", f"59{'9' * 200_000},", 1))
    assert long.survey.rows == 60


@pytest.mark.parametrize(
    ("content", "asked", "told"),
    [
        (GOOD, {"task": "regression"}, "holds 'no' in row 1"),
        (GOOD, {"positive": "maybe"}, "no row has the y 'maybe'"),
        (GOOD, {"task": "guess"}, "there is no task guess"),
        (GOOD, {"time": "a"}, "which is no date"),
        (GOOD, {"exclude": ("c",)}, "--exclude: there is no column c"),
        (GOOD, {"encoding": "klingon"}, "there is no encoding klingon"),
        (GOOD, {"exclude": ("a", "b")}, "nothing is left to predict y from"),
        (GOOD.replace("6,6,", "6,,"), {"group": "b"}, "rows have no b"),
    ],
)
def test_a_flag_that_does_not_fit_is_told(
    tmp_path: Path, content: str, asked: dict[str, Any], told: str
) -> None:
    with pytest.raises(ProjectError) as error:
        made(tmp_path, "a,b,y\n" + content, **asked)
    assert told in error.value.sentence


def test_a_target_in_other_letters_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="there is no column Y") as error:
        made(tmp_path, "a,b,y\n" + GOOD, target="Y")
    assert error.value.hint == "did you mean y?"


def made(folder: Path, text: str | bytes, target: str = "y", **asked: Any) -> Plan:
    file = folder / "rows.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return plan(file, Asked(target, **asked))


def columns(found: Plan) -> dict[str, Column]:
    return {column.facts.header: column for column in found.columns}


@pytest.mark.parametrize(
    ("content", "csv"),
    [
        (b"\xef\xbb\xbfa,b,y\n", {"encoding": "utf-8-sig"}),
        (b"a;b;y\n", {"delimiter": ";"}),
        (b"a\tb\ty\n", {"delimiter": "\t"}),
        (b"a|b|y\n", {"delimiter": "|"}),
    ],
)
def test_a_dialect_is_found_and_recorded(
    tmp_path: Path, content: bytes, csv: dict[str, str]
) -> None:
    rows = GOOD.replace(",", csv.get("delimiter", ",")).encode()
    found = made(tmp_path, content + rows)
    assert found.csv == Csv.model_validate(csv)
    assert "a" in columns(found)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *[("1.234,50", 1234.5), ("1,234.50", 1234.5), ("3,25", 3.25), ("$1,200", 1200.0)],
        *[("45%", 45.0), ("-$2.50", -2.5), ("($1,200.00)", -1200.0), ("USD 12.5", 12.5)],
        *[("1'234.50", 1234.5), ("1\u00a0234,50", 1234.5), ("\u22122.5", -2.5)],
    ],
)
def test_numbers_are_read_as_the_file_writes_them(text: str, number: float) -> None:
    values = pd.Series([text, text.replace("2", "3"), text], dtype=object)
    facts, csv = profile.columns(values.to_frame("x"), Csv())
    assert facts["x"].numbers is not None
    assert facts["x"].numbers.iloc[0] == number
    assert float(table.number_texts(values, csv).iloc[0]) == number


def test_words_for_no_value_among_numbers_become_gaps(tmp_path: Path) -> None:
    rows = "".join(f"{'?' if n % 9 == 0 else n * 1.5},{n % 2}\n" for n in range(90))
    found = made(tmp_path, "a,y\n" + rows)
    assert found.csv.missing == ("?",)
    assert (columns(found)["a"].kind, columns(found)["a"].nullable) == ("float", True)


def test_whole_numbers_with_signs_are_told_and_predicted_as_numbers(tmp_path: Path) -> None:
    rows = "".join(f"{n % 3}%,{n * 7 % 11},{'$1.00' if n % 4 else '$0.00'}\n" for n in range(90))
    found = made(tmp_path, "a,b,y\n" + rows)
    assert found.target.classes == [0, 1]
    assert "3 whole numbers, 0, 1, 2" in [one.figure for one in columns(found)["a"].told]


def test_truth_in_any_letters_is_one_of_two_classes(tmp_path: Path) -> None:
    said = ("TRUE", "true", "false")
    text = "".join(f"{n},{n % 7},{said[n * n % 3]}\n" for n in range(0, 270, 3))
    text += "".join(f"{n},{n % 7},{said[n % 3]}\n" for n in range(90))
    assert made(tmp_path, "a,b,y\n" + text).params["task"] == "binary"


def test_infinity_is_no_value_in_csv_and_parquet_alike(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    rows = awkward().assign(a=[np.inf if n % 9 == 0 else n * 1.5 for n in range(240)])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    rows.to_parquet(tmp_path / "rows.parquet")
    for name in ("rows.csv", "rows.parquet"):
        outcome = onboard.init(tmp_path / name, str(tmp_path / name), Asked("y"), dry_run=True)
        column = columns(outcome.plan)["a"]
        assert (column.kind, column.facts.missing) == ("float", 27)


def test_a_date_that_is_none_is_told_by_its_row() -> None:
    days = [f"2024-01-{1 + n % 28:02d}" for n in range(59)]
    [told] = [t for t in series([*days, "9999-12-31"]).told if "mixed" in t.done]
    assert "1 of 60 are no dates from 1850 to 2140, such as row 60: '9999-12-31'" in told.figure


def test_numbers_called_a_date_are_told() -> None:
    figures = [t.figure for t in series(texts(range(45000, 45100)), "order_date").told]
    assert figures == ["45000 to 45099"]


def test_words_that_were_named_as_no_value_become_gaps_beside_those_that_were_found(
    tmp_path: Path,
) -> None:
    pairs = [(n if n % 9 else 999, "?" if n == 5 else n) for n in range(90)]
    rows = "".join(f"{a},{b},{n % 2}\n" for n, (a, b) in enumerate(pairs))
    (tmp_path / "rows.csv").write_text("a,b,y\n" + rows)
    asked = Asked("y", missing=("999",))
    found = onboard.init(tmp_path / "project", str(tmp_path / "rows.csv"), asked).plan
    assert found.csv.missing == ("999", "?")
    gaps = {name: (column.kind, column.facts.missing) for name, column in columns(found).items()}
    assert (gaps["a"], gaps["b"]) == (("Int64", 10), ("Int64", 1))


def test_a_word_among_numbers_is_told_by_its_row(tmp_path: Path) -> None:
    rows = "".join(f"{'twelve' if n == 41 else n % 10},{n % 2}\n" for n in range(90))
    [told] = [t for t in columns(made(tmp_path, "a,y\n" + rows))["a"].told if "mixed" in t.done]
    assert "row 42: 'twelve'" in told.figure


def series(values: list[Any], name: str = "x") -> Column:
    frame = pd.DataFrame({name: pd.Series(values, dtype=object)})
    facts, _ = profile.columns(frame, Csv())
    return infer(facts[name], names([name])[name])


def texts(values: Any) -> list[Any]:
    return [None if value is None else str(value) for value in values]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("x", texts(range(0, 300, 3)), "int"),
        ("x", texts([1, None, 7] * 20), "Int64"),
        ("x", texts([1.5, 2.25, -3] * 20), "float"),
        ("x", texts(["true", "FALSE", "true"] * 20), "bool"),
        ("x", texts(["a", "b", "c"] * 20), "str"),
        ("sector", texts([1, 2, 3] * 20), "str"),
        ("x", texts([11, 25, 900] * 20), "str"),
        ("x", texts([1, 2, 3] * 20), "int"),
        ("x", texts([0] * 50 + [1] * 6 + [2, 2, 3, 52]), "int"),
        ("x", texts(["01", "12", "07"] * 20), "str"),
        ("x", texts(["2024-01-02", "2024-02-03"] * 20), "date"),
        ("x", texts(["2024-01-02 10:00", "2024-02-03 11:30"] * 20), "datetime"),
        ("x", texts(["Jan 5 2001", "Feb 28 2002"] * 20), "date"),
        ("x", texts(["13/01/2020", "02/03/2020"] * 20), "date"),
        ("x", texts(["Jan-2018", "Mar-2018"] * 20), "date"),
        ("x", texts([20240102, 20240311] * 20), "date"),
    ],
)
def test_a_type_is_read_off_the_values(name: str, values: list[Any], kind: str) -> None:
    assert series(values, name).kind == kind


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("PassengerId", texts(range(1, 101)), "counts rows"),
        ("Unnamed: 0", texts(range(100)), "counts rows"),
        ("x", [f"k{n}" for n in range(100)], "an identifier"),
        ("x", [f"the {n} quick brown foxes of {n * 7}" for n in range(100)], "free text"),
        ("x", ["same"] * 100, "the same in every row"),
        ("x", [None] * 100, "nothing in it"),
        ("x", [[1, 2]] * 100, "lists"),
    ],
)
def test_a_column_that_no_model_can_use_is_left_out(name: str, values: list[Any], why: str) -> None:
    column = series(values, name)
    assert column.role == "out"
    assert why in column.why


def test_measures_that_differ_in_every_row_are_no_identifiers() -> None:
    random = np.random.default_rng(0)
    assert series(texts(random.normal(size=300))).role == "feature"
    assert series(texts(random.permutation(10**6)[:300]), "population").role == "feature"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "x"), ("LastName", "x"), ("date of birth", "x"), ("x", "ann@example.org"),
        ("x", "10.0.0.1"), ("x", "+49 30 123456"), ("who", "Smith, Mr. John"), ("long", "x"),
    ],
)  # fmt: skip
def test_personal_columns_are_guessed_by_name_and_value(name: str, value: str) -> None:
    assert personal(Facts(name, pd.Series([value, value, None])))
    assert not personal(Facts("plan", pd.Series(["basic", "plus"] * 20)))


@pytest.mark.parametrize(
    ("rows", "task"),
    [
        ([0, 1] * 30, "binary"),
        (["a", "b", "c"] * 20, "multiclass"),
        ([1, 2, 3] * 20, "multiclass"),
        (list(range(10)) * 9, "multiclass"),
        ([0.5 * n for n in range(60)], "regression"),
        ([0] * 50 + list(range(12)), "regression"),
    ],
)
def test_the_task_is_guessed_from_the_target(tmp_path: Path, rows: list[Any], task: str) -> None:
    random = np.random.default_rng(1)
    text = "".join(f"{random.normal():.3f},{random.integers(9)},{y}\n" for y in rows)
    assert made(tmp_path, "a,b,y\n" + text).params["task"] == task


def awkward() -> pd.DataFrame:
    random, n = np.random.default_rng(2), 240
    y = random.choice(["no", "yes"], n)
    return pd.DataFrame(
        {
            "Individual ID": [f"p{i}" for i in random.integers(0, 40, n)],
            "Full Name": [f"Smith, Mr. No{i}" for i in range(n)],
            "class": random.choice(["x", "y"], n),
            "told": np.where(y == "yes", "closed", "open"),
            "a": random.normal(size=n),
            "y": y,
        }
    )


def test_groups_leaks_and_names_are_seen_and_told(tmp_path: Path) -> None:
    found = made(tmp_path, awkward().to_csv(index=False))
    roles = {name: (column.role, column.why) for name, column in columns(found).items()}
    assert roles["Individual ID"][0] == "entity"
    assert "a leak" in roles["told"][1]
    assert roles["Full Name"][0] == "out"
    assert columns(found)["class"].name == "class_"
    assert (found.params["split"]["by"], found.params["positive"]) == ("group", "yes")
    told = onboard.rows_of(found)
    assert all(one.column and one.figure and one.done for one in told)


def test_rare_classes_are_merged_and_told(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    y = ["a"] * 60 + ["b"] * 60 + [f"rare{i}" for i in range(9)]
    text = "".join(f"{random.normal():.3f},{value}\n" for value in y)
    found = made(tmp_path, "a,y\n" + text)
    assert found.params["merge"] == {"other": [f"rare{i}" for i in range(9)]}


@pytest.mark.parametrize(("classes", "told"), [(10, []), (11, ["11 classes to learn"])])
def test_many_classes_are_told_to_be_boosted_in_fewer_steps(
    tmp_path: Path, classes: int, told: list[str]
) -> None:
    text = "".join(f"{n % 97},c{n % classes}\n" for n in range(20 * classes))
    target = columns(made(tmp_path, "a,y\n" + text))["y"]
    assert [one.figure for one in target.told if one.line == "model.py: `TREES`"] == told


def test_a_task_that_has_no_other_names_no_other(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    text = "".join(f"{random.normal():.3f},{'abc'[n % 3]}\n" for n in range(90))
    lines = [one.line for one in columns(made(tmp_path, "a,y\n" + text))["y"].told]
    assert lines == ["params.yml: `task`"]


@pytest.mark.parametrize("name", ["self", "class", "index", "target", "prediction", "rows"])
def test_a_header_that_means_something_in_code_is_a_column_like_any_other(
    tmp_path: Path, name: str
) -> None:
    found = made(tmp_path, f"{name},b,y\n{GOOD.replace('0,', '0.5,', 1)}")
    assert columns(found)[name].role == "feature"
    onboard.init(tmp_path / "project", str(tmp_path / "rows.csv"), Asked("y"))


def panel(years: range) -> pd.DataFrame:
    random, rows = np.random.default_rng(5), [(c, y) for c in range(30) for y in years]
    frame = pd.DataFrame(rows, columns=["county", "year"])
    return frame.assign(crime=random.integers(0, 90, len(rows)), y=random.normal(size=len(rows)))


def test_years_and_what_comes_back_each_year_are_told_where_rows_are_split_by_chance(
    tmp_path: Path,
) -> None:
    text = panel(range(1980, 1990)).to_csv(index=False)
    lines = {name: [t.line for t in c.told] for name, c in columns(made(tmp_path, text)).items()}
    assert "`--time year`" in lines["year"]
    assert "`--group county`" in lines["county"]
    assert lines["crime"] == []
    for asked in ({"time": "year"}, {"group": "county"}):
        told = [t.line for c in columns(made(tmp_path, text, **asked)).values() for t in c.told]
        assert not any(line.startswith("`--") for line in told)


def test_a_group_that_was_asked_for_is_not_told_to_be_left_out(tmp_path: Path) -> None:
    names = [f"{first}{last}" for first in "abcdefgh" for last in "lmnopqrs"]
    text = "".join(f"{n * n % 97},{names[n % 64]},{n % 31}\n" for n in range(640))
    assert columns(made(tmp_path, "a,name,y\n" + text))["name"].role == "out"
    group = columns(made(tmp_path, "a,name,y\n" + text, group="name"))["name"]
    assert group.role == "group"
    assert not [one for one in group.told if one.done.startswith("left out")]


@pytest.mark.parametrize(("end", "form"), [("", "%Y"), (".0", "%Y.0")])
def test_years_of_old_and_years_written_with_a_nought_may_be_the_time(
    tmp_path: Path, end: str, form: str
) -> None:
    text = "".join(f"{year}{end},{year * year % 97},{year % 11}\n" for year in range(1700, 2009))
    found = made(tmp_path, "year,a,y\n" + text, task="regression", time="year")
    year = columns(found)["year"]
    assert (year.kind, year.format, found.params["split"]["by"]) == ("date", form, "time")
    onboard.init(tmp_path / "project", str(tmp_path / "rows.csv"), Asked("y", time="year"))


def test_numbers_that_are_no_years_of_a_date_still_tell_what_comes_back(tmp_path: Path) -> None:
    text = panel(range(80, 90)).to_csv(index=False)
    told = [t.line for c in columns(made(tmp_path, text)).values() for t in c.told]
    assert "`--group county`" in told
    assert "`--time year`" not in told


def test_a_time_with_too_many_ties_is_not_split_by(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    years = [2001] * 115 + [2002] * 5
    text = "".join(f"{random.normal():.3f},{year},{random.normal():.2f}\n" for year in years)
    found = made(tmp_path, "a,Year,y\n" + text, time="Year")
    assert found.params["split"]["by"] == "random"
    assert any("share a time" in one.figure for one in found.told)


def test_a_large_file_is_sampled_and_every_row_of_it_still_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{PACKAGE}.platform.survey.SAMPLE", 200)
    monkeypatch.setattr(f"{PACKAGE}.platform.table.PART", 300)
    rows = [f"{n % 50},{n % 13},{n % 2}" for n in range(3000)]
    rows[2900], rows[2950] = "0.5,odd,1", ",1,1"
    found = made(tmp_path, "a,b,y\n" + "\n".join(rows) + "\n")
    kinds = {name: (column.kind, column.nullable) for name, column in columns(found).items()}
    assert kinds == {"a": ("float", True), "b": ("str", False), "y": ("int", False)}
    assert any("row 2901: 'odd'" in one.figure for one in columns(found)["b"].told)
    assert [one.figure for one in found.told if one.column == "(split)"] == [
        "160 to learn from, 40 held out, of the 200 looked at"
    ]


def test_no_value_of_a_person_and_no_rare_word_reaches_the_drafts(tmp_path: Path) -> None:
    rows = awkward().assign(town=["Rarelyville", *["Paris", "Rome"] * 119, "Rome"])
    file = tmp_path / "rows.csv"
    rows.assign(email=[f"ann{i % 20}@example.org" for i in range(240)]).to_csv(file, index=False)
    outcome = onboard.init(tmp_path / "project", str(file), Asked("y"))
    text = "".join(fate.text for fate in outcome.fates)
    assert "Paris" in text
    for secret in ("Rarelyville", "Smith", "ann1@", "p17"):
        assert secret not in text


def drafted(root: Path, rows: pd.DataFrame, **flags: bool) -> dict[str, keep.Fate]:
    file = root.parent / "rows.csv"
    rows.to_csv(file, index=False)
    fates = onboard.init(root, str(file), Asked("y"), **flags).fates
    return {fate.path.rpartition("/")[2]: fate for fate in fates}


def test_a_second_run_keeps_edits_merges_what_it_can_and_shows_the_rest(tmp_path: Path) -> None:
    root = tmp_path / "project"
    assert {fate.state for fate in drafted(root, awkward()).values()} == {"drafted"}
    params, contract = root / HOME / "params.yml", root / HOME / "contracts.py"
    params.write_text(params.read_text().replace("seed: 7", "seed: 8"))
    contract.write_text(contract.read_text().replace("str, meta", "str, nullable=True, meta"))
    again = drafted(root, awkward())
    assert (again["params.yml"].state, again["contracts.py"].state) == ("yours", "yours")
    other = drafted(root, awkward().drop(columns="class").assign(b=1.5 * np.arange(240)))
    assert other["params.yml"].state in ("yours", "merged")
    assert "seed: 8" in params.read_text()
    assert other["contracts.py"].state == "kept"
    assert '-        "class_"' in other["contracts.py"].diff
    assert '"class_"' in contract.read_text()
    assert drafted(root, awkward(), force=True)["contracts.py"].state == "drafted"
    assert "nullable" not in contract.read_text()


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    drafted(root, awkward(), dry_run=True)
    assert list(root.rglob("*")) == []


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    root = tmp_path / "project"
    drafted(root, awkward())
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    (root / HOME / "gate.yml").unlink()
    (root / HOME / "gate.yml").mkdir()
    del before[root / HOME / "gate.yml"]
    fates = [keep.Fate(f"{HOME}/{name}.yml", "drafted", "new") for name in ("params", "gate")]
    with pytest.raises(OSError, match="gate"):
        keep.write(root, fates, {})
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


def test_the_sample_stands_for_the_data_and_says_so(tmp_path: Path) -> None:
    drafted(tmp_path / "project", awkward())
    told = yaml.safe_load((tmp_path / "project" / HOME / "datasets.yml").read_text())
    sample = told["datasets"]["sample"]
    assert (sample["synthetic"], sample["stands_for"]) == (True, "rows")
    assert told["datasets"]["rows"]["sha256"] == survey(tmp_path / "rows.csv").sha256


def test_parquet_and_csv_lead_to_the_same_drafts(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    rows = awkward()
    rows.to_csv(tmp_path / "rows.csv", index=False)
    rows.to_parquet(tmp_path / "rows.parquet")
    found = [plan(tmp_path / name, Asked("y")) for name in ("rows.csv", "rows.parquet")]
    one, other = (onboard.written(each, tmp_path, "rows", "rows") for each in found)
    assert one[f"{HOME}/contracts.py"] == other[f"{HOME}/contracts.py"]
    assert one[f"{HOME}/params.yml"] == other[f"{HOME}/params.yml"]


def test_a_profile_tells_every_column_and_nothing_personal(tmp_path: Path) -> None:
    awkward().to_csv(tmp_path / "rows.csv", index=False)
    shown = onboard.profiled(tmp_path / "rows.csv", None, None)
    assert shown["column"].tolist() == list(awkward())
    assert not shown["values"].str.contains("Smith").any()

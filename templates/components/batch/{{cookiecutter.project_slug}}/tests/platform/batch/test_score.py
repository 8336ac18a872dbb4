"""Batch scoring: the same numbers as elsewhere, once per run, whole or not at all."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, output, predlog, table
from {{ cookiecutter.package_name }}.platform.batch import RECORD, Run
from {{ cookiecutter.package_name }}.platform.bundle import Bundle
from {{ cookiecutter.package_name }}.platform.config import PACKAGE
from {{ cookiecutter.package_name }}.platform.errors import COMMAND, Exit, ProjectError

Score = Callable[..., Run]
SKEW = 1e-9


def gap(model: Bundle, rows: pd.DataFrame, scored: pd.DataFrame) -> float:
    """The widest gap between what a file says and what the model says in this process."""
    here = model.predict(rows).select_dtypes("number")
    assert len(here) == len(scored)
    there = scored[list(here)].to_numpy(dtype=float)
    return float(np.abs(here.to_numpy() - there).max(initial=0))


def read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if output.parquet(path.name) else pd.read_csv(path)


def broken(model: Bundle, rows: pd.DataFrame, *places: int) -> tuple[str, pd.DataFrame]:
    """Rows of which some hold a word where none may stand, and the header of the column."""
    found = [column for column in model.request.columns if column.type != "string"]
    if not found:
        pytest.skip("the contract takes any word")
    words = rows.astype({found[0].name: object})
    words.loc[list(places), found[0].name] = "a word"
    return found[0].header, words


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("names", [["a.csv"], ["a.csv.gz"], ["a.parquet"], ["a.parquet", "b.csv"]])
def test_a_file_is_scored_as_in_this_process_whatever_its_form(
    run: Score, model: Bundle, rows: pd.DataFrame, given: Path, tmp_path: Path, names: list[str]
) -> None:
    for name in names:  # from the first into the second, which is scored anew
        done = run(given, tmp_path / name)
        given = tmp_path / name
    found = read(given)
    assert done.rows == len(rows)
    assert gap(model, rows, found) <= SKEW
    assert found["prediction_id"].tolist() == [f"{done.run_id}/{n + 1}" for n in range(len(rows))]
    assert set(found["run_id"]) == {done.run_id}
    assert set(found["scored_at"]) == {done.time}
    assert set(found["model_version"].astype(str)) == {model.manifest.version}


def test_columns_of_parquet_go_out_as_they_came_in(
    run: Score, model: Bundle, rows: pd.DataFrame, tmp_path: Path
) -> None:
    import pyarrow.parquet

    more = rows.assign(whole=pd.array([1, None] * (len(rows) // 2), dtype="Int64"))
    more.to_parquet(tmp_path / "rows.parquet", row_group_size=70)
    run(tmp_path / "rows.parquet", tmp_path / "out.parquet")
    before, after = (pyarrow.parquet.read_table(tmp_path / f"{n}.parquet") for n in ("rows", "out"))
    assert after.select(before.column_names).equals(before)
    assert gap(model, rows, read(tmp_path / "out.parquet")) <= SKEW


def test_a_run_that_was_done_is_left_alone(run: Score, given: Path, told: Path) -> None:
    said: list[str] = []
    first, before = run(given, told), told.stat()
    assert run(given, told, said) == first
    assert said == [f"run {first.run_id} was done before"]
    assert told.stat() == before


def test_an_output_that_was_lost_or_changed_comes_back_byte_for_byte(
    run: Score, given: Path, told: Path
) -> None:
    run(given, told)
    before = told.read_bytes()
    told.write_text("something else")
    run(given, told)
    assert told.read_bytes() == before
    told.unlink()
    run(given, told, chunk_rows=33)
    assert told.read_bytes() == before


def test_other_rows_make_another_run_and_may_not_bear_its_id(
    run: Score, rows: pd.DataFrame, given: Path, told: Path
) -> None:
    first = run(given, told, run_id="nightly-1")
    rows.head(20).to_csv(given, index=False)
    with pytest.raises(ProjectError, match="nightly-1 scored other rows") as error:
        run(given, told, run_id="nightly-1")
    assert error.value.code == Exit.CANNOT
    second = run(given, told)
    assert (first.rows, second.rows) == (len(rows), 20)


@pytest.mark.parametrize("name", ["../up", "", " ", "a b", "x" * 101])
def test_a_run_id_that_is_none_is_refused(run: Score, given: Path, told: Path, name: str) -> None:
    if name:
        with pytest.raises(ProjectError, match="is no run id"):
            run(given, told, run_id=name)
    else:
        assert run(given, told, run_id=name).run_id


def test_a_bad_row_is_named_and_nothing_is_left(
    run: Score, model: Bundle, rows: pd.DataFrame, given: Path, told: Path
) -> None:
    header, bad = broken(model, rows, 170)
    bad.to_csv(given, index=False)
    with pytest.raises(ProjectError, match=f"row 171: column {header}: ") as error:
        run(given, told)
    assert error.value.code == Exit.CANNOT
    assert "--reject" in error.value.hint
    assert left(told.parent) == {given.name}


def test_bad_rows_can_be_collected(
    run: Score, model: Bundle, rows: pd.DataFrame, given: Path, told: Path
) -> None:
    _, bad = broken(model, rows, 3, 170)
    bad.to_csv(given, index=False)
    done = run(given, told, reject=str(told.with_name("bad.csv")))
    rejected = pd.read_csv(told.with_name("bad.csv"))
    assert rejected["row_number"].tolist() == [4, 171]
    assert rejected["problem"].str.startswith("column ").all()
    assert (done.rows, done.rejected) == (len(rows) - 2, 2)
    assert gap(model, rows.drop(index=[3, 170]), read(told)) <= SKEW
    assert f"{done.run_id}/4" not in set(read(told)["prediction_id"])


def test_a_file_without_a_good_row_is_refused(
    run: Score, model: Bundle, rows: pd.DataFrame, given: Path, told: Path
) -> None:
    broken(model, rows, *range(len(rows)))[1].to_csv(given, index=False)
    with pytest.raises(ProjectError, match="no row can be scored"):
        run(given, told, reject=str(told.with_name("bad.csv")))
    assert left(told.parent) == {given.name}


def test_a_header_alone_is_scored_too(run: Score, rows: pd.DataFrame, given: Path) -> None:
    rows.head(0).to_csv(given, index=False)
    assert run(given, given.with_name("out.csv")).rows == 0
    assert list(read(given.with_name("out.csv")))[: rows.shape[1]] == list(rows)
    run(given, given.with_name("out.parquet"))
    assert run(given.with_name("out.parquet"), given.with_name("again.csv")).rows == 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", None, "there is no file"),
        ("a.csv", b"", "is not CSV: No columns"),
        ("a.csv", b"a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3"),
        ("a.csv", b"a\n\xff\n", "is not CSV: 'utf-8' codec"),
        ("a.csv", b"a\n1\n", "the rows have no column"),
        ("a.csv.gz", b"a\n1\n", "is not CSV: Not a gzipped file"),
        ("a.parquet", b"PAR1 and nothing more", "is not Parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    run: Score, tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ProjectError, match=told):
        run(tmp_path / name, tmp_path / "out.csv")
    assert left(tmp_path) <= {name}


def test_a_folder_that_is_not_there_is_told_before_anything_is_scored(
    run: Score, given: Path
) -> None:
    with pytest.raises(ProjectError, match="no folder"):
        run(given, given.parent / "nowhere" / "out.csv")


def test_a_model_that_fails_is_told_with_its_rows(
    run: Score, given: Path, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug in features.py")

    monkeypatch.setattr(Bundle, "predict", fail)
    with pytest.raises(ProjectError, match="rows 1 to 100: RuntimeError: a bug in features"):
        run(given, told)
    assert left(told.parent) == {given.name}


def test_a_run_is_logged_once_whatever_happens(
    run: Score, model: Bundle, rows: pd.DataFrame, given: Path, told: Path,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv(predlog.URI, str(tmp_path / "log"))
    monkeypatch.setenv(predlog.KEY, "key")
    done = run(given, told)
    told.unlink()
    run(given, told, chunk_rows=50)
    told.with_name(told.name + RECORD).unlink()  # the run is forgotten: it has a new time
    time.sleep(0.01)
    assert run(given, told).time > done.time
    found = predlog.read(tmp_path / "log")
    assert sorted(found["id"]) == sorted(read(told)["prediction_id"])
    assert set(found["source"]) == {"batch"}
    loggable = {f"feature.{column.name}" for column in model.request.columns if column.loggable}
    assert {name for name in map(str, found) if name.startswith("feature.")} == loggable
    if whom := model.request.entity:
        hashed = [predlog.pseudonym(value, "key") for value in rows[whom.name]]
        assert set(found["entity"]) == set(hashed)


def test_a_log_that_is_lost_stops_no_run_and_is_made_good_by_the_next(
    run: Score, given: Path, told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    (tmp_path / "log").write_text("a file where the folder should be")
    monkeypatch.setenv(predlog.URI, str(tmp_path / "log"))
    assert not run(given, told, said).logged
    assert said[-1].startswith("warning: the predictions are not logged")
    (tmp_path / "log").unlink()
    assert run(given, told).logged
    assert len(predlog.read(tmp_path / "log")) == len(read(told))


def test_a_killed_run_leaves_no_half_output_and_the_next_sweeps_up(
    model: Bundle, run: Score, rows: pd.DataFrame, given: Path, told: Path
) -> None:
    pd.concat([rows] * 400).to_csv(given, index=False)
    command = [*bundle.command(model.path, "batch"), "--bundle", str(model.path)]
    command += ["--input", str(given), "--output", str(told), "--chunk-rows", "500"]
    process = subprocess.Popen(command, env=bundle.environment(model.path))
    while not (parts := list(told.parent.glob(".*.part"))) or not parts[0].stat().st_size:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert left(told.parent) == {given.name, parts[0].name}
    os.utime(parts[0], (0, 0))
    rows.to_csv(given, index=False)
    run(given, told)
    assert left(told.parent) == {given.name, told.name, told.name + RECORD}


def test_no_champion_is_told_in_two_lines_with_the_next_command(tmp_path: Path) -> None:
    code = f"from {PACKAGE}.platform.cli import main; main()"
    command = [sys.executable, "-c", code, "score", "--input", "x.csv", "--output", "y.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == Exit.CANNOT
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: there is no bundle in ")
    assert hint == f" hint: run `{COMMAND} train`, then `{COMMAND} promote`"


def test_the_record_says_what_was_scored_with_what(
    run: Score, model: Bundle, given: Path, told: Path
) -> None:
    done = run(given, told)
    record: dict[str, Any] = json.loads(told.with_name(told.name + RECORD).read_text())
    assert replace(done) == Run(**record)
    assert record["input"] == table.sha256(given)
    assert record["output"] == table.sha256(told)
    assert (record["digest"], record["version"]) == (model.manifest.digest, model.manifest.version)

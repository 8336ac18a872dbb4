"""The prediction log: what stands in it and what never does; torn lines, full disks, company."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, datasets, predlog
from {{ cookiecutter.package_name }}.platform.config import PACKAGE, Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.predlog import Batch, Log, Writer
from {{ cookiecutter.package_name }}.platform.schema import Column, listed, typed
from {{ cookiecutter.package_name }}.platform.storage import at

COLUMNS = (
    Column("plan", "string", loggable=True),
    Column("fee", "number", loggable=True),
    Column("day", "date", loggable=True),
    Column("name", "string", pii=True),
    Column("unsaid", "string"),
)
WRITER = Writer("churn", "3", "abc", "http", COLUMNS)
FEATURES: dict[str, list[Any]] = {
    "plan": ["pro", None],
    "fee": [1.5, None],
    "day": ["2024-02-29", None],
    "name": ["Ann Secret", "Bob Secret"],
    "unsaid": ["hidden", "hidden"],
}
OUTPUTS: dict[str, list[Any]] = {"prediction": ["no", "yes"], "probability_yes": [0.1, 0.9]}
NOW = datetime(2024, 3, 1, 10, 30, tzinfo=UTC)
MANY = """
import sys
from PACKAGE.platform import storage
from PACKAGE.platform.predlog import Batch, Log, Writer
log = Log(storage.at(sys.argv[1]), Writer("churn", "3", "abc", "http", ()))
for number in range(300):
    log.write(Batch([sys.argv[2] + str(number)], {}, {"prediction": [number]}))
sys.stdout.write("written")
sys.stdout.flush()
sys.stdin.read() if sys.argv[3] == "killed" else log.close()
"""
FULL = """
import resource, sys, time
from PACKAGE.platform import storage
from PACKAGE.platform.predlog import Batch, Log, Writer
lost, written = [], []
writer = Writer("churn", "3", "abc", "http", ())
log = Log(storage.at(sys.argv[1]), writer, written.append, lost.append)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
def tell(name):
    before = sum(lost) + sum(written)
    log.write(Batch([name] * 2, {}, {"prediction": [1, 2]}))
    while sum(lost) + sum(written) == before:
        time.sleep(0.01)
for number in range(16):
    tell(str(number))
    if number % 2:
        log.write(Batch(["many"] * 2, {}, {"prediction": ["long" * 200] * 2}))
        time.sleep(0.01)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
tell("after")
log.close()
print(sum(lost), sum(written))
"""


def batch(**changes: Any) -> Batch:
    return Batch(**({"ids": ["a", "b"], "features": FEATURES, "outputs": OUTPUTS} | changes))


def store(folder: Path, moment: datetime, lines: bytes) -> None:
    at(str(folder)).write(predlog.place(moment, predlog.process()), lines)


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    log = Log(at(str(tmp_path)), WRITER)
    log.write(batch())
    log.close()
    found = predlog.read(tmp_path)
    assert found["id"].tolist() == ["a", "b"]
    assert found["output.probability_yes"].tolist() == [0.1, 0.9]
    assert found["feature.plan"].tolist() == ["pro", None]
    facts = found[["model", "version", "digest", "source"]].drop_duplicates().to_numpy().tolist()
    assert facts == [["churn", "3", "abc", "http"]]
    assert abs(pd.Timestamp.now("UTC").tz_localize(None) - found["time"].max()).total_seconds() < 60


def test_only_columns_said_to_be_harmless_are_written() -> None:
    lines = WRITER.lines(batch())
    assert json.loads(lines.splitlines()[0])["features"] == {
        "plan": "pro", "fee": 1.5, "day": "2024-02-29",
    }  # fmt: skip
    assert b"Secret" not in lines
    assert b"hidden" not in lines


def test_an_entity_is_told_only_under_a_key_and_never_by_name() -> None:
    entities = ["C1", None]
    assert b"entity" not in WRITER.lines(batch(entities=entities))
    keyed = Writer("churn", "3", "abc", "http", COLUMNS, key="k")
    first, second = map(json.loads, keyed.lines(batch(entities=entities)).splitlines())
    assert first["entity"] == predlog.pseudonym("C1", "k") != predlog.pseudonym("C1", "other")
    assert "C1" not in first["entity"]
    assert "entity" not in second
    assert "k'" not in repr(keyed)


def test_the_contract_decides_what_may_be_logged(workspace: Workspace) -> None:
    from {{ cookiecutter.package_name }}.contracts import CONTRACT

    for column in bundle.load(workspace.champion).request.columns:
        metadata = CONTRACT.columns[column.name].metadata or {}
        assert column.loggable == (metadata.get("pii") is False)


def test_typed_rows_are_listed_as_they_were_posted(data: Data) -> None:
    from {{ cookiecutter.package_name }}.contracts import CONTRACT

    columns = datasets.columns(CONTRACT)
    rows = typed(data.rows, columns).head(50)
    values = json.loads(json.dumps(listed(rows, columns)))
    pd.testing.assert_frame_equal(typed(pd.DataFrame(values, dtype=object), columns), rows)


def test_times_are_read_from_the_first_on_and_before_the_last(tmp_path: Path) -> None:
    moments = [NOW + timedelta(hours=hours) for hours in range(4)]
    for moment in moments:
        store(tmp_path, moment, WRITER.lines(batch(ids=[str(moment)] * 2, time=moment)))
    found = predlog.read(tmp_path, since=moments[1], until="2024-03-01T13:30")
    assert found["id"].unique().tolist() == [str(moments[1]), str(moments[2])]
    assert found["time"].is_monotonic_increasing


def test_a_row_that_waited_past_the_hour_is_found(tmp_path: Path) -> None:
    store(tmp_path, NOW + timedelta(minutes=31), WRITER.lines(batch(time=NOW)))
    assert len(predlog.read(tmp_path, until=NOW + timedelta(minutes=1))) == 2


def test_a_torn_line_is_left_out_and_counted(tmp_path: Path) -> None:
    lines = WRITER.lines(batch(time=NOW))
    store(tmp_path, NOW, lines + lines[:-20])
    store(tmp_path, NOW, b'\xff{"id"\n[]\n' + lines)
    found = predlog.read(tmp_path)
    assert (len(found), found.attrs["torn"]) == (5, 3)


def test_an_empty_log_has_its_columns(tmp_path: Path) -> None:
    found = predlog.read(tmp_path / "nothing")
    assert (len(found), list(found)) == (0, list(predlog.FACTS))


def test_a_batch_that_was_logged_twice_stands_once(tmp_path: Path) -> None:
    writer = Writer("churn", "3", "abc", "batch", COLUMNS)
    for moment in (NOW, NOW + timedelta(hours=2)):
        store(tmp_path, moment, writer.lines(batch(time=moment)) + WRITER.lines(batch(time=moment)))
    found = predlog.read(tmp_path)
    assert found["source"].value_counts().to_dict() == {"http": 4, "batch": 2}


def test_a_log_that_cannot_be_written_loses_rows_counts_them_and_tells_it_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, lost, written = tmp_path / "log", list[int](), list[int]()
    folder.write_text("a file where the folder should be")
    log = Log(at(str(folder)), WRITER, on_written=written.append, on_lost=lost.append)
    for number in range(1, 4):
        log.write(batch())
        wait_for(lambda: sum(lost) == 2 * number)  # noqa: B023
    folder.unlink()
    log.write(batch())
    log.close()
    assert (sum(lost), sum(written), len(predlog.read(folder))) == (6, 2, 2)
    told = [record.getMessage() for record in caplog.records if record.name == "predlog"]
    assert len(told) == 2
    assert "is losing rows" in told[0]
    assert "writes again, 6 rows lost" in told[1]


def test_a_full_disk_tears_no_line_that_comes_later(tmp_path: Path) -> None:
    found = run(FULL, str(tmp_path))
    lost, written = map(int, found.split())
    rows = predlog.read(tmp_path)
    assert lost > 0
    assert written > 0
    assert lost + written == 50
    # The bytes that still fitted may hold whole lines of a write that failed.
    assert written <= len(rows) <= 50
    assert "after" in set(rows["id"])


def test_a_log_that_hangs_holds_no_caller_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predlog, "GRACE_SECONDS", 0.2)
    lost: list[int] = []
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    log = Log(at(str(tmp_path)), WRITER, on_lost=lost.append)
    log._file = predlog.place(datetime.now(UTC)), (tmp_path / "pipe").open("wb")
    started = time.perf_counter()
    for _ in range(120):  # nobody reads: the pipe is full after the first
        log.write(batch(ids=["x"] * 1000, features={}, outputs={"prediction": [1] * 1000}))
    log.close()
    assert time.perf_counter() - started < 30  # a caller that waited would wait for ever
    assert sum(lost) >= 120_000 - 2 * predlog.MOST_WAITING  # as much waits as the writer holds
    os.close(reader)


def test_processes_write_at_once_and_no_line_is_torn(tmp_path: Path) -> None:
    several = [start(MANY, str(tmp_path), str(number), "closed") for number in range(3)]
    assert [process.communicate(timeout=60)[1] for process in several] == [""] * 3
    found = predlog.read(tmp_path)
    assert (len(found), found["id"].nunique(), found.attrs["torn"]) == (900, 900, 0)
    assert len(list(tmp_path.rglob("*.jsonl"))) >= 3


def test_a_killed_process_leaves_what_it_wrote(tmp_path: Path) -> None:
    process = start(MANY, str(tmp_path), "k", "killed")
    assert process.stdout
    assert process.stdout.read(7) == "written"
    wait_for(lambda: len(predlog.read(tmp_path)) == 300)
    process.kill()
    process.communicate()
    assert len(predlog.read(tmp_path)) == 300


def test_an_object_store_gets_whole_objects_by_the_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fsspec", reason="component storage-fsspec is not here")
    monkeypatch.setattr(predlog, "PART_SECONDS", 0.2)
    uri = f"memory://{time.time_ns()}/log"
    log = Log(at(uri), WRITER)
    for name in ("a", "b"):
        log.write(batch(ids=[name, name]))
    wait_for(lambda: len(predlog.read(uri)) == 4)
    log.write(batch())
    log.close()
    assert len(predlog.read(uri)) == 6
    [day] = at(uri).list()
    assert len(at(uri).list(day)) == 2


def test_the_log_is_off_until_a_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(predlog.URI, raising=False)
    assert predlog.store() is None
    monkeypatch.setenv(predlog.URI, "/var/log/predictions")
    assert predlog.store() == at("/var/log/predictions")
    monkeypatch.setenv(predlog.URI, "gopher://log")
    with pytest.raises(ProjectError, match="gopher"):
        predlog.store()


def start(code: str, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code.replace("PACKAGE", PACKAGE), *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def run(code: str, *words: str) -> str:
    process = start(code, *words)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def wait_for(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("waited in vain")

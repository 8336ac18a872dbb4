"""Windows over the log, a file or a replay; what drifted, was lost, or cannot be told."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, config, predlog
from {{ cookiecutter.package_name }}.platform.columns import Column
from {{ cookiecutter.package_name }}.platform.config import Dataset, Datasets, Workspace
from {{ cookiecutter.package_name }}.platform.errors import Exit, ProjectError
from {{ cookiecutter.package_name }}.platform.look import Look, lines, rehearsed
from {{ cookiecutter.package_name }}.platform.monitor import Report, monitor
from {{ cookiecutter.package_name }}.platform.reference import Reference
from {{ cookiecutter.package_name }}.platform.schema import Request, listed, typed
from {{ cookiecutter.package_name }}.platform.window import (
    Source,
    logged,
    moment,
    replayed,
    scored,
)

Rows = Callable[..., pd.DataFrame]
NOW = pd.Timestamp("2026-03-31T12:00")
SCORES = ["prediction", "probability_no", "probability_yes"]


def source(rows: pd.DataFrame, **facts: Any) -> Source:
    """Rows as the log would hold them."""
    features = rows[["fee", "tickets", "plan", "region", "auto_pay"]].add_prefix("feature.")
    found = features.join(rows[SCORES].add_prefix("output.")).assign(**facts)
    return Source("these rows", lambda *_: found)


def column(report: Report, name: str) -> Column:
    return next(each for each in report.columns if each.name == name)


def write(log: Path, champion: Path, rows: pd.DataFrame, at: datetime) -> None:
    """What one process logs in an hour."""
    manifest, request = bundle.read(champion), Request.read(champion / "request.json")
    facts = (manifest.name, manifest.version, manifest.digest)
    writer = predlog.Writer(*facts, "http", request.columns, "key")
    columns = request.columns
    told = listed(typed(rows.rename(columns={"plan": "The Plan"}), columns), columns)
    ids = [f"{at:%d%H}-{place}" for place in range(len(rows))]
    outputs = {name: rows[name].tolist() for name in SCORES}
    batch = predlog.Batch(ids, told, outputs, rows["customer"].tolist(), at)
    path = log / f"{at:%Y-%m-%d}" / f"{at:%H}-host-1-{len(rows)}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(writer.lines(batch))


def test_rows_of_the_same_world_do_not_drift(champion: Path, world: Rows) -> None:
    report = monitor(champion, source(world(600, 7)))
    assert report.verdict == "stable", report.sentence
    assert report.judged == 6


def test_times_identifiers_and_personal_columns_are_not_watched(champion: Path) -> None:
    reference = Reference.read(champion)
    assert set(reference.excluded) == {"day", "name"}
    assert "n17" not in (champion / "reference.json").read_text()


def test_a_shifted_feature_is_told_with_both_averages(champion: Path, world: Rows) -> None:
    report = monitor(champion, source(world(300, 8).assign(fee=lambda rows: rows["fee"] + 15)))
    assert report.drifted == ["fee"]
    assert "on average" in report.columns[0].sentence
    assert report.error.code == Exit.DRIFT


def test_values_that_go_missing_are_drift(champion: Path, world: Rows) -> None:
    rows = world(400, 9)
    rows.loc[rows.index % 5 == 0, "region"] = None
    found = column(monitor(champion, source(rows)), "region")
    assert found.status == "drift"
    assert found.sentence.endswith("; missing in 23.2%, 5.5% in the reference")


def test_words_that_training_never_saw_are_named(champion: Path, world: Rows) -> None:
    rows = world(400, 10)
    rows.loc[rows.index % 8 == 0, "region"] = "over\x1b[31mseas"
    found = column(monitor(champion, source(rows)), "region")
    assert found.status == "drift"
    assert found.unseen == pytest.approx(0.125)
    assert "new (over?[31mseas) in 12.5%" in found.sentence


def test_scores_count_only_for_the_version_that_gave_them(champion: Path, world: Rows) -> None:
    rows = world(600, 11)
    digest = bundle.read(champion).digest
    mixed = np.where(rows.index < 300, digest, "another")
    wild = rows.assign(probability_yes=rows["probability_yes"].where(rows.index < 300, 0.99))
    report = monitor(champion, source(wild, digest=mixed))
    assert column(report, "probability_yes").status == "stable"
    assert column(report, "probability_yes").rows == 300
    assert "300 rows were scored by other versions; only their features count" in report.notices
    assert monitor(champion, source(wild, digest=digest)).drifted == ["probability_yes"]


def test_few_rows_say_nothing(champion: Path, world: Rows) -> None:
    report = monitor(champion, source(world(60, 12).assign(fee=1e6)))
    assert report.verdict == "insufficient"
    assert report.line == "these rows: too few rows to tell: 60, and 100 are needed"


def test_no_rows_say_nothing_either(champion: Path, tmp_path: Path) -> None:
    report = monitor(champion, logged(str(tmp_path)), NOW - pd.Timedelta(days=7), NOW)
    assert report.verdict == "insufficient"
    assert report.window.rows == 0


def test_repeated_rows_of_one_entity_are_one(champion: Path, world: Rows) -> None:
    few = world(120, 13)
    rows = pd.concat([few] * 30, ignore_index=True)
    report = monitor(champion, source(rows, entity=rows["customer"]))
    assert report.verdict == "stable", report.sentence
    assert (report.window.rows, report.window.entities) == (3600, 120)


def test_the_log_of_several_processes_is_one_window(
    champion: Path, world: Rows, tmp_path: Path
) -> None:
    times = [datetime(2026, 3, day, 10, tzinfo=UTC) for day in (1, 29, 30)]
    for place, at in enumerate(times):
        write(tmp_path, champion, world(200 + place, place, customers=150), at)
    report = monitor(champion, logged(str(tmp_path)), NOW - pd.Timedelta(days=7), NOW)
    assert report.window.rows == 201 + 202
    assert report.window.entities == 150
    assert report.judged == 6
    assert not report.notices


def test_rows_that_do_not_say_whom_they_are_about_are_told(champion: Path, world: Rows) -> None:
    rows = world(300, 14)
    assert "PREDICTION_LOG_KEY" in monitor(champion, source(rows)).notices[0]
    assert not monitor(champion, source(rows, entity=rows["customer"])).notices


def test_an_older_reference_is_told_in_words(champion: Path, tmp_path: Path) -> None:
    text = (champion / "reference.json").read_text()
    (tmp_path / "reference.json").write_text(text.replace("reference/2", "reference/1"))
    with pytest.raises(ProjectError, match="is reference/1, and this code reads") as error:
        Reference.read(tmp_path)
    assert "promote" in error.value.hint


def test_a_scored_file_is_read_by_its_headers(champion: Path, world: Rows, tmp_path: Path) -> None:
    rows = world(300, 15).rename(columns={"plan": "The Plan"})
    rows["scored_at"] = "2026-03-30T10:00:00Z"
    rows.assign(prediction_id=rows.index).to_csv(tmp_path / "scored.csv", index=False)
    request = Request.read(champion / "request.json")
    found = scored(tmp_path / "scored.csv", request)
    report = monitor(champion, found, NOW - pd.Timedelta(days=7), NOW)
    assert (report.verdict, report.judged, report.window.rows) == ("stable", 6, 300)
    assert monitor(champion, found, NOW, None).window.rows == 0


def test_a_rehearsal_shifts_what_the_log_holds(champion: Path, world: Rows) -> None:
    calm = source(world(300, 16))
    change = rehearsed(champion, deviations=1)
    report = monitor(champion, Source(calm.words, calm.read, rehearsal=True, change=change))
    assert {"fee", "tickets", "plan", "region", "auto_pay"} <= set(report.drifted)
    assert report.document()["rehearsal"] is True


def test_a_replay_scores_the_rows_it_shifted(champion: Path, world: Rows) -> None:
    asked: list[pd.DataFrame] = []

    def score(rows: pd.DataFrame) -> pd.DataFrame:
        asked.append(rows)
        return rows[SCORES]

    holdout, change = world(80, 17), rehearsed(champion, deviations=2)
    found = replayed(holdout, score, "customer", 0, change)
    assert len(asked[0]) == 300  # a rehearsal needs enough rows to be told
    assert asked[0]["fee"].mean() > holdout["fee"].mean() + 20
    assert monitor(champion, found).verdict == "drift"


def test_a_rehearsal_needs_no_more_entities_than_there_are(champion: Path, world: Rows) -> None:
    holdout, change = world(400, 18, customers=40), rehearsed(champion, deviations=1)
    found = replayed(holdout, lambda rows: rows[SCORES], "customer", 0, change)
    assert monitor(champion, found).verdict == "drift"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7d", "2026-03-24T12:00"),
        ("90m", "2026-03-31T10:30"),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T06:00+02:00", "2026-01-31T04:00"),
    ],
)
def test_a_moment_is_a_time_or_counted_back(text: str, found: str) -> None:
    assert moment(text, "--since", NOW) == pd.Timestamp(found)


TOY = Dataset(uri="x", pii=True, retention="P1Y", label_delay_days=30)


@pytest.fixture
def late(
    champion: Path, world: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[pd.Series], Any]], Report]:
    """Predictions of two weeks, and a look that gives labels to some of the first."""
    monkeypatch.setattr(config, "datasets", lambda: Datasets(training="toy", datasets={"toy": TOY}))
    rows, ids = world(500, 18), [f"2510-{place}" for place in range(500)]
    write(tmp_path, champion, rows, datetime(2026, 2, 25, 10, tzinfo=UTC))
    write(tmp_path, champion, rows, datetime(2026, 3, 30, 10, tzinfo=UTC))

    def look(labels: Callable[[pd.Series], Any]) -> Report:
        told = pd.DataFrame({"id": ids, "left": labels(rows["left"])})
        told.head(400).to_csv(tmp_path / "labels.csv", index=False)
        week = NOW - pd.Timedelta(days=7)
        return monitor(champion, logged(str(tmp_path)), week, NOW, tmp_path / "labels.csv")

    return look


@pytest.mark.usefixtures("settings")
def test_quality_is_judged_where_labels_are_due(late: Callable[..., Report]) -> None:
    report = late(lambda left: left)
    assert report.quality
    assert (report.quality.due, report.quality.labelled) == (500, 400)
    assert report.quality.status == "stable", report.quality.sentence
    assert report.verdict == "stable"


@pytest.mark.usefixtures("settings")
def test_predictions_that_became_worse_are_drift(late: Callable[..., Report]) -> None:
    report = late(lambda left: left.sample(frac=1, random_state=1).to_numpy())
    assert report.drifted == ["roc_auc"]
    assert any(line.startswith("drift") and "held out" in line for line in lines(report))


def test_labels_need_an_id_and_the_target(champion: Path, world: Rows, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("customer,left\nc1,yes\n")
    with pytest.raises(ProjectError, match="no columns id and left"):
        monitor(champion, source(world(200, 1), id="x"), labels=tmp_path / "labels.csv")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "nothing says which predictions to look at"),
        ({"log": "x", "since": "yesterday"}, "--since: 'yesterday' is no point in time"),
        ({"log": "x", "since": "1d", "until": "2d"}, "--since is not before --until"),
        ({"input": Path("nothing.csv")}, "there is no file nothing.csv"),
        ({"input": Path("labels.csv")}, "holds neither features nor predictions"),
    ],
)
def test_a_look_that_cannot_be_is_told(
    champion: Path,
    tmp_path: Path,
    asked: dict[str, Any],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("labels.csv").write_text("id,left\n1,yes\n")
    shutil.copytree(champion, tmp_path / "build" / "champion")
    with pytest.raises(ProjectError, match=told):
        Look(Workspace(tmp_path, tmp_path / "build"), **asked).report()

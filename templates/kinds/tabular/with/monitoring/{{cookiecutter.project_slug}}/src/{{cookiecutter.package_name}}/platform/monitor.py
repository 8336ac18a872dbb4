"""Does production still look like training? Features, scores, and labels that came late."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from . import bundle
from .bundle import Manifest
from .columns import ORDER, RISE, Column, Sample, Seen, see
from .drift import LEAST, LEVEL, MUCH, Question
from .errors import Exit, ProjectError
from .judge import judge
from .quality import Quality, quality, span
from .reference import Reference, Size, size, weights
from .schema import Request, label
from .window import Moment, Source, features

SCHEMA = "monitor/1"
Verdict = Literal["drift", "stable", "insufficient"]


@dataclass(frozen=True)
class Report:
    """What the rows of a window say of the champion."""

    manifest: Manifest
    reference: Reference
    source: Source
    since: Moment
    until: Moment
    window: Size
    columns: tuple[Column, ...]
    quality: Quality | None
    notices: tuple[str, ...]
    questions: tuple[Question, ...] = ()
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def drifted(self) -> list[str]:
        """What drifted, by name."""
        names = [column.name for column in self.columns if column.status == "drift"]
        if self.quality and self.quality.status == "drift":
            names.append(self.quality.metric)
        return names

    @property
    def judged(self) -> int:
        """How many columns had enough rows to tell."""
        return sum(column.p is not None for column in self.columns)

    @property
    def level(self) -> float:
        """The chance below which a change of one column is certain."""
        return level(self.columns)

    @property
    def verdict(self) -> Verdict:
        """The window in a word."""
        return "drift" if self.drifted else "stable" if self.judged else "insufficient"

    @property
    def sentence(self) -> str:
        """The verdict in a line."""
        if self.drifted:
            return f"drift in {', '.join(self.drifted)} ({self.judged} columns judged)"
        if self.judged:
            return f"no drift in {self.judged} columns"
        return f"too few rows to tell: {self.window.effective:.0f}, and {LEAST} are needed"

    @property
    def line(self) -> str:
        """The verdict, after the rows that it is about."""
        return f"{self.source.words}: {self.sentence}"

    @property
    def error(self) -> ProjectError:
        """The drift as the error that a verb shows."""
        hint = "docs/runbooks/drift.md says what to look at, and when to retrain"
        return ProjectError(self.sentence, hint, Exit.DRIFT)

    def document(self) -> dict[str, Any]:
        """The report as JSON holds it."""
        model, words = self.manifest, self.source.words
        moments = {"since": _iso(self.since), "until": _iso(self.until)}
        return {
            "schema": SCHEMA,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "drifted": self.drifted,
            "rehearsal": self.source.rehearsal,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "model": {"name": model.name, "version": model.version, "digest": model.digest},
            "window": {"source": words} | moments | asdict(self.window),
            "reference": asdict(self.reference.training),
            "thresholds": {"level": LEVEL, "psi": MUCH, "rows": LEAST, "rise": RISE},
            "columns": [asdict(column) for column in self.columns],
            "quality": asdict(self.quality) if self.quality else None,
            "excluded": dict(self.reference.excluded),
            "notices": list(self.notices),
        }


def monitor(
    folder: Path,
    source: Source,
    since: Moment = None,
    until: Moment = None,
    labels: Path | None = None,
) -> Report:
    """What the rows between two moments say of the model in a bundle."""
    manifest, reference = bundle.read(folder), Reference.read(folder)
    rows = _rows(source, since, until, manifest)
    late = None
    if labels:
        due = _rows(source, *span(since, until), manifest)
        late = quality(due[versions(due, manifest)], labels, manifest, reference)
    seen = list(_seen(rows, Request.read(folder / "request.json"), source, manifest, reference))
    questions = [question for one in seen for question in one.questions]
    answers = iter(judge(questions))
    bar = level([one.column for one in seen])
    columns = [one.told([next(answers) for _ in one.questions], bar) for one in seen]
    return Report(
        manifest=manifest,
        reference=reference,
        source=source,
        since=since,
        until=until,
        window=size(_whom(rows), weights(_whom(rows), len(rows))),
        columns=tuple(sorted(columns, key=lambda c: (ORDER.index(c.status), -(c.psi or 0)))),
        quality=late,
        notices=tuple(_notices(rows, manifest, reference)),
        questions=tuple(one.questions[0] for one in seen if one.questions),
    )


def level(columns: Sequence[Column]) -> float:
    """The part that each of these columns has in the chance of a false alarm."""
    return LEVEL / max(1, sum(column.status != "unobserved" for column in columns))


def versions(rows: pd.DataFrame, manifest: Manifest) -> pd.Series:
    """Which rows this very version scored; all of them, where nothing says which did."""
    for fact, value in (("digest", manifest.digest), ("version", manifest.version)):
        if fact in rows and rows[fact].notna().any():
            return rows[fact].astype(str) == value
    return pd.Series(True, index=rows.index)


def _rows(source: Source, since: Moment, until: Moment, manifest: Manifest) -> pd.DataFrame:
    """The rows about this model: a log may hold several."""
    rows = source.read(since, until)
    if "model" in rows and rows["model"].notna().any():
        rows = rows[rows["model"] == manifest.name]
    if len(rows) and not any(str(name).startswith(("feature.", "output.")) for name in rows):
        sentence = f"{source.words} holds neither features nor predictions"
        raise ProjectError(sentence, "give rows that `predict`, `score` or the service wrote")
    return rows.reset_index(drop=True)


def _seen(
    rows: pd.DataFrame, request: Request, source: Source, manifest: Manifest, reference: Reference
) -> Iterator[Seen]:
    """Every feature of the reference, and the scores."""
    told, scores = source.change(features(rows, request)), _scores(rows, manifest)
    known = {column.name: column.categories for column in request.columns}
    sample, before = Sample.of(_whom(rows), len(rows)), reference.training.effective
    for name, histogram in reference.features.items():
        if name in told:
            column = Column(name, "feature")
            yield see(column, histogram, before, told[name], sample, known[name])
        else:
            yield Seen(Column(name, "feature", "unobserved", "the rows do not tell it"))
    for name, values in scores.items():
        scored = rows[values.notna()]
        sample, before = Sample.of(_whom(scored), len(scored)), reference.holdout.effective
        column = Column(f"probability_{name}" if manifest.classes else name, "score")
        yield see(column, reference.scores[name], before, values.dropna(), sample)


def _scores(rows: pd.DataFrame, manifest: Manifest) -> dict[str, pd.Series]:
    """The scores that this version gave; of two classes one, for the other says the same."""
    names = [label(name) for name in manifest.classes]
    names = names[-1:] if len(names) == 2 else names
    asked = {name: f"output.probability_{name}" for name in names}
    own = versions(rows, manifest)
    return {
        name: pd.to_numeric(rows[output], errors="coerce").where(own)
        for name, output in (asked or {"prediction": "output.prediction"}).items()
        if output in rows
    }


def _whom(rows: pd.DataFrame) -> pd.Series | None:
    return rows["entity"] if "entity" in rows and rows["entity"].notna().any() else None


def _notices(rows: pd.DataFrame, manifest: Manifest, reference: Reference) -> Iterator[str]:
    training = reference.training
    if training.entities < training.rows and len(rows) and _whom(rows) is None:
        yield (
            "these rows do not say whom they are about, so rows of one entity count as independent;"
            " set PREDICTION_LOG_KEY where rows are scored"
        )
    if others := int((~versions(rows, manifest)).sum()):
        yield f"{others} rows were scored by other versions; only their features count"
    if torn := rows.attrs.get("torn", 0):
        yield f"{torn} lines of the log were torn and are left out"


def _iso(moment: Moment) -> str | None:
    return None if moment is None else moment.isoformat() + "Z"

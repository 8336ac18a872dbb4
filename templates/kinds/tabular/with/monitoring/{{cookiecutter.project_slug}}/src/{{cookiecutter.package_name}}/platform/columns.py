"""A column of the window against its histogram: its shape, missing values, new ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from .drift import LEAST, MUCH, Answer, Question, pooled
from .reference import MISSING, Histogram, size, weights
from .schema import figure

RISE = 0.05  # of missing or new values, as a share of the rows
MOST_NEW = 3  # values named in a sentence
MOST_LETTERS = 40
Status = Literal["drift", "notice", "insufficient", "unobserved", "stable"]
Finding = tuple[Status, str]
ORDER: tuple[Status, ...] = ("drift", "notice", "insufficient", "unobserved", "stable")


@dataclass(frozen=True)
class Sample:
    """What each row of a window weighs, and how many independent rows that makes."""

    weights: np.ndarray
    effective: float

    @classmethod
    def of(cls, entities: pd.Series | None, rows: int) -> "Sample":
        """The sample of rows that are about these entities."""
        found = weights(entities, rows)
        return cls(found, size(entities, found).effective)


@dataclass(frozen=True)
class Bin:
    """The share of a bin in the reference and in the window."""

    label: str
    reference: float
    window: float


@dataclass(frozen=True)
class Column:
    """What became of a feature or a score."""

    name: str
    kind: Literal["feature", "score"]
    status: Status = "stable"
    sentence: str = ""
    rows: float = 0.0
    psi: float | None = None
    p: float | None = None
    missing: float = 0.0
    missing_before: float = 0.0
    unseen: float = 0.0
    bins: tuple[Bin, ...] = ()


@dataclass(frozen=True)
class Seen:
    """A column as the window shows it, and the questions whether it changed.

    The first question is about its shape, and `change` says how that changed. Each further one is
    about values that became more, as `rises` tells.
    """

    column: Column
    change: str = ""
    rises: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()

    def told(self, answers: Sequence[Answer], level: float) -> Column:
        """The column with its verdict: below this chance a change is certain."""
        if not answers:
            return self.column
        shape, *more = answers
        change: Finding = ("drift" if shape.psi > MUCH else "notice", self.change)
        told = zip((change, *self.rises), (shape, *more), strict=True)
        found = [finding for finding, answer in told if answer.p < level]
        status = min((status for status, _ in found), key=ORDER.index, default=self.column.status)
        words = "; ".join(words for _, words in found)
        return replace(self.column, status=status, sentence=words, p=shape.p, psi=shape.psi)


def see(
    column: Column,
    histogram: Histogram,
    before: float,
    values: pd.Series,
    sample: Sample,
    known: Sequence[str] | None = None,
) -> Seen:
    """The column as the values show it, where the histogram is worth `before` rows."""
    now = _shares(histogram.codes(values), sample.weights, len(histogram.shares))
    new = _new(values, sample.weights, known)
    seen = replace(
        column,
        rows=sample.effective,
        missing=float(now[-1]),
        missing_before=float(histogram.shares[-1]),
        unseen=float(new.sum()),
        bins=tuple(_bins(histogram, now)),
    )
    if sample.effective < LEAST:
        told = f"{sample.effective:.0f} independent rows, {LEAST} are needed"
        return Seen(replace(seen, status="insufficient", sentence=told))

    def asked(about: str, labels: Sequence[str], then: np.ndarray, here: np.ndarray) -> Question:
        return Question(about, tuple(labels), then * before, here * sample.effective)

    questions = [pooled(asked(column.name, histogram.labels(), histogram.shares, now))]
    rises = []
    for what, share, more in (
        ("missing", seen.missing_before, seen.missing),
        (_named(new), 0.0, seen.unseen),
    ):
        if more > share:
            shares = np.array([1 - share, share]), np.array([1 - more, more])
            questions.append(asked(what, ("others", what), *shares))
            rises.append(_rise(what, share, more))
    change = _change(seen, histogram, values, sample.weights)
    return Seen(seen, change, tuple(rises), tuple(questions))


def _rise(what: str, share: float, now: float) -> Finding:
    """Values of a kind that became more, however they change the shape."""
    words = f"{what} in {now:.1%}, {share:.1%} in the reference"
    return "drift" if now - share > RISE else "notice", words


def _shares(codes: np.ndarray, weight: np.ndarray, bins: int) -> np.ndarray:
    found = np.bincount(codes, weight, minlength=bins)
    shares: np.ndarray = found / max(found.sum(), 1e-9)
    return shares


def _new(values: pd.Series, weight: np.ndarray, known: Sequence[str] | None) -> pd.Series:
    """The share of each word that training did not know, the most frequent first."""
    new = (values.notna() & ~values.isin(known or [])).to_numpy()
    if not known or not new.any():
        return pd.Series(dtype=float)
    sums = pd.Series(weight[new]).groupby(values[new].astype(str).to_numpy()).sum()
    shares: pd.Series = sums.sort_values(ascending=False, kind="stable") / weight.sum()
    return shares


def _named(new: pd.Series) -> str:
    more = f" and {len(new) - MOST_NEW} more" if len(new) > MOST_NEW else ""
    shown = [_printable(word[:MOST_LETTERS]) for word in new.index[:MOST_NEW]]
    return f"new ({', '.join(shown)}{more})"


def _printable(word: str) -> str:
    """Without what could steer a terminal: a word may be anything that somebody sent."""
    return "".join(letter if letter.isprintable() else "?" for letter in word)


def _bins(histogram: Histogram, now: np.ndarray) -> Iterator[Bin]:
    for name, before, here in zip(histogram.labels(), histogram.shares, now, strict=True):
        if before or here:
            yield Bin(name, float(before), float(here))


def _change(seen: Column, histogram: Histogram, values: pd.Series, weight: np.ndarray) -> str:
    """The greatest change in words: of the mean where it moved, else of a bin."""
    if histogram.mean is not None and histogram.deviation:
        numbers = values.to_numpy(dtype=float)
        kept = np.isfinite(numbers)
        mean = float(np.average(numbers[kept], weights=weight[kept])) if kept.any() else 0.0
        if kept.any() and abs(mean - histogram.mean) > histogram.deviation / 5:
            return f"{figure(mean)} on average, {figure(histogram.mean)} in the reference"
    bins = [each for each in seen.bins if each.label != MISSING] or seen.bins
    most = max(bins, key=lambda each: abs(each.window - each.reference))
    return f"{most.label}: {most.window:.1%}, {most.reference:.1%} in the reference"

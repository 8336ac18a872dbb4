"""A column of the window against its histogram: its shape, missing values, new ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from .drift import LEAST, LEVEL, MUCH, chi_square, compare
from .reference import MISSING, Histogram, size, weights

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
class Watch:
    """Holds columns against their histograms; a false alarm in any of `tests` shall stay rare."""

    tests: int

    def judge(
        self,
        column: Column,
        histogram: Histogram,
        before: float,
        values: pd.Series,
        sample: Sample,
        known: Sequence[str] | None = None,
    ) -> Column:
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
            return replace(seen, status="insufficient", sentence=told)
        p, psi = compare(histogram.shares * before, now * sample.effective)
        seen = replace(seen, p=float(p), psi=float(psi))
        found = [
            *self._shape(seen, histogram, values, sample.weights),
            *self._rise("missing", seen.missing_before, seen.missing, before, sample),
            *self._rise(_named(new), 0.0, seen.unseen, before, sample),
        ]
        status = min((status for status, _ in found), key=ORDER.index, default=seen.status)
        return replace(seen, status=status, sentence="; ".join(words for _, words in found))

    def _shape(
        self, seen: Column, histogram: Histogram, values: pd.Series, weight: np.ndarray
    ) -> Iterator[Finding]:
        if seen.p is not None and seen.psi is not None and seen.p < LEVEL / self.tests:
            words = _change(seen, histogram, values, weight)
            yield "drift" if seen.psi > MUCH else "notice", words

    def _rise(
        self, what: str, share: float, now: float, before: float, sample: Sample
    ) -> Iterator[Finding]:
        """More values of a kind than chance explains, however they change the shape."""
        then, here = np.array([1 - share, share]), np.array([1 - now, now])
        p = chi_square(then * before, here * sample.effective)
        if now > share and p < LEVEL / self.tests:
            words = f"{what} in {now:.1%}, {share:.1%} in the reference"
            yield "drift" if now - share > RISE else "notice", words


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
            return f"{mean:.4g} on average, {histogram.mean:.4g} in the reference"
    bins = [each for each in seen.bins if each.label != MISSING] or seen.bins
    most = max(bins, key=lambda each: abs(each.window - each.reference))
    return f"{most.label}: {most.window:.1%}, {most.reference:.1%} in the reference"

"""What the values of a column look like: the figures that the drafts are made from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from .config import Csv
from .table import bare, number_texts

# Words that stand for no value where all others are numbers.
MARKERS = {
    "?", "-", "--", ".", "..", "*", "n.a.", "unknown", "missing", "none", "not available",
    "undefined", "nil", "inf", "-inf", "infinity", "x", "#value!", "#ref!", "#div/0!",
}  # fmt: skip
CODES = (-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999)  # numbers that often mean: none
NOTATIONS = (
    (".", ""), (".", ","), (",", ""), (",", "."), (".", "'"),
    (",", "\u00a0"), (".", "\u00a0"), (",", "\u202f"), (".", "\u202f"),
)  # fmt: skip
PLAIN = Csv()
DATES = (
    "ISO8601", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%y", "%d/%m/%y",
    "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y",
    "%b %d %y", "%b-%y", "%b-%Y", "%b %Y", "%B %Y",
)  # fmt: skip
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
FIRST, LAST = 1850, 2140  # years of a date that is guessed
EARLIEST = 1700  # year of a column that was named as the time
GLANCE = 500


@dataclass(frozen=True)
class Facts:
    """A column of the rows that were looked at; NaN where a value is missing."""

    header: str
    values: pd.Series
    csv: Csv = PLAIN
    gaps: int | None = None  # in all rows, where these are a sample
    form: str = ""  # how dates are written, where it was told

    @cached_property
    def known(self) -> pd.Series:
        """The values that are there."""
        return self.values.dropna()

    @property
    def missing(self) -> int:
        """How many values are not there."""
        return len(self.values) - len(self.known) if self.gaps is None else self.gaps

    @cached_property
    def nested(self) -> bool:
        """Whether values are lists or the like, which no table model can read."""
        kinds = (list, dict, set, tuple, bytes, np.ndarray)
        return self.values.dtype == object and any(isinstance(v, kinds) for v in self.known)

    @cached_property
    def texts(self) -> pd.Series:
        """The values as text."""
        return self.known.astype(str)

    @cached_property
    def counts(self) -> pd.Series:
        """How often each text occurs, the most frequent first."""
        counts = self.texts.value_counts()
        return counts.sort_index().sort_values(ascending=False, kind="stable")

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(self.counts)

    @property
    def share(self) -> float:
        """The share of different values among those that are there."""
        return self.distinct / max(len(self.known), 1)

    @cached_property
    def numbers(self) -> pd.Series | None:
        """The values as numbers, if all of them are."""
        found = self.parsed
        return None if found is None or found.isna().any() else found

    @cached_property
    def parsed(self) -> pd.Series | None:
        """The values as numbers, NaN for those that are none; None for truth, dates, no values."""
        known, dtype = self.known, self.known.dtype
        if known.empty or pd.api.types.is_bool_dtype(dtype) or dtype.kind in "mM":
            return None
        if pd.api.types.is_numeric_dtype(dtype):
            return known.astype("float64")
        texts = number_texts(known.astype(str).astype(object), self.csv)
        return pd.to_numeric(texts, errors="coerce").astype("float64")

    @property
    def odd(self) -> pd.Series:
        """The few values that are no number where nearly all others are."""
        found = self.parsed
        if found is None or not 0 < found.isna().sum() <= 0.2 * len(found):
            return self.texts.iloc[:0]
        return self.texts[found.isna()]

    @cached_property
    def whole(self) -> bool:
        """Whether all are whole numbers that a float holds exactly."""
        found = self.numbers
        if found is None:
            return False
        return bool((found % 1 == 0).all() and found.abs().max() < 2**53)

    @cached_property
    def coded(self) -> bool:
        """Whether digits are names: a nought stands before them, as in 01234."""
        texts = self.counts.index
        return self.values.dtype == object and any(re.fullmatch(r"0\d+", str(t)) for t in texts)

    @cached_property
    def truth(self) -> bool:
        """Whether the values are true and false, and not the numbers 1 and 0."""
        return {text.lower() for text in self.counts.index} == {"true", "false"}

    @cached_property
    def moments(self) -> tuple[str, pd.Series] | None:
        """How the values are written as dates ("" for ISO 8601), and what they say."""
        if self.known.empty or self.nested:
            return None
        if self.form:
            return _dates(self.texts, self.form, "", EARLIEST)
        if pd.api.types.is_datetime64_any_dtype(self.known.dtype):
            return "", pd.to_datetime(self.known, utc=True).dt.tz_localize(None)
        if pd.api.types.is_numeric_dtype(self.known.dtype) or self.truth:
            return None
        if self.numbers is not None and not self.texts.str.fullmatch(r"\d{8}").all():
            return None
        return written_dates(self.texts)

    @property
    def undated(self) -> pd.Series:
        """The few values that are no ISO date where nearly all others are."""
        texts = self.texts
        if texts.empty or self.nested or self.moments or not texts.str.match(r"\d{4}-\d").any():
            return texts.iloc[:0]
        found = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
        odd = texts[~found.dt.year.between(FIRST, LAST)]
        return odd if len(odd) <= 0.2 * len(texts) else texts.iloc[:0]

    @property
    def fixed(self) -> bool:
        """Whether all rows say the same."""
        return self.distinct <= 1 and not (self.distinct and self.missing)


def years(texts: pd.Series) -> bool:
    """Whether all texts are years as a date may have them, all written as 1700 or all as 1700.0."""
    year = r"(1[789]|20|21)\d\d"
    return any(bool(texts.str.fullmatch(form).all()) for form in (year, rf"{year}\.0"))


def written_dates(texts: pd.Series) -> tuple[str, pd.Series] | None:
    """The way in which all texts are dates, and the dates; None if they are not."""
    unique = pd.Series(texts.unique())
    if not unique.str.len().between(6, 35).all() or not unique.str.contains(r"\d").all():
        return None
    digits = unique.str.fullmatch(r"\d+")
    if digits.any():
        return _dates(texts, "%Y%m%d", "") if _days_of_digits(unique) else None
    for form in DATES:
        for time in TIMES if form != "ISO8601" else ("",):
            if _dates(unique.head(GLANCE), form, time) and (found := _dates(texts, form, time)):
                return found
    return None


def _days_of_digits(unique: pd.Series) -> bool:
    return bool(unique.str.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])").all())


def _dates(
    texts: pd.Series, form: str, time: str, first: int = FIRST
) -> tuple[str, pd.Series] | None:
    found = pd.to_datetime(texts, format=form + time, utc=True, errors="coerce")
    if found.isna().any() or not found.dt.year.between(first, LAST).all():
        return None
    return "" if form == "ISO8601" else form + time, found.dt.tz_localize(None)


def columns(sample: pd.DataFrame, csv: Csv) -> tuple[dict[str, Facts], Csv]:
    """The facts of each column, and how the file writes numbers and what is missing."""
    sample = sample.replace(list(csv.missing), np.nan) if csv.missing else sample
    csv = notation(sample, csv)
    marks = markers(sample, csv)
    if marks:
        sample = sample.replace(list(marks), np.nan)
        csv = csv.model_copy(update={"missing": (*csv.missing, *marks)})
        csv = notation(sample, csv)
    return {str(name): Facts(str(name), sample[name], csv) for name in sample}, csv


def notation(sample: pd.DataFrame, csv: Csv) -> Csv:
    """How numbers are written: the way that reads the most columns as numbers."""
    words = [v.dropna().astype(str) for _, v in sample.items() if v.dtype == object]
    glances = [_marked(bare(values.head(GLANCE))) for values in words if len(values)]
    kinds = (
        sorted(NOTATIONS, key=lambda kind: kind[0] == ".") if csv.delimiter == ";" else NOTATIONS
    )
    found = {kind: sum(_fits(values, *kind) for values in glances) for kind in kinds}
    decimal, thousands = max(found, key=lambda kind: found[kind])
    if found[(".", "")] == found[(decimal, thousands)]:
        decimal, thousands = ".", ""
    return csv.model_copy(update={"decimal": decimal, "thousands": thousands})


def _fits(values: pd.Series, decimal: str, thousands: str) -> bool:
    mark = re.escape(decimal)
    whole = rf"(\d{{1,3}}({re.escape(thousands)}\d{{3}})*|\d+)" if thousands else r"\d+"
    pattern = rf"[+-]?({whole}({mark}\d*)?|{mark}\d+)([eE][+-]?\d+)?"
    return bool(len(values) and values.str.fullmatch(pattern).all())


def _marked(texts: pd.Series) -> pd.Series:
    """The texts that stand for a value."""
    return texts[~texts.str.lower().isin(MARKERS)]


def markers(sample: pd.DataFrame, csv: Csv) -> tuple[str, ...]:
    """The words that stand for no value in columns of numbers."""
    found: dict[str, None] = {}
    for name, values in sample.items():
        if values.dtype != object:
            continue
        facts = Facts(str(name), values, csv)
        numbers = None if facts.nested else facts.parsed
        if numbers is None or numbers.notna().sum() < 0.5 * len(numbers):
            continue
        odd = facts.texts[numbers.isna() | ~np.isfinite(numbers.fillna(0))].unique()
        if len(odd) <= 3 and all(word.strip().lower() in MARKERS for word in odd):
            found |= dict.fromkeys(str(word) for word in odd)
    return tuple(found)


def sentinel(facts: Facts) -> tuple[float, float] | None:
    """A number that looks like a word for no value, and its share: far off, and often there."""
    numbers = facts.numbers
    if numbers is None or facts.distinct < 5:
        return None
    for code in CODES:
        share = float((numbers == code).mean())
        if share < 0.01:
            continue
        rest = numbers[numbers != code]
        low, high = rest.quantile(0.01), rest.quantile(0.99)
        far = code < low - (high - low) / 2 or code > high + (high - low) / 2
        if far and (code < 0 <= rest.min() or abs(code) >= 999):
            return float(code), share
    return None


def figures(facts: Facts) -> Mapping[str, Any]:
    """A line of `data profile`: type, gaps, different values, and where the values lie."""
    known = facts.known
    row: dict[str, Any] = {"missing": facts.missing, "distinct": 0, "type": "nothing", "values": ""}
    if known.empty or facts.nested:
        return row | {"type": "nested"} if facts.nested else row
    row |= {"distinct": facts.distinct}
    if facts.truth:
        return row | {
            "type": "boolean",
            "values": f"true {known.astype(str).str.lower().eq('true').mean():.0%}",
        }
    if facts.moments and not facts.numbers is not None:
        moments = facts.moments[1]
        return row | {
            "type": "date",
            "values": f"{moments.min():%Y-%m-%d} to {moments.max():%Y-%m-%d}",
        }
    if facts.numbers is not None:
        low, middle, high = facts.numbers.quantile([0, 0.5, 1])
        kind = "integer" if facts.whole else "number"
        return row | {"type": kind, "values": f"{low:.5g} to {high:.5g}, median {middle:.5g}"}
    top = (f"{str(name)[:20]} {n / len(known):.0%}" for name, n in facts.counts[:4].items())
    return row | {"type": "string", "values": ", ".join(top)}

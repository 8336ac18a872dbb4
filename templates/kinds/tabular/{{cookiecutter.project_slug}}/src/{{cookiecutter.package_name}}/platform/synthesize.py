"""Made-up rows that keep a drafted contract: no value of a person, no rare word, no extreme."""

import numpy as np
import pandas as pd

from .infer import Column
from .target import Target

ROWS, BYTES, COMMON, SEED = 400, 200_000, 5, 0


def sample(columns: list[Column], target: Target) -> pd.DataFrame:
    """Rows as text; the target hangs together with a few features, and nothing else does."""
    random = np.random.default_rng(SEED)
    kept = [column for column in columns if column.role != "out"]
    count = max(120, min(ROWS, BYTES // (8 * len(kept))))
    score = random.normal(size=count)
    made: dict[str, pd.Series] = {}
    for place, column in enumerate(c for c in kept if c.role != "target"):
        base = score if place < 3 else random.normal(size=count)
        made[column.facts.header] = _column(column, base, count, random)
    noise = score + random.normal(scale=0.7, size=count)
    made[target.column.facts.header] = _target(target, noise)
    rows = pd.DataFrame(made)
    return rows[[column.facts.header for column in kept]]


def text(rows: pd.DataFrame) -> str:
    """The rows as CSV."""
    return str(rows.to_csv(index=False, lineterminator="\n"))


def _column(column: Column, base: np.ndarray, count: int, random: np.random.Generator) -> pd.Series:
    ranks = pd.Series(base).rank(pct=True).to_numpy()
    if column.role in ("entity", "group"):
        values = _whom(column, count, random)
    elif column.kind in ("date", "datetime"):
        values = _moments(column, random.random(count))
    elif column.kind in ("bool", "boolean"):
        share = float(column.facts.texts.str.lower().eq("true").mean())
        values = pd.Series(np.where(ranks > 1 - share, "true", "false"))
    elif column.kind == "str":
        values = _words(column, ranks)
    else:
        values = _numbers(column, ranks)
    if column.nullable and column.role == "feature":
        share = column.facts.missing / max(len(column.facts.values), 1)
        gaps = random.random(count) < min(max(share, 0.02), 0.5)
        values = values.astype(object).mask(gaps)
    return values


def _whom(column: Column, count: int, random: np.random.Generator) -> pd.Series:
    share = len(column.facts.known) / max(column.facts.distinct, 1)
    number = int(max(12, count / max(share, 2)))
    codes = random.integers(1, number + 1, count)
    whole = column.kind in ("int", "Int64", "float")
    return pd.Series(codes.astype(str) if whole else [f"{column.name} {code}" for code in codes])


def _moments(column: Column, places: np.ndarray) -> pd.Series:
    found = column.facts.moments
    moments = found[1] if found else pd.Series(pd.to_datetime(["2020-01-01", "2024-01-01"]))
    low, high = moments.quantile([0.05, 0.95])
    if high <= low:
        low, high = moments.min(), moments.max()
    made = low + (high - low) * pd.Series(places)
    days = column.kind == "date" or bool((moments == moments.dt.normalize()).all())
    whole = made.dt.floor("D" if days else "min")
    form = "%Y-%m-%d" if days else "%Y-%m-%dT%H:%M:%S"
    return whole.dt.strftime(form)


def _words(column: Column, ranks: np.ndarray) -> pd.Series:
    """Words that are common enough to be nobody's; of a personal column none at all."""
    counts = column.facts.counts
    least = max(COMMON, 0.01 * counts.sum()) if len(counts) > 2 else COMMON
    shown = counts[counts >= least].head(30)
    if column.pii or shown.empty:
        shown = pd.Series(1, index=[f"{column.name} {number}" for number in range(1, 9)])
    edges = np.cumsum(shown.to_numpy() / shown.sum())
    places = np.minimum(np.searchsorted(edges, ranks - 1e-9), len(shown) - 1)
    return pd.Series(shown.index.to_numpy()[places], dtype=object)


def _numbers(column: Column, ranks: np.ndarray) -> pd.Series:
    """Numbers between the fifth and the ninety-fifth in a hundred, rounded to three digits."""
    numbers = column.facts.numbers
    if column.pii or numbers is None:
        return pd.Series(np.round(100 * ranks).astype(int).astype(str))
    common = numbers[numbers.map(numbers.value_counts()) >= COMMON]
    if column.facts.distinct <= 12 and common.nunique() > 1:
        made = np.asarray(np.quantile(common, ranks, method="nearest"))
    else:
        places = np.linspace(0.05, 0.95, 10)
        known = np.quantile(numbers, places)
        made = np.array([float(f"{v:.3g}") for v in np.interp(0.05 + 0.9 * ranks, places, known)])
    if column.kind in ("int", "Int64"):
        return pd.Series(np.round(made).astype("int64").astype(str))
    return pd.Series([f"{value:g}" for value in made])


def _target(target: Target, base: np.ndarray) -> pd.Series:
    ranks = pd.Series(base).rank(pct=True).to_numpy()
    if target.task == "regression":
        return _numbers(target.column, ranks)
    shares = target.counts / target.counts.sum()
    shares = (shares.head(12) + 0.02) / (shares.head(12) + 0.02).sum()
    places = np.minimum(np.searchsorted(np.cumsum(shares), ranks - 1e-9), len(shares) - 1)
    labels = shares.index.to_numpy()[places]
    if target.column.kind in ("bool", "boolean"):
        labels = np.char.lower(labels.astype(str))
    return pd.Series(labels, dtype=object)

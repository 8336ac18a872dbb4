"""The reference of a bundle (reference.json): how features, scores and quality were in training."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .errors import COMMAND, Exit, ProjectError
from .schema import Column, Request, label

if TYPE_CHECKING:
    from .split import Split

SCHEMA = "reference/2"
MOST_CATEGORIES = 50
LOUDEST = 0.01  # of the sum of weights: no entity counts for more, unless all do
ROUNDS = 20  # until that holds
LIKE_TIME = 0.9  # rank correlation with the time
OTHER, MISSING = "(other)", "(missing)"


@dataclass(frozen=True)
class Size:
    """Rows, the entities they are about, and how many independent rows they are worth."""

    rows: int
    entities: int
    effective: float


@dataclass(frozen=True)
class Histogram:
    """A column in bins: numbers between edges, or words by name; then all others, and missing."""

    shares: np.ndarray
    edges: tuple[float, ...] | None = None
    names: tuple[str, ...] = ()
    mean: float | None = None
    deviation: float | None = None

    def codes(self, values: pd.Series) -> np.ndarray:
        """The bin of each value of a column that `schema.typed` made."""
        if self.edges is not None:
            # A value on an edge belongs to the bin above.
            found: Any = np.searchsorted(self.edges, values.to_numpy(dtype=float), side="right")
        else:
            places = {name: place for place, name in enumerate(self.names)}
            found = words(values).map(places).fillna(len(places)).to_numpy(dtype=int)
        return np.where(values.isna(), len(self.shares) - 1, found)

    def labels(self) -> list[str]:
        """A name for each bin."""
        if self.edges is None:
            return [*self.names, OTHER, MISSING]
        whole = all(float(edge).is_integer() for edge in self.edges)
        inner = [_span(*pair, whole) for pair in zip(self.edges, self.edges[1:], strict=False)]
        if not self.edges:
            return ["any", MISSING]
        return [f"< {self.edges[0]:.3g}", *inner, f"≥ {self.edges[-1]:.3g}", MISSING]


@dataclass(frozen=True)
class Reference:
    """What monitoring compares with."""

    training: Size
    holdout: Size
    features: Mapping[str, Histogram]
    scores: Mapping[str, Histogram]
    excluded: Mapping[str, str]
    quality: Mapping[str, Any] | None

    @classmethod
    def read(cls, folder: Path) -> "Reference":
        """The reference of a bundle."""
        document = json.loads((folder / "reference.json").read_text())
        if document["schema"] != SCHEMA:
            raise ProjectError(
                f"the reference of {folder} is {document['schema']}, and this code reads {SCHEMA}",
                f"run `{COMMAND} train` and `{COMMAND} promote`; until then it serves as before",
                Exit.CANNOT,
            )
        return cls(
            Size(**document["training"]),
            Size(**document["holdout"]),
            {name: _histogram(said) for name, said in document["features"].items()},
            {name: _histogram(said) for name, said in document["scores"].items()},
            document["excluded"],
            document["quality"],
        )


def reference(
    request: Request,
    parts: "Split",
    outputs: np.ndarray,
    entity: str | None,
    time: str | None,
    quality: dict[str, Any] | None,
) -> str:
    """The content of reference.json; of personal columns it holds the name alone."""
    train, told = parts.train, _whom(parts.holdout, entity)
    excluded = {c.name: why for c in request.columns if (why := _unfit(c, train, time))}
    kept = [column for column in request.columns if column.name not in excluded]
    weight, told_weight = weights(_whom(train, entity), len(train)), weights(told, len(outputs))
    names = [label(name) for name in request.classes] or ["prediction"]
    document = {
        "schema": SCHEMA,
        "training": asdict(size(_whom(train, entity), weight)),
        "holdout": asdict(size(told, told_weight)),
        "features": {c.name: _feature(c, train[c.name], weight) for c in kept},
        "scores": {
            name: {"kind": "deciles", "missing": 0.0} | _deciles(outputs[:, place], told_weight)
            for place, name in enumerate(names)
        },
        "excluded": excluded,
        "quality": quality,
    }
    return json.dumps(document, indent=2) + "\n"


def weights(entities: pd.Series | None, rows: int) -> np.ndarray:
    """One for each row, less for the rows of an entity that makes more than its part of them."""
    if entities is None:
        return np.ones(rows)
    codes = grouped(entities)
    times = np.bincount(codes).astype(float)
    most = times.max(initial=1.0)
    for _ in range(ROUNDS):
        most = max(1.0, LOUDEST * np.minimum(times, most).sum())
    found: np.ndarray = np.minimum(1.0, most / times)[codes]
    return found


def size(entities: pd.Series | None, weights: np.ndarray) -> Size:
    """The size of a sample, and of the sample of independent rows that would tell as much.

    Kish's effective size, as if all rows of an entity were alike: a customer seen in twelve months
    is one customer. Where rows of an entity differ, that errs on the side of silence.
    """
    if entities is None:
        return Size(len(weights), len(weights), float(len(weights)))
    sums = np.bincount(grouped(entities), weights)
    effective = sums.sum() ** 2 / max((sums**2).sum(), 1e-9)
    return Size(len(weights), int((sums > 0).sum()), round(float(effective), 1))


def grouped(entities: pd.Series) -> np.ndarray:
    """A number for each entity; rows of unknown ones stand alone."""
    found: np.ndarray = pd.factorize(entities)[0]
    unknown = found < 0
    found[unknown] = found.max(initial=-1) + 1 + np.arange(unknown.sum())
    return found


def words(values: pd.Series) -> pd.Series:
    """Words and truth as reference.json names them."""
    if values.dtype == object:
        return values
    return values.map(lambda value: label(bool(value)), na_action="ignore").astype(object)


def is_identifier(values: pd.Series) -> bool:
    """Whether nearly every row has a value of its own, as no measure would."""
    known = values.dropna()
    worded, whole = values.dtype == object, pd.api.types.is_integer_dtype(values)
    if len(known) < 50 or not (worded or whole) or known.nunique() < 0.99 * len(known):
        return False
    return worded or int(known.max()) - int(known.min()) <= 4 * len(known)


def _whom(rows: pd.DataFrame, entity: str | None) -> pd.Series | None:
    return rows[entity] if entity else None


def _unfit(column: Column, rows: pd.DataFrame, time: str | None) -> str:
    """Why a column cannot be watched: it would always drift, or tell of persons."""
    if column.pii:
        return "personal"
    if column.type in ("date", "datetime") or column.name == time:
        return "a time, which always moves on"
    values = rows[column.name]
    if is_identifier(values):
        return "an identifier"
    if time and column.type in ("integer", "number") and values.nunique() > 1:
        like = abs(values.rank().corr(rows[time].rank()))
        if like > LIKE_TIME:
            return f"moves on with {time}"
    return ""


def _feature(column: Column, values: pd.Series, weights: np.ndarray) -> dict[str, Any]:
    known = values.notna().to_numpy()
    missing = float(weights[~known].sum() / weights.sum())
    if column.type in ("string", "boolean"):
        sums = pd.Series(weights[known]).groupby(words(values[known]).to_numpy()).sum()
        counts = sums.sort_values(ascending=False, kind="stable")
        top = {str(name): _round(n) for name, n in counts[:MOST_CATEGORIES].items()}
        other = _round(counts[MOST_CATEGORIES:].sum())
        return {"kind": "categories", "missing": missing, "counts": top, "other": other}
    numbers = values.to_numpy(dtype=float)
    known &= np.isfinite(numbers)
    return {"kind": "deciles", "missing": missing} | _deciles(numbers[known], weights[known])


def _deciles(values: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """Inner edges and what lies in each bin."""
    edges = _edges(values)
    bins = np.searchsorted(edges, values, side="right")
    counts = np.bincount(bins, weights, minlength=len(edges) + 1)
    found = {"edges": edges.tolist(), "counts": [_round(n) for n in counts]}
    if not len(values):
        return found
    return found | {"mean": float(values.mean()), "deviation": float(values.std())}


def _edges(values: np.ndarray) -> np.ndarray:
    """Deciles; a value that fills one gets a bin to itself, so that its rows cannot hide others."""
    if not len(values):
        return np.array([])
    found, times = np.unique(np.quantile(values, np.linspace(0.1, 0.9, 9)), return_counts=True)
    alone = found[times > 1]
    after = alone + 1 if (values % 1 == 0).all() else np.nextafter(alone, np.inf)
    edges = np.union1d(found, after)
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    kept: np.ndarray = edges[(counts[:-1] > 0) | (np.arange(len(edges)) == 0)]
    return kept


def _histogram(said: Mapping[str, Any]) -> Histogram:
    counts, missing = said["counts"], said["missing"]
    known = [*counts.values(), said["other"]] if "other" in said else counts
    total = sum(known) or 1.0
    shares = np.array([*(n / total * (1 - missing) for n in known), missing])
    if "other" in said:
        return Histogram(shares, names=tuple(counts))
    return Histogram(shares, tuple(said["edges"]), (), said.get("mean"), said.get("deviation"))


def _span(low: float, high: float, whole: bool) -> str:
    last = high - 1 if whole else high
    if last == low or high == np.nextafter(low, np.inf):
        return f"{low:.4g}"
    return f"{low:.3g}\u2013{last:.3g}"


def _round(count: Any) -> float:
    """Three digits: sums of weights must not depend on the order they are added in."""
    return round(float(count), 3)

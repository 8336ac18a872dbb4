"""The rows that are compared: from the prediction log, from a scored file, or replayed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from . import predlog
from .errors import Exit, ProjectError
from .reference import Histogram
from .schema import Column, Request, read_csv, typed

Moment = pd.Timestamp | None
ROWS = 300  # replayed
UNITS = {"d": "days", "h": "hours", "m": "minutes"}
FACTS = {"prediction_id": "id", "scored_at": "time", "model_version": "version"}

Change = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Source:
    """
    Where rows come from, in words; and the rows of a span of time, as `predlog.read` has them.

    In a rehearsal, `change` is what their features go through once they are typed.
    """

    words: str
    read: Callable[[Moment, Moment], pd.DataFrame]
    rehearsal: bool = False
    change: Change = lambda rows: rows


def moment(text: str, option: str, now: pd.Timestamp) -> pd.Timestamp:
    """A point in time, UTC without zone: as ISO 8601, or counted back from now (7d, 24h, 90m)."""
    back = re.fullmatch(r"(\d{1,5})([dhm])", text.strip())
    try:
        if back:
            return now - timedelta(**{UNITS[back[2]]: int(back[1])})
        found = pd.Timestamp(text)
        if pd.isna(found):
            raise ValueError(text)
    except (ValueError, OverflowError):
        hint = "write 2026-01-31, 2026-01-31T06:00, 7d or 24h"
        raise ProjectError(f"{option}: {text!r} is no point in time", hint) from None
    return found.tz_convert("UTC").tz_localize(None) if found.tzinfo else found


def logged(uri: str) -> Source:
    """The prediction log."""
    return Source(f"the prediction log {uri}", lambda since, until: predlog.read(uri, since, until))


def scored(path: Path, request: Request) -> Source:
    """A CSV or Parquet file of rows with their predictions, as `score` and `predict` write it."""
    rows = table(path)
    names = _names(set(map(str, rows.columns)), request)
    found = rows[list(names)].rename(columns=names)
    if "time" in found:
        found["time"] = _times(found["time"], path)

    def read(since: Moment, until: Moment) -> pd.DataFrame:
        if since is None and until is None:
            return found
        if "time" not in found:
            sentence = f"{path} does not say when its rows were scored (no column scored_at)"
            raise ProjectError(sentence, "leave out --since and --until", Exit.CANNOT)
        first, last = since or pd.Timestamp.min, until or pd.Timestamp.max
        return found[found["time"].between(first, last, inclusive="left")]

    return Source(str(path), read)


def _names(told: set[str], request: Request) -> dict[str, str]:
    """What the prediction log would call the columns of a scored file."""
    columns = [*request.columns, *([request.entity] if request.entity else [])]
    found = {
        name: "entity" if column is request.entity else f"feature.{column.name}"
        for column in columns
        for name in (column.header, column.name)
        if name in told
    }
    outputs = {n for n in told if n == "prediction" or n.startswith("probability_")}
    found |= {name: f"output.{name}" for name in sorted(outputs - found.keys())}
    return found | {name: fact for name, fact in FACTS.items() if name in told - found.keys()}


def replayed(
    holdout: pd.DataFrame, score: Change, entity: str | None, seed: int, change: Change | None
) -> Source:
    """Random rows of the hold-out, scored anew; a rehearsal counts each, drawn twice or akin."""
    again = change is not None and len(holdout) < ROWS
    count = ROWS if again else min(ROWS, len(holdout))
    rows = holdout.sample(count, replace=again, random_state=seed).reset_index(drop=True)
    whom = {} if change or entity is None else {"entity": rows[entity]}
    rows = change(rows) if change else rows
    found = rows.add_prefix("feature.").join(score(rows).add_prefix("output.")).assign(**whom)
    return Source(f"{count} random rows of the hold-out", lambda *_: found, change is not None)


def shift(request: Request, features: Mapping[str, Histogram], deviations: float) -> Change:
    """A drift of typed rows: numbers move by deviations, many words turn into the rarest one."""
    watched = [column for column in request.columns if column.name in features]

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        here = [column for column in watched if column.name in rows]
        return rows.assign(
            **{c.name: _moved(rows[c.name], c, features[c.name], deviations) for c in here}
        )

    return change


def _moved(values: pd.Series, column: Column, histogram: Histogram, deviations: float) -> pd.Series:
    if histogram.edges is None:
        struck = np.random.default_rng(0).random(len(values)) < min(0.9, deviations / 2)
        names = histogram.names if len(histogram.names) > 1 else ("(simulated)",)
        if column.type == "boolean":
            rare = names[-1] == "true" if len(names) > 1 else "true" not in histogram.names
            return values.astype(float).mask(struck & values.notna(), float(rare))
        return values.astype(object).mask(struck & values.notna(), names[-1])
    step = deviations * (histogram.deviation or 1.0)
    return values + (max(1, round(step)) if column.type == "integer" else step)


def features(rows: pd.DataFrame, request: Request) -> pd.DataFrame:
    """The typed features that the rows tell of."""
    known = [column for column in request.columns if f"feature.{column.name}" in rows]
    told = {column.header: rows[f"feature.{column.name}"] for column in known}
    return typed(pd.DataFrame(told, index=rows.index), known)


def table(path: Path) -> pd.DataFrame:
    """The rows of a CSV file as text, or of a Parquet file."""
    if path.suffix != ".parquet":
        return read_csv(path)
    try:
        return pd.read_parquet(path)
    except FileNotFoundError:
        raise ProjectError(f"there is no file {path}", "give a CSV or Parquet file") from None
    except ImportError:
        hint = "add pyarrow to the project's dependencies, or give CSV"
        raise ProjectError(f"{path} is Parquet, and nothing here reads it", hint) from None
    except (ValueError, OSError) as error:
        sentence = f"{path} is not Parquet: {str(error).splitlines()[0]}"
        raise ProjectError(sentence, "give a CSV or Parquet file") from None


def _times(values: pd.Series, path: Path) -> pd.Series:
    try:
        moments = pd.to_datetime(values, format="ISO8601", utc=True)
    except (ValueError, TypeError):
        sentence = f"{path}: the column {values.name} holds no times"
        raise ProjectError(sentence, "write them as ISO 8601", Exit.CANNOT) from None
    return moments.dt.tz_localize(None).astype("datetime64[ns]")

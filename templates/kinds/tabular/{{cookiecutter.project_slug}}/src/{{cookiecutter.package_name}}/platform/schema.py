"""The columns a model is given: types, one conversion for every way in, what training saw."""

import json
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from .errors import Exit, ProjectError

Type = Literal["integer", "number", "string", "boolean", "date", "datetime"]
SCHEMA = "request/1"
HOME = str(Path(__file__).parents[1])
TRUTH = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


@dataclass(frozen=True)
class Column:
    """One column: what may stand in it, and how it is told to the world."""

    name: str
    type: Type
    alias: str | None = None
    nullable: bool = False
    categories: tuple[str, ...] | None = None
    closed: bool = False
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""
    example: Any = None
    pii: bool = False
    loggable: bool = False
    format: str | None = None  # how a date is written in files, beside ISO 8601

    @property
    def header(self) -> str:
        """The name in files and requests."""
        return self.alias or self.name


@dataclass(frozen=True)
class Request:
    """What a request must hold (request.json), never the target; and whom a row may be about."""

    columns: tuple[Column, ...]
    target: str
    classes: tuple[Any, ...] = ()
    entity: Column | None = None

    def text(self) -> str:
        """The content of request.json."""
        return json.dumps({"schema": SCHEMA} | asdict(self), indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> "Request":
        """Read request.json."""
        document = json.loads(path.read_text())
        columns = tuple(Column(**_tuples(column)) for column in document["columns"])
        entity = Column(**_tuples(document["entity"])) if document["entity"] else None
        return cls(columns, document["target"], tuple(document["classes"]), entity)

    def example(self) -> dict[str, Any]:
        """One row that may be posted as it stands."""
        return {column.header: column.example for column in self.columns}


def _tuples(column: dict[str, Any]) -> dict[str, Any]:
    categories = column["categories"]
    return column | {"categories": None if categories is None else tuple(categories)}


def read_csv(path: Path | str) -> pd.DataFrame:
    """The rows of a CSV file as text."""
    try:
        return pd.read_csv(path, dtype=str)
    except FileNotFoundError:
        raise ProjectError(f"there is no file {path}", "give a CSV file") from None
    except (ValueError, OSError) as error:
        first = str(error).splitlines()[0]
        raise ProjectError(f"{path} is not CSV: {first}", "give a CSV file with a header") from None


def typed(rows: pd.DataFrame, columns: Iterable[Column], first: int = 0) -> pd.DataFrame:
    """
    Rows in the one form a model sees, whether they came as CSV text, Parquet or JSON.

    `first` is the number of rows that came before these, for the words of an error.

    integer: int64, boolean: bool (both float64 where nullable); number: float64; string: object
    with NaN; date and datetime: datetime64[ns], UTC without zone. Other columns are left out.
    """
    columns = list(columns)
    rows = rows.rename(columns={c.alias: c.name for c in columns if c.alias})
    missing = [column.header for column in columns if column.name not in rows]
    if missing:
        raise ProjectError(
            f"the rows have no column {', '.join(missing)}",
            f"give the columns {', '.join(column.header for column in columns)}",
            Exit.CANNOT,
        )
    converted = {column.name: _series(rows[column.name], column, first) for column in columns}
    return pd.DataFrame(converted, index=rows.index)


def _series(values: pd.Series, column: Column, first: int) -> pd.Series:
    try:
        found = _converted(values, column)
    except (ValueError, TypeError, OverflowError):
        raise _unreadable(values, column, first) from None
    if column.type in ("integer", "boolean") and not (column.nullable or found.isna().any()):
        return found.astype("int64" if column.type == "integer" else "bool")
    return found


def _converted(values: pd.Series, column: Column) -> pd.Series:
    if column.type in ("date", "datetime"):
        return _datetime(values, column.format)
    return CONVERSIONS[column.type](values)


def _number(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf":
        numbers = values.astype("float64")
    else:
        numbers = values.astype(object).where(values.notna(), np.nan).astype("float64")
    return numbers.where(np.isfinite(numbers))


def _integer(values: pd.Series) -> pd.Series:
    numbers = _number(values)
    if not (numbers.isna() | (numbers % 1 == 0)).all():
        raise ValueError("a fraction among whole numbers")
    return numbers


def _boolean(values: pd.Series) -> pd.Series:
    if values.dtype == bool:
        return values.astype("float64")
    truth = values.astype(str).str.lower().map(TRUTH).where(values.notna())
    if (truth.isna() & values.notna()).any():
        raise ValueError("neither true nor false")
    return truth.astype("float64")


def _string(values: pd.Series) -> pd.Series:
    objects = values.astype(object)
    if pd.api.types.infer_dtype(objects, skipna=False) == "string":
        return objects
    return objects.where(values.isna(), objects.astype(str)).where(values.notna(), np.nan)


def _datetime(values: pd.Series, form: str | None) -> pd.Series:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "M":
        return values.astype("datetime64[ns]")
    texts = values.where(values.isna(), values.astype(str))
    moments = pd.to_datetime(
        texts, format="ISO8601", utc=True, errors="coerce" if form else "raise"
    )
    odd = moments.isna() & values.notna()
    if form and odd.any():
        moments = moments.where(~odd, pd.to_datetime(texts.where(odd), format=form, utc=True))
    return moments.dt.tz_localize(None).astype("datetime64[ns]")


CONVERSIONS = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "string": _string,
}


def listed(rows: pd.DataFrame, columns: Iterable[Column]) -> dict[str, list[Any]]:
    """The values of typed rows as JSON holds them, None where one is missing."""
    return {column.name: _listed(rows[column.name], column) for column in columns}


def _listed(values: pd.Series, column: Column) -> list[Any]:
    if column.type in ("date", "datetime"):
        form = "%Y-%m-%d" if column.type == "date" else "%Y-%m-%dT%H:%M:%S.%f"
        values = values.dt.strftime(form)
    if column.type in ("string", "date", "datetime"):
        return [value if isinstance(value, str) else None for value in values.tolist()]
    kind: Callable[[Any], Any] = {"integer": int, "boolean": bool}.get(column.type, float)
    return [kind(value) if np.isfinite(value) else None for value in values.tolist()]


def _unreadable(values: pd.Series, column: Column, first: int) -> ProjectError:
    article = "an" if column.type == "integer" else "a"
    sentence = f"column {column.header} does not hold {column.type} values"
    place = _first_unreadable(values, column)
    if place is not None:
        where = f"column {column.header}, row {first + place + 1}"
        sentence = f"{where}: {values.iloc[place]!r} is not {article} {column.type}"
    hint = "mend the value, or change the column's type in contracts.py"
    return ProjectError(sentence, hint, Exit.CANNOT)


def _first_unreadable(values: pd.Series, column: Column) -> int | None:
    """The place of the first value that cannot be read, by halves: one by one takes minutes."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        try:
            _converted(pd.Series(values.iloc[low : middle + 1].tolist(), dtype=object), column)
            low = middle + 1
        except (ValueError, TypeError, OverflowError):
            high = middle
    return low if low < len(values) else None


def plain(features: pd.DataFrame) -> pd.DataFrame:
    """Features as models take them: numbers, truth and days as float64, words as object."""
    kept = [name for name in features.columns if features[name].dtype.kind != "M"]
    return pd.DataFrame({name: _plain(features[name]) for name in kept}, index=features.index)


def _plain(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.astype("float64") if values.dtype.kind in "iufb" else _number(values)
        return numbers.where(np.isfinite(numbers))
    if values.dtype.kind == "m":
        days: pd.Series = values.dt.total_seconds() / 86400
        return days
    return _string(values)


def derived(rows: pd.DataFrame) -> pd.DataFrame:
    """The team's features as models take them; a fault in `derive` is told with its line."""
    from ..features import derive

    try:
        features = derive(rows)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        last = [frame for frame in frames if frame.filename.startswith(HOME)][-1]
        place = f"{Path(last.filename).name}, line {last.lineno}"
        raise ProjectError(
            f"{place}: {type(error).__name__}: {error}",
            f"derive gets the columns {', '.join(rows.columns)}",
            Exit.CANNOT,
        ) from error
    if not isinstance(features, pd.DataFrame) or not features.index.equals(rows.index):
        raise ProjectError(
            "features.py: derive must return one row for each row it is given",
            "return a DataFrame with the same index",
            Exit.CANNOT,
        )
    return plain(features)


def label(value: Any) -> str:
    """How a class is called in column names and JSON keys."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def figure(value: float, digits: int = 4) -> str:
    """A number as a person reads it: 22,790 and no 2.279e+04."""
    whole = 10**digits - 0.5 <= abs(value) < 1e15
    return f"{value:,.0f}" if whole else f"{value:.{digits}g}"

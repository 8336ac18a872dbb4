"""The data sets of datasets.yml, the contract they keep, and the request schema it becomes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import config, table
from .errors import Exit, ProjectError, Unreachable
from .schema import Column, Request, Type, label

KINDS: dict[str, Type] = {
    "int": "integer",
    "uint": "integer",
    "float": "number",
    "bool": "boolean",
    "str": "string",
    "category": "string",
    "object": "string",
    "datetime64": "datetime",
    "date": "date",
}
MOST_CATEGORIES = 200


@dataclass(frozen=True)
class Data:
    """The rows of a data set that have a target, and where they came from."""

    name: str
    uri: str
    sha256: str
    rows: pd.DataFrame
    settings: config.Dataset
    untold: int = 0

    @property
    def smoke(self) -> bool:
        """Whether these rows were made up: they show that all fits together, and nothing else."""
        return self.settings.stands_for is not None

    def facts(self, time: str | None) -> dict[str, Any]:
        """What a manifest says of the data."""
        span = self.rows[time] if time else pd.Series(dtype="datetime64[ns]")
        return {
            "name": self.name,
            "uri": self.uri,
            "sha256": self.sha256,
            "rows": len(self.rows),
            "columns": list(self.rows.columns),
            "time_min": None if span.empty else str(span.min()),
            "time_max": None if span.empty else str(span.max()),
        }


def training(root: Path) -> Data:
    """The data set that `datasets.yml` trains on."""
    return read(config.datasets().training, root)


def rehearsal(root: Path) -> Data:
    """The training data; where they cannot be reached, what `datasets.yml` says stands for them."""
    try:
        return training(root)
    except Unreachable:
        found = stand_in(root)
        if found is None:
            raise
        return found


def stand_in(root: Path) -> Data | None:
    """The made-up rows that stand for the training data, if there are any."""
    known = config.datasets()
    names = (n for n, settings in known.datasets.items() if settings.stands_for == known.training)
    name = next(names, None)
    return None if name is None else read(name, root)


def read(name: str, root: Path) -> Data:
    """A data set by its name in `datasets.yml`, checked; rows without a target are left out."""
    from ..contracts import CONTRACT
    from ..data import load

    known = config.datasets().datasets
    if name not in known:
        raise ProjectError(
            f"datasets.yml knows no data set {name!r}", f"name one of {', '.join(known)}"
        )
    settings, target = known[name], config.params().target
    if target not in CONTRACT.columns:
        raise ProjectError(
            f"contracts.py has no column {target}, which params.yml names as the target",
            "add it to the contract, or mend `target` in params.yml",
        )
    _columns_exist(set(CONTRACT.columns))
    with table.fetched(settings.uri, root) as path:
        total = table.sha256(path)
        _pinned(settings, total)
        rows = load(str(path), settings.csv)
    check(CONTRACT, rows)
    told = rows[rows[target].notna()].reset_index(drop=True)
    whole = {"integer": "int64", "boolean": "bool"}  # a nullable target was read as float
    kind = next(c.type for c in columns(CONTRACT) if c.name == target)
    told = told.astype({target: whole[kind]}) if kind in whole else told
    if told.empty:
        sentence = f"no row of {name} has a value in {target}"
        raise ProjectError(sentence, "give labelled rows", Exit.CANNOT)
    told = merged(told, config.params())
    return Data(name, settings.uri, total, told, settings, untold=len(rows) - len(told))


def merged(rows: pd.DataFrame, params: config.Params) -> pd.DataFrame:
    """Rows in which the classes that params.yml merges bear one name."""
    into = {name: other for other, names in params.merge.items() for name in names}
    if not into:
        return rows
    target = rows[params.target].map(lambda value: into.get(label(value), label(value)))
    return rows.assign(**{params.target: target.astype(object)})


def _pinned(settings: config.Dataset, total: str) -> None:
    if settings.sha256 and settings.sha256 != total:
        raise ProjectError(
            f"{settings.uri} is not the file that datasets.yml pins",
            f"restore it, or pin the new one: `sha256: {total}`",
            Exit.CANNOT,
        )


def _columns_exist(known: set[str]) -> None:
    params, slices = config.params(), config.gate().slices
    named = {"time": params.time, "entity": params.entity, "group": params.group}
    wanted = [(f"params.yml: {key}", name) for key, name in named.items() if name]
    wanted += [("params.yml: exclude", name) for name in params.exclude]
    wanted += [("gate.yml: slices", name) for name in slices.columns]
    for where, name in wanted:
        if name not in known:
            raise ProjectError(f"{where}: contracts.py has no column {name}", f"mend {where}")


def columns(contract: Any) -> tuple[Column, ...]:
    """The columns of a pandera schema."""
    return tuple(_column(name, column) for name, column in contract.columns.items())


def check(contract: Any, rows: pd.DataFrame) -> None:
    """Raise when the rows break the contract, naming column, check, value and row."""
    from pandera.errors import SchemaErrors

    strict = contract.update_columns({})
    strict.coerce = True
    try:
        strict.validate(rows, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        kinds = cases.groupby(["column", "check"], sort=False, dropna=False).first()
        told = [_case(str(column), str(rule), case) for (column, rule), case in kinds.iterrows()]
        more = f" and {len(told) - 3} more" if len(told) > 3 else ""
        raise ProjectError(
            f"the data break the contract: {'; '.join(told[:3])}{more}",
            "mend the data, or say in contracts.py what is allowed",
            Exit.CANNOT,
        ) from None


def request(contract: Any, rows: pd.DataFrame, names: list[str], target: str) -> Request:
    """The request schema of the named columns, with categories and examples seen in the rows."""
    known = {column.name: column for column in columns(contract)}
    return Request(tuple(_seen(known[name], rows[name]) for name in names), target)


def _column(name: str, column: Any) -> Column:
    dtype = str(column.dtype).lower()
    kind = next((kind for start, kind in KINDS.items() if dtype.startswith(start)), None)
    if kind is None:
        raise ProjectError(
            f"contracts.py: column {name} has type {column.dtype}",
            "use str, int, float, bool, 'Int64', 'boolean', 'datetime64[ns]' or pa.Date",
        )
    if column.nullable and str(column.dtype) in ("int64", "bool"):
        nullable = "Int64" if kind == "integer" else "boolean"
        raise ProjectError(
            f"contracts.py: column {name} is nullable, which {column.dtype} cannot be",
            f'write pa.Column("{nullable}", nullable=True)',
        )
    metadata = column.metadata or {}
    categories = _allowed(column) if kind == "string" else None
    minimum, maximum = _bounds(column) if kind in ("integer", "number") else (None, None)
    return Column(
        name,
        kind,
        alias=metadata.get("alias"),
        nullable=bool(column.nullable),
        categories=categories,
        closed=categories is not None,
        minimum=minimum,
        maximum=maximum,
        description=column.description or "",
        pii=bool(metadata.get("pii", False)),
        format=metadata.get("format"),
        loggable=metadata.get("pii") is False,  # said, and not merely left unsaid
    )


def _allowed(column: Any) -> tuple[str, ...] | None:
    sets = [c.statistics["allowed_values"] for c in column.checks if c.name == "isin"]
    return tuple(sorted(map(str, sets[0]))) if sets else None


def _bounds(column: Any) -> tuple[float | None, float | None]:
    lows, highs = [], []
    whole = str(column.dtype).lower().startswith(("int", "uint"))
    for rule in column.checks:
        told = rule.statistics or {}
        if rule.name == "isin":
            lows.append(min(told["allowed_values"]))
            highs.append(max(told["allowed_values"]))
            continue
        if "min_value" in told:
            open_end = rule.name == "greater_than" or not told.get("include_min", True)
            lows.append(_inside(told["min_value"], whole, 1) if open_end else told["min_value"])
        if "max_value" in told:
            open_end = rule.name == "less_than" or not told.get("include_max", True)
            highs.append(_inside(told["max_value"], whole, -1) if open_end else told["max_value"])
    return max(lows, default=None), min(highs, default=None)


def _inside(bound: float, whole: bool, step: int) -> float:
    return bound + step if whole else float(np.nextafter(bound, step * np.inf))


def _seen(column: Column, values: pd.Series) -> Column:
    categories = column.categories
    if column.type == "string" and not column.closed and not column.pii:
        found = tuple(sorted(values.dropna().unique()))
        categories = found if len(found) <= MOST_CATEGORIES else None
    return replace(column, categories=categories, example=_example(column, values))


def _example(column: Column, values: pd.Series) -> Any:
    """A typical value: never a person's own text."""
    values = values.dropna()
    if column.type == "string":
        if column.pii and not column.closed:
            return "text"
        return str(values.mode().iloc[0]) if len(values) else (column.categories or ("text",))[0]
    if values.empty:
        plain = {"integer": 0, "number": 0.0, "boolean": False, "date": "2024-01-01"}
        bound = column.minimum if column.minimum is not None else column.maximum
        return bound if bound is not None else plain.get(column.type, "2024-01-01T00:00:00")
    if column.type == "boolean":
        return bool(values.mode().iloc[0])
    middle = values.sort_values().iloc[len(values) // 2]
    if column.type == "integer":
        return int(middle)
    if column.type == "number":
        return float(middle)
    return middle.date().isoformat() if column.type == "date" else middle.isoformat()


def _case(column: str, rule: str, case: Any) -> str:
    if rule == "not_nullable":
        return f"{column} has missing values (row {case['index'] + 1})"
    row = "" if pd.isna(case["index"]) else f" (row {int(case['index']) + 1})"
    return f"{column} {rule}: {case['failure_case']!r}{row}"

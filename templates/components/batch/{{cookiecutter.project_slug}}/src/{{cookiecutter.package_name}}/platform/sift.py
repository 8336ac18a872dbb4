"""Which rows of a table the model may see, and what is wrong with the others."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .errors import ProjectError
from .schema import Column, typed

Problems = dict[int, str]  # by the label of the row
Breach = tuple["pd.Series[bool]", Callable[[Any], str]]


def sift(rows: pd.DataFrame, columns: Sequence[Column]) -> tuple[pd.DataFrame, Problems]:
    """
    The good rows as the model sees them, and the first problem of each of the others.

    A row is held to what a request is held to: types, gaps, bounds, closed categories. Raises when
    a column is missing altogether.
    """
    typed(rows.head(0), columns)
    try:
        found, problems = typed(rows, columns), Problems()
    except ProjectError:
        problems = _unreadable(rows, columns)
        found = typed(rows.drop(index=list(problems)), columns)
    for column in columns:
        for mask, told in _breaches(found[column.name], column):
            for label, value in found.loc[mask, column.name].items():
                problems.setdefault(int(str(label)), f"column {column.header}: {told(value)}")
    if problems:
        found = typed(rows.drop(index=list(problems)), columns)
    return found, dict(sorted(problems.items()))


def _unreadable(rows: pd.DataFrame, columns: Sequence[Column]) -> Problems:
    """Every row with a value that cannot be read."""
    problems = Problems()
    for column in columns:
        values = rows[column.alias if column.alias in rows else column.name]
        bad = set(_bad(values.dropna().drop_duplicates().astype(object), column))
        article = "an" if column.type == "integer" else "a"
        for label, value in values[values.isin(bad)].items():
            told = f"column {column.header}: {_shown(value, column)} is not {article} {column.type}"
            problems.setdefault(int(str(label)), told)
    return problems


def _bad(values: pd.Series, column: Column) -> list[Any]:
    """The values that cannot be read, by halves: few are bad as a rule."""
    try:
        typed(values.to_frame(column.name), [column])
    except ProjectError:
        if len(values) == 1:
            return [values.iloc[0]]
        middle = len(values) // 2
        return _bad(values.iloc[:middle], column) + _bad(values.iloc[middle:], column)
    return []


def _breaches(values: pd.Series, column: Column) -> Iterator[Breach]:
    """What the contract forbids, and how it is told."""
    there = values.notna()
    if not column.nullable:
        yield ~there, lambda _: "the value is missing"
    if column.type in ("integer", "number"):
        yield there & ~np.isfinite(values), lambda _: "the value is not finite"
    if column.minimum is not None:
        low = column.minimum
        yield there & (values < low), lambda v: f"{_shown(v, column)} is below {low:g}"
    if column.maximum is not None:
        high = column.maximum
        yield there & (values > high), lambda v: f"{_shown(v, column)} is above {high:g}"
    if column.closed and column.categories:
        known = ", ".join(column.categories)
        stranger = there & ~values.isin(column.categories)
        yield stranger, lambda v: f"{_shown(v, column)} is none of {known}"


def _shown(value: Any, column: Column) -> str:
    """A value as an error tells it: never a person's own."""
    if column.pii:
        return "the value"
    return f"{value:g}" if isinstance(value, float) else repr(value)

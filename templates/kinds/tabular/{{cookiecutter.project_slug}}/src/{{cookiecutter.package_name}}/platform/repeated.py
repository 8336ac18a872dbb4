"""Years, and whatever comes back each year, where rows are split by chance: told, never decided."""

from collections.abc import Collection

import pandas as pd

from .infer import CLOCK, Column
from .privacy import words
from .profile import years

MET, FEWEST = 30, 8  # pairs that would meet by chance; different values that are worth a group


def suggest(columns: Collection[Column], sample: pd.DataFrame) -> None:
    """Tell which columns may be `--time` and `--group`."""
    inputs = [c for c in columns if c.role == "feature" and not c.facts.missing]
    clocks = [c for c in inputs if _last(c) in CLOCK - {"age"} and c.facts.distinct > 2]
    for clock in clocks:
        if _last(clock) in ("year", "yr") and years(clock.facts.texts):
            first, last = clock.facts.texts.min(), clock.facts.texts.max()
            figure = f"{clock.facts.distinct} years, {first} to {last}"
            done = "not split by: rows of later years teach about earlier ones"
            clock.tell(figure, done, f"`--time {clock.facts.header}`")
    for column in inputs:
        met = [clock for clock in clocks if column not in clocks and _panel(column, clock, sample)]
        if met:
            figure = f"{column.facts.distinct} different, each at most once per {met[0].name}"
            done = "not split by: rows of one and the same stand on both sides"
            column.tell(figure, done, f"`--group {column.facts.header}`")


def _last(column: Column) -> str:
    return (words(column.facts.header) or [""])[-1]


def _panel(column: Column, clock: Column, sample: pd.DataFrame) -> bool:
    """Whether no value comes twice at one time, though by chance many would."""
    n, distinct = len(sample), column.facts.distinct
    if column.kind == "float" or distinct < FEWEST or n < 2 * distinct:
        return False
    if n * n / (2 * distinct * clock.facts.distinct) < MET:
        return False
    return not sample.duplicated([column.facts.header, clock.facts.header]).any()

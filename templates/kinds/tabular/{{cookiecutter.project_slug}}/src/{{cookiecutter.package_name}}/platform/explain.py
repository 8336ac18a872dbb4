"""
Why a row is scored as it is: Shapley values of its columns, against a background of typical rows.

The background (background.json) holds 32 values of each column, evenly spaced over what training
saw of it and shuffled for each column alone: none of its rows is anybody's, and of a personal
column it holds the example of the request schema and nothing else.

A column's contribution is what the output gains when the column takes the row's value, averaged
over the background and over the orders in which the columns may do so. The base (the average
output of the background) and the contributions add up to the output of the row. With few columns
every set of them is computed; with more, orders are drawn, and `error` is the standard error that
this leaves. It tells what the model does, and not what would become of a row that changed; and the
columns are mixed as if they were independent, so that dates may meet which never would.

`python -m PACKAGE.platform.explain BUNDLE IN.csv OUT.json [CLASS]` explains the rows of a file.
"""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from math import ceil, comb
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import bundle
from .bundle import Bundle
from .errors import ProjectError, boundary
from .schema import Column, Request, figure, label, listed, read_csv, typed

SCHEMA = "background/1"
FILE = "background.json"
BACKGROUND = 32
MOST_ROWS = 10  # explained at once: each costs as much as thousands of predictions
EXACT = 9  # columns, up to which every set of them is computed
FEWEST, MOST = 2, 4  # pairs of orders for each row of the background
BUDGET = 16_000  # rows scored for one that is explained
CELLS = 4_000_000  # held in memory at once
SHORT = 40

# The outputs of mixed rows: which columns are the row's own, and whose background the others have.
Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Shares:
    """The output of the background and of the row, what each column adds, and standard errors."""

    base: float
    output: float
    gains: np.ndarray
    errors: np.ndarray


@dataclass(frozen=True)
class Contribution:
    """What a column adds to the output; `error` is 0 where nothing was drawn."""

    column: str
    value: Any
    typical: Any
    contribution: float
    error: float
    sentence: str


@dataclass(frozen=True)
class Explanation:
    """Why a row is scored as it is: `output` is `base` plus the contributions, largest first."""

    prediction: Any
    explained: str
    base: float
    output: float
    contributions: tuple[Contribution, ...]

    def document(self) -> dict[str, Any]:
        """The explanation as JSON holds it."""
        return asdict(self)


def background(request: Request, rows: pd.DataFrame, seed: int) -> str:
    """The content of background.json, from the rows that a model is trained on."""
    random = np.random.default_rng(seed)
    values = {c.header: _spread(c, rows[c.name], random) for c in request.columns}
    return json.dumps({"schema": SCHEMA, "rows": BACKGROUND, "columns": values}, indent=2) + "\n"


def _spread(column: Column, values: pd.Series, random: np.random.Generator) -> list[Any]:
    """Values at evenly spaced places of the sorted column, the missing ones last; shuffled."""
    if column.pii:
        return [column.example] * BACKGROUND
    places = ((np.arange(BACKGROUND) + 0.5) * len(values) / BACKGROUND).astype(int)
    ordered = values.sort_values(kind="stable", ignore_index=True)
    found = ordered.iloc[random.permutation(places)].to_frame(column.name)
    return listed(found, [column])[column.name]


class Explainer:
    """Explains rows by a bundle and the background that it holds."""

    def __init__(self, model: Bundle) -> None:
        self.model, self.columns = model, model.request.columns
        self.classes = [label(name) for name in model.manifest.classes]

    @cached_property
    def background(self) -> pd.DataFrame:
        """The rows of the background, typed."""
        document = json.loads((self.model.path / FILE).read_text(encoding="utf-8"))
        return typed(pd.DataFrame(document["columns"], dtype=object), self.columns)

    def explain(self, rows: pd.DataFrame, of: str | None = None) -> list[Explanation]:
        """Why each row is scored as it is: the class named, else the positive or predicted one."""
        self._known(of)
        rows = typed(rows, self.columns)
        decided = self.model.predict(rows)["prediction"].tolist()
        return [self._explain(rows.iloc[[n]], told, of) for n, told in enumerate(decided)]

    def _known(self, of: str | None) -> None:
        if of is not None and of not in self.classes:
            known = ", ".join(self.classes)
            hint = f"name one of {known}" if known else "a regression has none: leave it out"
            raise ProjectError(f"{self.model.manifest.target} has no class {of!r}", hint)

    def _explain(self, row: pd.DataFrame, prediction: Any, of: str | None) -> Explanation:
        place = self._place(prediction, of)
        score = self._score(pd.concat([self.background, row], ignore_index=True), place)
        shares = (exact if len(self.columns) <= EXACT else drawn)(score, len(self.columns))
        what = f"the probability of {self.classes[place]}" if self.classes else "the prediction"
        named = f"probability_{self.classes[place]}" if self.classes else "prediction"
        hardly, found = np.abs(shares.gains).sum() / 1000, []
        values = listed(row, self.columns)
        for n, column in enumerate(self.columns):
            [value] = values[column.name]
            typical, gain = None if column.pii else column.example, float(shares.gains[n])
            sentence = _sentence(column.header, value, what, gain, hardly)
            error = float(shares.errors[n])
            found.append(Contribution(column.header, value, typical, gain, error, sentence))
        found.sort(key=lambda each: -abs(each.contribution))
        return Explanation(prediction, named, shares.base, shares.output, tuple(found))

    def _place(self, prediction: Any, of: str | None) -> int:
        if not self.classes:
            return 0
        if of is None:
            of = self.classes[1] if self.model.manifest.task == "binary" else label(prediction)
        return self.classes.index(of)

    def _score(self, stack: pd.DataFrame, place: int) -> Score:
        """The outputs of rows that are mixed of the background and of the row that stands last."""
        columns = {name: stack[name].array for name in stack.columns}

        def score(own: np.ndarray, whose: np.ndarray) -> np.ndarray:
            found = []
            for part in np.array_split(np.arange(len(own)), ceil(own.size / CELLS)):
                rows = np.where(own[part], BACKGROUND, whose[part][:, None])
                mixed = {name: columns[name][rows[:, n]] for n, name in enumerate(columns)}
                outputs = bundle.outputs(self.model.model, pd.DataFrame(mixed), len(self.classes))
                found.append(outputs[:, place])
            return np.concatenate(found)

        return score


def exact(score: Score, columns: int) -> Shares:
    """What the columns add, by every set of them."""
    sets = np.arange(2**columns)
    own = (sets[:, None] >> np.arange(columns)) & 1 == 1
    whose = np.tile(np.arange(BACKGROUND), len(sets))
    outputs = score(own.repeat(BACKGROUND, axis=0), whose).reshape(-1, BACKGROUND).mean(axis=1)
    weights = 1 / (columns * np.array([comb(columns - 1, size) for size in range(columns)]))
    gains = np.zeros(columns)
    for place in range(columns):
        without = sets[~own[:, place]]
        gained = outputs[without | 1 << place] - outputs[without]
        gains[place] = (weights[own[without].sum(axis=1)] * gained).sum()
    return Shares(float(outputs[0]), float(outputs[-1]), gains, np.zeros(columns))


def drawn(score: Score, columns: int) -> Shares:
    """What the columns add, by orders that are drawn, each with its reverse."""
    random = np.random.default_rng(0)  # the same row is always told the same
    pairs = int(np.clip(BUDGET // (2 * BACKGROUND * (columns + 1)), FEWEST, MOST))
    orders = random.permuted(np.tile(np.arange(columns), (BACKGROUND * pairs, 1)), axis=1)
    ranks = np.stack([orders, columns - 1 - orders], axis=1).reshape(-1, columns)
    own = ranks[:, None, :] < np.arange(columns + 1)[:, None]
    whose = np.arange(BACKGROUND).repeat(2 * pairs * (columns + 1))
    outputs = score(own.reshape(-1, columns), whose).reshape(len(ranks), -1)
    steps = np.take_along_axis(np.diff(outputs, axis=1), ranks, axis=1)
    of_pairs = steps.reshape(BACKGROUND, pairs, 2, columns).mean(axis=2)
    errors = np.sqrt(of_pairs.var(axis=1, ddof=1).sum(axis=0) / pairs) / BACKGROUND
    base, output = outputs[:, 0].mean(), outputs[:, -1].mean()
    return Shares(float(base), float(output), of_pairs.mean(axis=(0, 1)), errors)


def _sentence(column: str, value: Any, what: str, gain: float, hardly: float) -> str:
    if abs(gain) <= hardly:
        return f"{column} {shown(value)} hardly matters to {what}"
    verb = "raises" if gain > 0 else "lowers"
    return f"{column} {shown(value)} {verb} {what} by {figure(abs(gain), 3)}"


def shown(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "(missing)"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = re.sub(r"T00:00:00(\.0+)?$", "", label(value))
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def main() -> None:
    """Explain the rows of IN.csv into OUT.json."""
    folder, given, told = map(Path, sys.argv[1:4])
    with boundary():
        explainer = Explainer(bundle.load(folder))
        found = explainer.explain(read_csv(given), *sys.argv[4:5])
        told.write_text(json.dumps([each.document() for each in found]), encoding="utf-8")


if __name__ == "__main__":
    main()

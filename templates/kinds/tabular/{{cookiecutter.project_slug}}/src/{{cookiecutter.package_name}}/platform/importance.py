"""Permutation importance: how much worse the hold-out is judged when a column is shuffled."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from . import bundle
from .config import Params
from .evaluate import METRICS, SCORES, value_of

REPEATS = 5
MOST_ROWS = 2_000
BUDGET = 200_000  # rows scored in all: a second or two, however wide and long the data


@dataclass(frozen=True)
class Importance:
    """By how much the metric gets worse without a column: mean and spread of the shuffles."""

    column: str
    worse: float
    spread: float


def importance(
    model: Any,
    rows: pd.DataFrame,
    truth: np.ndarray,
    classes: int,
    metric: str,
    params: Params,
) -> list[Importance]:
    """The columns of the rows, the most important first; none where the metric is not defined."""
    random = np.random.default_rng(params.seed)
    most = max(100, BUDGET // (REPEATS * max(rows.shape[1], 1)))
    if len(rows) > min(MOST_ROWS, most):
        kept = np.sort(random.choice(len(rows), min(MOST_ROWS, most), replace=False))
        rows, truth = rows.iloc[kept], truth[kept]
    measure, sign = METRICS[params.task][metric], 1 if metric in SCORES else -1
    whole = value_of(measure, truth, bundle.outputs(model, rows, classes), params.threshold)
    copies, found = pd.concat([rows] * REPEATS, ignore_index=True), []
    if whole is None:
        return []
    for column in rows.columns:
        orders = np.concatenate([random.permutation(len(rows)) for _ in range(REPEATS)])
        shuffled = copies.assign(**{column: rows[column].array[orders]})
        outputs = bundle.outputs(model, shuffled, classes).reshape(REPEATS, len(rows), -1)
        values = [value_of(measure, truth, each, params.threshold) for each in outputs]
        worse = [sign * (whole - value) for value in values if value is not None]
        found.append(Importance(str(column), float(np.mean(worse)), float(np.std(worse))))
    return sorted(found, key=lambda each: -each.worse)

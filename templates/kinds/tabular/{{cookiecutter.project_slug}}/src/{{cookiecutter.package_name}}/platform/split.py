"""The hold-out and the folds: by time (never inside a tie), by group, or at random (stratified)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from .calm import quiet
from .config import Params
from .errors import Exit, ProjectError


@dataclass(frozen=True)
class Split:
    """Rows to train on, rows to judge by, and the rows between whose label came too late."""

    train: pd.DataFrame
    holdout: pd.DataFrame
    late: int = 0


def split(rows: pd.DataFrame, params: Params, label_delay_days: int = 0) -> Split:
    """The training rows and the hold-out, in a fixed order."""
    if params.split.by == "time":
        return _by_time(rows, params, label_delay_days)
    parts = round(1 / params.split.holdout)
    folder = _folder(params, params.split.by == "group", max(2, parts), rows)
    train, holdout = next(folder)
    return Split(rows.iloc[np.sort(train)], rows.iloc[np.sort(holdout)])


def folds(rows: pd.DataFrame, params: Params) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions to fit and to score on, for cross-validation inside the training rows."""
    if params.split.by != "time":
        return _folder(params, params.split.by == "group", params.folds, rows)
    return _time_folds(rows[str(params.time)], params.folds)


def _by_time(rows: pd.DataFrame, params: Params, label_delay_days: int) -> Split:
    time = str(params.time)
    if rows[time].isna().any():
        raise ProjectError(
            f"{int(rows[time].isna().sum())} rows have no {time}, so they cannot be split by it",
            "drop them in data.py, or split by group or random in params.yml",
            Exit.CANNOT,
        )
    rows = rows.sort_values(time, kind="stable")
    moments = rows[time].to_numpy()
    starts = np.flatnonzero(moments[1:] != moments[:-1]) + 1
    wanted = len(rows) * (1 - params.split.holdout)
    cut = int(starts[np.abs(starts - wanted).argmin()]) if len(starts) else 0
    share = 1 - cut / len(rows)
    if not 0.02 <= share <= 0.6:
        raise ProjectError(
            f"{time} has so many ties that the hold-out would be {share:.0%} of the rows",
            "split by group or random in params.yml",
            Exit.CANNOT,
        )
    train, holdout = rows.iloc[:cut], rows.iloc[cut:]
    # On the day of the cut the labels of the last rows were not known yet.
    known = train[time] <= holdout[time].iloc[0] - pd.Timedelta(days=label_delay_days)
    if not known.any():
        return Split(train, holdout)
    return Split(train[known], holdout, late=int((~known).sum()))


def _time_folds(moments: pd.Series, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    values = moments.to_numpy()
    edges = np.quantile(np.arange(len(values)), np.linspace(0, 1, count + 2)[1:-1]).astype(int)
    cuts = np.unique(np.searchsorted(values, values[edges])).tolist()
    cuts = [cut for cut in cuts if cut] + [len(values)]
    if len(cuts) < 2:
        raise ProjectError(
            f"the training rows hold too few different times for {count} folds",
            "split by group or random in params.yml",
            Exit.CANNOT,
        )
    for start, stop in pairwise(cuts):
        yield np.arange(start), np.arange(start, stop)


def _folder(
    params: Params, grouped: bool, count: int, rows: pd.DataFrame
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    target, places = rows[params.target], np.zeros(len(rows))
    stratified = params.task != "regression" and target.value_counts().max() >= count
    groups = rows[str(params.group or params.entity)].astype(str) if grouped else None
    if groups is not None and groups.nunique() < count:
        raise ProjectError(
            f"{groups.nunique()} groups are too few for {count} parts",
            "lower `folds`, or split by random in params.yml",
            Exit.CANNOT,
        )
    options = {"n_splits": count, "shuffle": True, "random_state": params.seed}
    if groups is not None:
        folder = (StratifiedGroupKFold if stratified else GroupKFold)(**options)
    else:
        folder = (StratifiedKFold if stratified else KFold)(**options)
    with quiet():
        return iter(list(folder.split(places, target.astype(str) if stratified else None, groups)))

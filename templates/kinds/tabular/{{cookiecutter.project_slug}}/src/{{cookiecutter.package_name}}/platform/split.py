"""The hold-out, the folds, and the leakage doctor: nothing may know what it is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from .config import Params
from .errors import Exit, ProjectError
from .evaluate import encode, quiet
from .reference import is_identifier
from .schema import derived

SAMPLE = 2000
PERFECT = 0.995


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


@dataclass(frozen=True)
class Finding:
    """One thing the doctor saw; an `error` stops the training."""

    level: Literal["error", "warning"]
    column: str
    sentence: str
    hint: str


def examine(parts: Split, params: Params, names: list[str], classes: list[Any]) -> list[Finding]:
    """All findings, the worst first."""
    train = parts.train.sample(min(SAMPLE, len(parts.train)), random_state=params.seed)
    features = derived(train[names])
    truth = encode(train[params.target], classes)
    found = [
        *_row_by_row(train[names], features),
        *_named(params, names),
        *_identifiers(train[names]),
        *perfect(features, truth, bool(classes)),
        *sums(features, truth, bool(classes)),
        *_empty(features),
        *_both_sides(parts, params, names),
    ]
    kept = [f for f in found if f.column not in params.allow_leak]
    return sorted(kept, key=lambda finding: finding.level)


def refuse(findings: list[Finding]) -> None:
    """Raise for the first error."""
    for finding in findings:
        if finding.level == "error":
            raise ProjectError(finding.sentence, finding.hint, Exit.CANNOT)


def _row_by_row(rows: pd.DataFrame, features: pd.DataFrame) -> list[Finding]:
    """Features of a few rows alone must be what they were among all rows."""
    few = derived(rows.iloc[:5])
    one = pd.concat([derived(rows.iloc[[place]]) for place in range(min(5, len(rows)))])
    for alone in (few, one):
        for name in features.columns:
            if name not in alone or not _same(features[name].iloc[:5], alone[name]):
                sentence = f"feature {name} of a row depends on the other rows"
                hint = "compute it from the row alone: at serving time there are no other rows"
                return [Finding("error", name, sentence, hint)]
    return []


def _same(left: pd.Series, right: pd.Series) -> bool:
    if left.dtype == object:
        return bool(((left == right) | (left.isna() & right.isna())).all())
    return bool(np.allclose(left.astype(float), right.astype(float), rtol=1e-9, equal_nan=True))


def _named(params: Params, names: list[str]) -> list[Finding]:
    if params.entity not in names:
        return []
    sentence = f"{params.entity} says whom a row is about, and the model would learn it by heart"
    return [Finding("error", params.entity, sentence, "add it to `exclude` in params.yml")]


def _identifiers(rows: pd.DataFrame) -> list[Finding]:
    found = []
    for name, values in rows.items():
        if not is_identifier(values):
            continue
        sentence = f"{name} is different in nearly every row, like an identifier"
        hint = f"add {name} to `exclude` in params.yml, or to `allow_leak` if it is a measure"
        level: Literal["error", "warning"] = "error" if values.dtype == object else "warning"
        found.append(Finding(level, str(name), sentence, hint))
    return found


def perfect(
    features: pd.DataFrame, truth: np.ndarray, classes: bool, least: float = PERFECT
) -> list[Finding]:
    """Features that alone tell the target, as a shallow tree cross-validates them."""
    from sklearn.model_selection import KFold, StratifiedKFold
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    tree = DecisionTreeClassifier if classes else DecisionTreeRegressor
    model: Any = tree(max_depth=6, min_samples_leaf=3, random_state=0)
    folder = (StratifiedKFold if classes else KFold)(3, shuffle=True, random_state=0)
    scoring, found = "balanced_accuracy" if classes else "r2", []
    with quiet():
        thirds = list(folder.split(np.zeros(len(truth)), truth))
    for name, values in features.items():
        numbers = _numbers(values)
        if np.ptp(numbers) == 0:
            continue
        score = 1.0
        for learn, asked in thirds:
            told = model.fit(numbers[learn], truth[learn]).predict(numbers[asked])
            score -= (1 - _fit(truth[asked], told, classes)) / len(thirds)
            if score < least:  # no other third can mend it
                break
        else:
            sentence = f"{name} alone predicts the target ({scoring} {score:.3f})"
            found.append(_told_by(str(name), sentence))
    return found


def _fit(truth: np.ndarray, told: np.ndarray, classes: bool) -> float:
    """How well a target is told, 1 at best: the mean recall of its classes, or its r2."""
    if classes:
        return float(np.mean([(told[truth == name] == name).mean() for name in np.unique(truth)]))
    return float(1 - np.sum((truth - told) ** 2) / max(np.sum((truth - truth.mean()) ** 2), 1e-300))


def _numbers(values: pd.Series) -> np.ndarray:
    if values.dtype == object:
        codes: np.ndarray = pd.factorize(values, sort=True)[0]
        return codes.reshape(-1, 1)
    return values.fillna(values.min() - 1 if values.notna().any() else 0).to_numpy().reshape(-1, 1)


def sums(features: pd.DataFrame, truth: np.ndarray, classes: bool) -> list[Finding]:
    """A feature that makes the target a sum, as casual + registered users do."""
    numeric = features.select_dtypes("float64").dropna(axis=1)
    if classes or numeric.shape[1] < 2 or len(truth) < 3 * numeric.shape[1]:
        return []
    design = np.column_stack([np.ones(len(truth)), numeric.to_numpy()])
    weights = np.linalg.lstsq(design, truth, rcond=None)[0]
    rest = np.var(truth - design @ weights) / max(np.var(truth), 1e-300)
    if rest > 1e-4:
        return []
    share = np.abs(weights[1:]) * numeric.to_numpy().std(axis=0)
    name = str(numeric.columns[int(share.argmax())])
    return [_told_by(name, f"the target is a sum of features, {name} above all")]


def _told_by(name: str, sentence: str) -> Finding:
    hint = f"drop {name}, or `allow_leak: [{name}]` in params.yml if it is known before the target"
    return Finding("error", name, sentence, hint)


def _empty(features: pd.DataFrame) -> list[Finding]:
    names = [str(name) for name, values in features.items() if values.nunique(dropna=False) < 2]
    told = f"has the same value in all {len(features)} training rows looked at"
    hint = "drop it, if that is no accident"
    return [Finding("warning", name, f"{name} {told}", hint) for name in names]


def _both_sides(parts: Split, params: Params, names: list[str]) -> list[Finding]:
    found = []
    keys = [*names, params.target]
    sides = (parts.train[keys], parts.holdout[keys])
    train, holdout = (set(pd.util.hash_pandas_object(side, index=False)) for side in sides)
    twins = len(train & holdout)
    if twins:
        stand = "1 row of the hold-out stands"
        stand = stand if twins == 1 else f"{twins} rows of the hold-out stand"
        sentence = f"{stand} in the training rows too"
        found.append(Finding("warning", "(rows)", sentence, "drop duplicates in data.py"))
    if params.entity and params.split.by == "random":
        shared = set(parts.train[params.entity]) & set(parts.holdout[params.entity])
        if shared:
            sentence = f"{len(shared)} values of {params.entity} stand in training and hold-out"
            hint = "split by time or group in params.yml"
            found.append(Finding("warning", params.entity, sentence, hint))
    return found

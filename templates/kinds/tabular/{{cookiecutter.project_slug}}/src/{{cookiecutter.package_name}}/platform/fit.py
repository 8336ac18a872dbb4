"""Choosing among the team's candidates by cross-validation, and fitting the chosen one."""

import traceback
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import bundle, evaluate
from .calm import threads
from .config import HOME, Params
from .errors import Exit, ProjectError
from .schema import label, plain
from .split import Split, folds


def feature_names(params: Params, columns: list[str]) -> list[str]:
    """The columns a request must hold: all but the target and what params.yml excludes."""
    return [name for name in columns if name != params.target and name not in params.exclude]


def find_classes(parts: Split, params: Params) -> list[Any]:
    """The classes in the order of their codes: the positive one last, none for a regression."""
    if params.task == "regression":
        return _none(parts.train[params.target])
    found = sorted(parts.train[params.target].unique().tolist())
    if params.task == "multiclass":
        return _several(found, params)
    every = sorted({*found, *parts.holdout[params.target].unique().tolist()})
    positive = [name for name in every if label(name) == label(params.positive)]
    if len(every) != 2 or not positive:
        raise ProjectError(
            f"params.yml: a binary target needs two classes, one of them {params.positive!r}; "
            f"{params.target} holds {', '.join(map(repr, every[:6]))}",
            "mend `positive` (words like yes and no in quotes), or say `task: multiclass`",
        )
    _several(found, params)
    return [name for name in every if name not in positive] + positive


def _none(target: pd.Series) -> list[Any]:
    if not pd.api.types.is_numeric_dtype(target):
        raise ProjectError(
            f"{target.name} holds words ({target.iloc[0]!r}), and a regression needs numbers",
            "say `task: binary` or `multiclass` in params.yml, or mend its type in contracts.py",
        )
    return []


def _several(found: list[Any], params: Params) -> list[Any]:
    if len(found) < 2:
        raise ProjectError(
            f"all training rows have the same {params.target}: {found[0]!r}",
            "give rows of at least two classes, or mend the split in params.yml",
            Exit.CANNOT,
        )
    return found


def derived(rows: pd.DataFrame) -> pd.DataFrame:
    """The team's features as models take them; a fault in `derive` is told with its line."""
    from ..features import derive

    try:
        features = derive(rows)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        last = [frame for frame in frames if frame.filename.startswith(str(HOME))][-1]
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


def candidates(rows: pd.DataFrame, params: Params) -> dict[str, Any]:
    """The team's candidates for the features that have values in these rows."""
    from .. import model

    features = derived(rows).dropna(axis=1, how="all")
    numeric = features.select_dtypes("float64").columns.tolist()
    words = features.select_dtypes(object).columns.tolist()
    if not numeric and not words:
        raise ProjectError(
            "no features are left", "check `exclude` in params.yml and derive in features.py"
        )
    return model.candidates(params.task, numeric, words, params.seed)


def cross_validate(
    train: pd.DataFrame, params: Params, names: list[str], classes: list[Any], metric: str
) -> dict[str, float]:
    """The mean metric of each candidate over the folds in which it is defined."""
    truth, rows = evaluate.encode(train[params.target], classes), train[names]
    measure, values = evaluate.METRICS[params.task][metric], defaultdict(list)
    for fit, test in folds(train, params):
        if classes and len(np.unique(truth[fit])) < 2:
            continue
        for name, candidate in candidates(rows.iloc[fit], params).items():
            with threads(len(fit)):
                model = candidate.fit(rows.iloc[fit], truth[fit])
            outputs = bundle.outputs(model, rows.iloc[test], len(classes))
            value = evaluate.value_of(measure, truth[test], outputs, params.threshold)
            if value is not None:
                values[name].append(value)
    if not values:
        raise ProjectError(
            f"{metric} is not defined in any of the {params.folds} folds",
            "lower `folds` in params.yml, or judge by log_loss in gate.yml",
            Exit.CANNOT,
        )
    return {name: float(np.mean(found)) for name, found in values.items()}


def best(scores: dict[str, float], metric: str) -> str:
    """The candidate with the best score; the first where they tie."""
    sign = 1 if metric in evaluate.SCORES else -1
    return max(scores, key=lambda name: sign * scores[name])


def fit(
    train: pd.DataFrame, params: Params, names: list[str], classes: list[Any], chosen: str
) -> Any:
    """The chosen candidate fitted on all training rows, calibrated if params.yml says so."""
    with threads(len(train)):
        return _fit(train, params, names, classes, chosen)


def _fit(
    train: pd.DataFrame, params: Params, names: list[str], classes: list[Any], chosen: str
) -> Any:
    truth, rows = evaluate.encode(train[params.target], classes), train[names]
    model = candidates(rows, params)[chosen]
    if params.calibration == "none" or not classes:
        return model.fit(rows, truth)
    from sklearn.calibration import CalibratedClassifierCV

    by = "group" if params.group or params.entity else "random"
    inner = params.model_copy(update={"split": params.split.model_copy(update={"by": by})})
    calibrated = CalibratedClassifierCV(
        model, method=params.calibration, cv=list(folds(train, inner)), ensemble=False
    ).fit(rows, truth)
    calibrated.cv = params.folds  # the row numbers of the folds have no place in a model file
    return calibrated

"""Choosing among the team's candidates by cross-validation, and fitting the chosen one."""

import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import bundle, evaluate
from .config import HOME, Params
from .errors import Exit, ProjectError
from .schema import label, plain
from .split import Split, folds
from .threads import threads


def feature_names(params: Params, columns: list[str]) -> list[str]:
    """The columns a request must hold: all but the target and what params.yml excludes."""
    return [name for name in columns if name != params.target and name not in params.exclude]


def find_classes(parts: Split, params: Params) -> list[Any]:
    """The classes in the order of their codes: the positive one last, none for a regression."""
    if params.task == "regression":
        return []
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
        own = [f for f in traceback.extract_tb(error.__traceback__) if HOME.as_posix() in f.filename]
        place = f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else "features.py"
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
    """The team's candidates for the features that its rows have."""
    from .. import model

    features = derived(rows)
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
    measure, scores = evaluate.METRICS[params.task][metric], {}
    usable = [
        (fit, test)
        for fit, test in folds(train, params)
        if not classes or len(np.unique(truth[fit])) > 1
    ]
    for name, candidate in candidates(rows, params).items():
        values = []
        for fit, test in usable:
            with threads(len(fit)):
                model = _fresh(candidate).fit(rows.iloc[fit], truth[fit])
            outputs = bundle.outputs(model, rows.iloc[test], len(classes))
            values.append(evaluate.value_of(measure, truth[test], outputs, params.threshold))
        known = [value for value in values if value is not None]
        if known:
            scores[name] = float(np.mean(known))
    if not scores:
        raise ProjectError(
            f"{metric} is not defined in any of the {params.folds} folds",
            "lower `folds` in params.yml, or judge by log_loss in gate.yml",
            Exit.CANNOT,
        )
    return scores


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
    model = _fresh(candidates(rows, params)[chosen])
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


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what scikit-learn says of rare classes, unseen categories and empty columns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _fresh(candidate: Any) -> Any:
    from sklearn.base import clone

    return clone(candidate)

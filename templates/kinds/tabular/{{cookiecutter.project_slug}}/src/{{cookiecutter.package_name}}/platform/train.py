"""From data to a challenger: doctor, split, choice among candidates, fit, hold-out, log, bundle."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from . import bundle, config, evaluate, facts, split, tracking
from .backends import backend
from .bundle import threads
from .card import card
from .config import Params, Workspace
from .datasets import Data, columns, request, training
from .errors import Exit, ProjectError
from .evaluate import Evaluation, quiet
from .explain import background
from .importance import Importance, importance
from .reference import reference
from .schema import derived, label
from .split import Split, folds
from .threshold import Choice, bill, choose

# The rows of a fold, and what a model that has not seen them says of them.
Told = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Training:
    """What a training run found; `choice` is None where the threshold is fixed."""

    manifest: bundle.Manifest
    chosen: str
    cross_validation: dict[str, float]
    evaluation: Evaluation
    importances: list[Importance]
    choice: Choice | None
    findings: list[split.Finding]
    parts: Split
    where: str


def train(workspace: Workspace, data: Data | None = None) -> Training:
    """Train on the data and leave a challenger in the workspace."""
    params, metric = config.params(), config.gate().metric
    evaluate.check_gate(params.task, config.gate())
    data = data or training(workspace.root)
    parts = split.split(data.rows, params, data.settings.label_delay_days)
    names = feature_names(params, list(data.rows.columns))
    classes = find_classes(parts, params)
    findings = split.examine(parts, params, names, classes)
    if not data.smoke:  # made-up rows hang together as they were made to
        split.refuse(findings)
    with quiet(), backend() as where:
        told = cross_validate(parts.train, params, names, classes)
        scores = mean_scores(told, parts.train, params, classes, metric)
        chosen = best(scores, metric)
        model = fit(parts.train, params, names, classes, chosen)
        outputs = bundle.outputs(model, parts.holdout[names], len(classes))
        choice = decide(parts, params, names, classes, chosen, told[chosen], outputs)
        if choice:
            params = params.model_copy(update={"threshold": choice.threshold})
        judged = judge(parts, params, classes, outputs)
        held = evaluate.encode(parts.holdout[params.target], classes)
        weights = importance(model, parts.holdout[names], held, len(classes), metric, params)
    quality = facts.quality(parts, params, judged, outputs, classes)
    manifest = facts.manifest(workspace.root, data, params, classes)
    from ..contracts import CONTRACT

    asked = request(CONTRACT, parts.train, names, params.target)
    entity = next((c for c in columns(CONTRACT) if c.name == params.entity), None)
    asked = replace(asked, classes=tuple(classes), entity=entity)
    texts = {
        "request.json": asked.text(),
        "reference.json": reference(asked, parts, outputs, params.entity, params.time, quality),
        "background.json": background(asked, parts.train, params.seed),
        "metrics.json": facts.metrics(judged, scores, chosen, weights, choice, parts),
        "card.md": card(manifest, asked, judged, chosen, weights, choice),
    }
    manifest = bundle.write(workspace.challenger, manifest, model, texts)
    run = tracking.log(workspace, manifest, params, chosen, judged, model)
    manifest = replace(manifest, run_id=run)
    bundle.stamp(workspace.challenger, manifest)
    return Training(manifest, chosen, scores, judged, weights, choice, findings, parts, where.name)


def judge(parts: Split, params: Params, classes: list[Any], outputs: np.ndarray) -> Evaluation:
    """What the hold-out says of a model's outputs."""
    gate = config.gate()
    known = evaluate.encode(parts.train[params.target], classes)
    truth = evaluate.encode(parts.holdout[params.target], classes)
    naive = evaluate.naive(params.task, known, len(classes))
    judged = evaluate.evaluate(
        params.task,
        gate.metric,
        truth,
        outputs,
        naive,
        params.threshold,
        evaluate.parts(parts.holdout, gate.slices.columns),
    )
    if params.costs is None:
        return judged
    return replace(
        judged,
        metrics=_priced(judged.metrics, truth, outputs[:, 1], params),
        baseline=_priced(judged.baseline, truth, np.full(len(truth), naive[1]), params),
    )


def _priced(
    metrics: dict[str, float], truth: np.ndarray, ones: np.ndarray, params: Params
) -> dict[str, float]:
    assert params.costs
    return metrics | {"cost": bill(truth, ones, params.threshold, params.costs).chosen}


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


def candidates(rows: pd.DataFrame, params: Params, classes: int = 2) -> dict[str, Any]:
    """The team's candidates for the features that have values in these rows."""
    from .. import model

    features = derived(rows).dropna(axis=1, how="all")
    numeric = features.select_dtypes("float64").columns.tolist()
    words = features.select_dtypes(object).columns.tolist()
    if not numeric and not words:
        raise ProjectError(
            "no features are left", "check `exclude` in params.yml and derive in features.py"
        )
    return model.candidates(params.task, numeric, words, params.seed, classes)


def cross_validate(
    train: pd.DataFrame, params: Params, names: list[str], classes: list[Any]
) -> dict[str, Told]:
    """What each candidate says of the rows of each fold, fitted on the other rows."""
    from joblib import Parallel, delayed

    truth, rows = evaluate.encode(train[params.target], classes), train[names]
    tries = [
        (name, candidate, learn, test)
        for learn, test in _folds(train, truth, params, classes)
        for name, candidate in candidates(rows.iloc[learn], params, len(classes)).items()
    ]
    work = (delayed(attempt)(one, rows, truth, *fold, len(classes)) for _, one, *fold in tries)
    told = defaultdict(list)
    for (name, _, _, test), outputs in zip(tries, Parallel()(work), strict=True):
        told[name].append((test, outputs))
    return dict(told)


def _folds(
    train: pd.DataFrame, truth: np.ndarray, params: Params, classes: list[Any]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The folds from which there is something to learn."""
    every = folds(train, params)
    return [(learn, test) for learn, test in every if not classes or np.ptp(truth[learn])]


def mean_scores(
    told: dict[str, Told], train: pd.DataFrame, params: Params, classes: list[Any], metric: str
) -> dict[str, float]:
    """The mean metric of each candidate over the folds in which it is defined."""
    truth = evaluate.encode(train[params.target], classes)
    measure, scores = evaluate.METRICS[params.task][metric], {}
    for name, parts in told.items():
        values = [evaluate.value_of(measure, truth[test], o, params.threshold) for test, o in parts]
        if known := [value for value in values if value is not None]:
            scores[name] = float(np.mean(known))
    if not scores:
        raise ProjectError(
            f"{metric} is not defined in any of the {params.folds} folds",
            "lower `folds` in params.yml, or judge by log_loss in gate.yml",
            Exit.CANNOT,
        )
    return scores


def decide(
    parts: Split,
    params: Params,
    names: list[str],
    classes: list[Any],
    chosen: str,
    told: Told,
    outputs: np.ndarray,
) -> Choice | None:
    """The threshold by the costs of params.yml, from cross-validated training rows alone."""
    if params.costs is None:
        return None
    train = parts.train
    truth, held = (evaluate.encode(p[params.target], classes) for p in (train, parts.holdout))
    if params.calibration != "none":  # what the candidates said was not calibrated
        told = []
        for learn, test in _folds(train, truth, params, classes):
            model = fit(train.iloc[learn], params, names, classes, chosen)
            told.append((test, bundle.outputs(model, train.iloc[test][names], len(classes))))
    seen = truth[np.concatenate([test for test, _ in told])]
    ones = np.concatenate([found[:, 1] for _, found in told])
    cut = choose(seen, ones, params.costs)
    bills = (bill(seen, ones, cut, params.costs), bill(held, outputs[:, 1], cut, params.costs))
    return Choice(cut, params.costs.model_dump(), *bills)


def attempt(
    candidate: Any,
    rows: pd.DataFrame,
    truth: np.ndarray,
    learn: np.ndarray,
    test: np.ndarray,
    classes: int,
) -> np.ndarray:
    """What a candidate that learnt some of the rows says of others; runs wherever joblib does."""
    with quiet(), threads(len(learn)):
        model = candidate.fit(rows.iloc[learn], truth[learn])
    return bundle.outputs(model, rows.iloc[test], classes)


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
    model = candidates(rows, params, len(classes))[chosen]
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

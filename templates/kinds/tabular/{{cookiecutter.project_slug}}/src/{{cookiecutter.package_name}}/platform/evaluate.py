"""Judging a model on the hold-out: metrics, the naive guess, slices, reliability."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics as sk

from .config import Gate, Params
from .errors import ProjectError
from .reference import grouped
from .schema import label

Metric = Callable[[np.ndarray, np.ndarray, float], float]
EPSILON = 1e-7
DRAWN = 4_000_000  # rows, in all the samples of a standard error
BINS, FEWEST = 10, 20  # of a reliability curve, and the rows in each
# More is better, and a margin is absolute. Of all others less is better, and a margin is a share.
SCORES = {
    "roc_auc", "average_precision", "accuracy", "balanced_accuracy",
    "f1", "precision", "recall", "f1_macro", "r2",
}  # fmt: skip


@dataclass(frozen=True)
class Slice:
    """A part of the hold-out; `value` and `guess` are None where the metric is not defined."""

    column: str
    name: str
    rows: int
    value: float | None
    guess: float | None = None


@dataclass(frozen=True)
class Bin:
    """Rows of like probability: what was told on average, and the share for which it came true."""

    rows: int
    told: float
    seen: float


@dataclass(frozen=True)
class Evaluation:
    """What the hold-out says of a model."""

    rows: int
    metric: str
    metrics: dict[str, float]
    baseline: dict[str, float]
    slices: tuple[Slice, ...]
    reliability: tuple[Bin, ...] = ()

    def document(self) -> dict[str, Any]:
        """The evaluation as JSON holds it."""
        return asdict(self)


def evaluate(
    task: str,
    metric: str,
    truth: np.ndarray,
    outputs: np.ndarray,
    naive: np.ndarray,
    threshold: float,
    parts: dict[str, pd.Series],
) -> Evaluation:
    """Metrics of outputs and of the naive guess against the truth, overall and in parts."""
    check_metric(task, metric)
    guess = np.tile(naive, (len(truth), 1))
    return Evaluation(
        rows=len(truth),
        metric=metric,
        metrics=measure(task, truth, outputs, threshold),
        baseline=measure(task, truth, guess, threshold),
        slices=tuple(_slices(METRICS[task][metric], truth, outputs, guess, threshold, parts)),
        reliability=() if task == "regression" else tuple(reliability(truth, outputs)),
    )


def measure(
    task: str, truth: np.ndarray, outputs: np.ndarray, threshold: float
) -> dict[str, float]:
    """Every metric of the task that is defined here, by name."""
    found = {n: value_of(m, truth, outputs, threshold) for n, m in METRICS[task].items()}
    return {name: value for name, value in found.items() if value is not None}


def value_of(
    metric: Metric, truth: np.ndarray, outputs: np.ndarray, threshold: float
) -> float | None:
    """The metric, or None where it is not defined, such as the AUC of one class."""
    try:
        value = float(metric(truth, outputs, threshold))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def error(
    metric: Metric,
    truth: np.ndarray,
    outputs: np.ndarray,
    params: Params,
    whom: pd.Series | None = None,
) -> float | None:
    """The standard error of a metric, by drawing whole entities (rows, without them) anew."""
    random, found = np.random.default_rng(params.seed), []
    groups = np.arange(len(truth)) if whom is None else grouped(whom)
    order, times = np.argsort(groups, kind="stable"), np.bincount(groups)
    starts = np.cumsum(times) - times
    for _ in range(int(np.clip(DRAWN / max(len(truth), 1), 50, 200))):
        drawn = random.integers(0, len(times), len(times))
        lengths = times[drawn]
        before = np.repeat(starts[drawn] - (np.cumsum(lengths) - lengths), lengths)
        rows = order[before + np.arange(lengths.sum())]
        found.append(value_of(metric, truth[rows], outputs[rows], params.threshold))
    known = [value for value in found if value is not None]
    return float(np.std(known)) if len(known) > len(found) / 2 else None


def naive(task: str, truth: np.ndarray, classes: int) -> np.ndarray:
    """What guessing without features says: the share of each class, or the mean."""
    if task == "regression":
        return np.array([truth.mean()])
    counts = np.bincount(truth[truth >= 0].astype(int), minlength=classes)
    return np.asarray(counts / counts.sum())


def encode(target: pd.Series, classes: list[Any]) -> np.ndarray:
    """The target as numbers: codes of the classes (-1 for one never seen), or values."""
    if not classes:
        return target.to_numpy(dtype=float)
    codes = {label(name): code for code, name in enumerate(classes)}
    return np.array([codes.get(label(value), -1) for value in target.tolist()], dtype=int)


def check_metric(task: str, metric: str) -> None:
    """Raise for a metric that the task has not got."""
    if metric not in METRICS[task]:
        raise ProjectError(
            f"gate.yml: a {task} task has no metric {metric}",
            f"name one of {', '.join(METRICS[task])}",
        )


def check_gate(task: str, gate: Gate) -> None:
    """Raise for a metric or a floor of gate.yml that the task has not got."""
    for metric in (gate.metric, *gate.floors):
        check_metric(task, metric)


def gain(metric: str, value: float, other: float) -> float:
    """How much better a value is than another: the difference, or the share of an error saved."""
    if metric in SCORES:
        return value - other
    return (other - value) / max(abs(other), EPSILON)


def parts(rows: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, pd.Series]:
    """The named columns as labels of slices; numbers of many values in quarters."""
    return {column: _labels(rows[column]) for column in columns}


def reliability(truth: np.ndarray, outputs: np.ndarray) -> list[Bin]:
    """
    The reliability curve, in up to ten bins of as many rows each.

    Of two classes it follows the probability of the second, of more that of the predicted one.
    """
    two = outputs.shape[1] == 2
    told = outputs[:, 1] if two else outputs.max(axis=1)
    seen = truth == (1 if two else outputs.argmax(axis=1))
    bins = int(np.clip(len(truth) // FEWEST, 1, BINS))
    edges = np.unique(np.quantile(told, np.linspace(0, 1, bins + 1)[1:-1]))
    places = np.searchsorted(edges, told, side="right")
    masks = [places == place for place in np.unique(places)]
    return [Bin(int(m.sum()), float(told[m].mean()), float(seen[m].mean())) for m in masks]


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what is said of rare classes, unseen categories and empty columns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _labels(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values) or pd.api.types.is_integer_dtype(values):
        if values.nunique() > 10:
            return _quarters(values)
        if (values.dropna() % 1 == 0).all():
            values = values.astype("Int64")
    words = [label(value) for value in values.astype(object).tolist()]
    return pd.Series(words, index=values.index).where(values.notna(), "(missing)")


def _quarters(values: pd.Series) -> pd.Series:
    quarters = pd.qcut(values, 4, duplicates="drop")
    words = quarters.map(lambda span: f"{span.left:g} to {span.right:g}").astype(object)
    return words.where(values.notna(), "(missing)")


def _slices(
    metric: Metric,
    truth: np.ndarray,
    outputs: np.ndarray,
    guess: np.ndarray,
    threshold: float,
    parts: dict[str, pd.Series],
) -> list[Slice]:
    found = []
    for column, labels in parts.items():
        for name in sorted(labels.unique()):
            mask = (labels == name).to_numpy()
            told = (value_of(metric, truth[mask], o[mask], threshold) for o in (outputs, guess))
            found.append(Slice(column, name, int(mask.sum()), *told))
    return found


def _auc(truth: np.ndarray, outputs: np.ndarray, _: float) -> float:
    """By ranks: scikit-learn's is ten times slower, and a bootstrap asks for thousands."""
    ones = truth == 1
    n, m = ones.sum(), (~ones).sum()
    if not n or not m:
        raise ValueError("one class only")
    ranks = pd.Series(outputs[:, 1]).rank().to_numpy()
    return float((ranks[ones].sum() - n * (n + 1) / 2) / (n * m))


def _log_loss(truth: np.ndarray, outputs: np.ndarray, _: float) -> float:
    told = outputs[np.arange(len(truth)), truth]
    return float(-np.log(np.clip(np.where(truth < 0, 0, told), EPSILON, 1)).mean())


def _calibration_error(truth: np.ndarray, outputs: np.ndarray, _: float) -> float:
    bins = reliability(truth, outputs)
    return sum(each.rows * abs(each.told - each.seen) for each in bins) / len(truth)


def _decided(metric: Callable[..., float], **options: Any) -> Metric:
    def decided(truth: np.ndarray, outputs: np.ndarray, threshold: float) -> float:
        if outputs.shape[1] == 2:
            return metric(truth, (outputs[:, 1] >= threshold).astype(int), **options)
        return metric(truth, outputs.argmax(axis=1), **options)

    return decided


def _valued(metric: Callable[..., float]) -> Metric:
    return lambda truth, outputs, _: metric(truth, outputs[:, 0])


BOTH: dict[str, Metric] = {
    "log_loss": _log_loss,
    "calibration_error": _calibration_error,
    "accuracy": _decided(sk.accuracy_score),
    "balanced_accuracy": _decided(sk.balanced_accuracy_score),
}
METRICS: dict[str, dict[str, Metric]] = {
    "binary": {
        "roc_auc": _auc,
        "average_precision": lambda t, o, _: float(sk.average_precision_score(t, o[:, 1])),
        "brier": lambda t, o, _: float(np.mean((t - o[:, 1]) ** 2)),
        "f1": _decided(sk.f1_score, zero_division=0),
        "precision": _decided(sk.precision_score, zero_division=0),
        "recall": _decided(sk.recall_score, zero_division=0),
    }
    | BOTH,
    "multiclass": {"f1_macro": _decided(sk.f1_score, average="macro", zero_division=0)} | BOTH,
    "regression": {
        "mean_absolute_error": _valued(sk.mean_absolute_error),
        "root_mean_squared_error": _valued(sk.root_mean_squared_error),
        "median_absolute_error": _valued(sk.median_absolute_error),
        "r2": _valued(sk.r2_score),
    },
}

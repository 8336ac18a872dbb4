"""What chance alone does to the gain over guessing, where few rows are held out."""

from typing import Any

import numpy as np

from .config import Params
from .evaluate import METRICS, encode, gain, naive, value_of
from .split import Split

FEW, DRAWS = 500, 200
Spread = dict[str, tuple[float, float]]


def spread(
    metric: str, params: Params, parts: Split, classes: list[Any], outputs: np.ndarray
) -> Spread:
    """The 95 % interval of the gain by a metric and by log-loss, drawn anew; none of many rows."""
    truth = encode(parts.holdout[params.target], classes)
    if len(truth) > FEW:
        return {}
    known = encode(parts.train[params.target], classes)
    guess = np.tile(naive(params.task, known, len(classes)), (len(truth), 1))
    random = np.random.default_rng(params.seed)
    draws = [random.integers(0, len(truth), len(truth)) for _ in range(DRAWS)]
    metrics = {metric, "log_loss"} if classes else {metric}
    found = {m: [_gain(m, params, truth[r], outputs[r], guess[r]) for r in draws] for m in metrics}
    told = {metric: [g for g in gains if g is not None] for metric, gains in found.items()}
    return {
        metric: (float(np.quantile(gains, 0.025)), float(np.quantile(gains, 0.975)))
        for metric, gains in told.items()
        if len(gains) > DRAWS / 2
    }


def _gain(
    metric: str, params: Params, truth: np.ndarray, outputs: np.ndarray, guess: np.ndarray
) -> float | None:
    measure = METRICS[params.task][metric]
    value, other = (value_of(measure, truth, o, params.threshold) for o in (outputs, guess))
    return None if value is None or other is None else gain(metric, value, other)

"""The gate: what passes, what does not, and how it says so."""

import numpy as np
import pytest

from {{ cookiecutter.package_name }}.platform import evaluate
from {{ cookiecutter.package_name }}.platform.calm import quiet
from {{ cookiecutter.package_name }}.platform.config import Gate, Params
from {{ cookiecutter.package_name }}.platform.demo import Context
from {{ cookiecutter.package_name }}.platform.gate import compare, smoke

PARAMS = Params.model_validate({"task": "binary", "target": "y", "positive": 1})
GATE = Gate.model_validate({"metric": "roc_auc", "champion": {"tolerance": 0.01}})


def scores(noise: float, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, n)
    ones = 1 / (1 + np.exp(-(2 * truth - 1 + noise * random.normal(size=n))))
    return truth, np.column_stack([1 - ones, ones])


def test_the_same_model_is_not_worse_than_itself() -> None:
    truth, outputs = scores(1)
    assert compare("roc_auc", GATE, PARAMS, truth, outputs, outputs).passed


def test_a_worse_model_is_rejected_with_both_figures() -> None:
    truth, good = scores(1)
    check = compare("roc_auc", GATE, PARAMS, truth, scores(5)[1], good)
    assert check.passed is False
    assert "against the champion's" in check.sentence
    assert "100% of 500 resamples" in check.sentence


def test_a_loss_inside_the_tolerance_passes() -> None:
    truth, good = scores(1)
    gate = Gate.model_validate({"metric": "log_loss", "champion": {"tolerance": 0.5}})
    assert compare("log_loss", gate, PARAMS, truth, scores(1.2)[1], good).passed


def test_errors_are_compared_by_their_share_and_scores_by_their_difference() -> None:
    assert evaluate.gain("roc_auc", 0.8, 0.7) == pytest.approx(0.1)
    assert evaluate.gain("mean_absolute_error", 90.0, 100.0) == pytest.approx(0.1)


def test_a_metric_that_is_not_defined_is_not_judged() -> None:
    truth, outputs = np.zeros(20, dtype=int), np.full((20, 2), 0.5)
    assert compare("roc_auc", GATE, PARAMS, truth, outputs, outputs).passed is None


def test_a_class_never_seen_counts_as_a_miss() -> None:
    outputs = np.array([[0.9, 0.1], [0.2, 0.8]])
    with quiet():
        found = evaluate.measure("multiclass", np.array([0, -1]), outputs, 0.5)
    assert found["accuracy"] == 0.5
    assert found["log_loss"] > 5


def test_the_ranks_give_the_auc_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    truth, outputs = scores(2)
    outputs = outputs.round(1)
    found = evaluate.measure("binary", truth, outputs, 0.5)["roc_auc"]
    assert found == pytest.approx(roc_auc_score(truth, outputs[:, 1]))


def test_the_rehearsal_turned_nonsense_away_in_words(rehearsal: Context) -> None:
    assert "worse" in rehearsal.lines["rejected"]


def test_smoke_scores_every_row_and_says_nothing_of_quality(rehearsal: Context) -> None:
    assert smoke(rehearsal.workspace, rehearsal.data) == len(rehearsal.data.rows)

"""Costs choose the threshold, probabilities are calibrated and judged, columns are weighed."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from {{ cookiecutter.package_name }}.model import TRUSTED
from {{ cookiecutter.package_name }}.platform import (
    bundle,
    config,
    evaluate,
    importance,
    train,
)
from {{ cookiecutter.package_name }}.platform.config import Costs, Gate, Params
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.evaluate import reliability
from {{ cookiecutter.package_name }}.platform.gate import compare
from {{ cookiecutter.package_name }}.platform.split import Split
from {{ cookiecutter.package_name }}.platform.threshold import bill, choose

COSTS = Costs(false_positive=1, false_negative=5)
METHODS = ["none", "sigmoid", "isotonic"]


def params(**changes: Any) -> Params:
    asked = {"task": "binary", "target": "y", "positive": 1, "costs": COSTS}
    return Params.model_validate(asked | changes)


def spent(truth: np.ndarray, ones: np.ndarray, threshold: float) -> float:
    acts = ones >= threshold
    return float((acts & (truth != 1)).sum() + 5 * (~acts & (truth == 1)).sum())


def told(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes and their true probabilities, some of them many times."""
    random = np.random.default_rng(seed)
    ones = random.beta(1, 3, n).round(2)
    return (random.random(n) < ones).astype(int), ones


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_costs_less_than_the_chosen_one(seed: int) -> None:
    truth, ones = told(80, seed)
    least = min(spent(truth, ones, cut) for cut in np.linspace(0, 1.001, 1002))
    assert spent(truth, ones, choose(truth, ones, COSTS)) == least


def test_of_equal_thresholds_the_one_nearest_to_the_balance_of_the_costs_is_taken() -> None:
    truth, ones = np.array([0, 0, 1, 1]), np.array([0.01, 0.05, 0.9, 0.95])
    assert choose(truth, ones, COSTS) == COSTS.balance == pytest.approx(1 / 6)
    assert choose(truth, 1 - ones, COSTS) < 0.05


def test_true_probabilities_are_acted_on_where_the_costs_balance() -> None:
    truth, ones = told(200_000)
    assert choose(truth, ones, COSTS) == pytest.approx(COSTS.balance, abs=0.03)


def test_a_bill_counts_both_errors_by_the_row() -> None:
    found = bill(np.array([1, 1, 0, 0]), np.array([0.2, 0.8, 0.3, 0.6]), 0.25, COSTS)
    assert (found.rows, found.chosen, found.half) == (4, (5 + 1 + 1) / 4, (5 + 1) / 4)


def settings(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Params:
    (folder / "params.yml").write_text(f"target: y\npositive: 1\n{text}")
    monkeypatch.setattr(config, "HOME", folder)
    return config.params()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("task: multiclass\ncosts: {false_positive: 1, false_negative: 5}", "multiclass task has"),
        ("task: regression\ncosts: {false_positive: 1, false_negative: 5}", "regression task has"),
        (
            "task: binary\nthreshold: 0.5\ncosts: {false_positive: 1, false_negative: 5}",
            "`threshold` and `costs`",
        ),
        ("task: binary\ncosts: {false_positive: 0, false_negative: 5}", "costs.false_positive"),
        ("task: binary\ncosts: {false_positive: 1}", "costs.false_negative"),
    ],
)
def test_costs_that_cannot_be_weighed_are_refused_in_two_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, sentence: str
) -> None:
    with pytest.raises(ProjectError, match=sentence) as error:
        settings(tmp_path, monkeypatch, text)
    assert error.value.code == 2


def test_until_a_model_says_more_the_costs_alone_set_the_threshold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = settings(
        tmp_path, monkeypatch, "task: binary\ncosts: {false_positive: 1, false_negative: 3}"
    )
    assert found.threshold == 0.25
    assert settings(tmp_path, monkeypatch, "task: binary\n").threshold == 0.5


def noisy(n: int, seed: int) -> pd.DataFrame:
    """One signal told twelve times, which naive Bayes takes for twelve signals."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, n)
    signal = truth + random.normal(0, 2, n)
    return pd.DataFrame({f"x{place}": signal for place in range(12)} | {"y": truth})


def use(monkeypatch: pytest.MonkeyPatch, model: Any) -> None:
    monkeypatch.setattr(train, "candidates", lambda *_: {"it": model})


@pytest.mark.parametrize("method", METHODS)
def test_calibration_mends_what_a_model_says_of_rows_it_never_saw(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    use(monkeypatch, GaussianNB())
    rows, unseen = noisy(800, 0), noisy(4000, 1)
    names = [str(name) for name in rows if name != "y"]
    model = train.fit(rows, params(calibration=method), names, [0, 1], "it")
    outputs = bundle.outputs(model, unseen[names], 2)
    error = evaluate.measure("binary", unseen["y"].to_numpy(), outputs, 0.5)["calibration_error"]
    assert error > 0.15 if method == "none" else error < 0.06
    kept = skops.io.load(io.BytesIO(skops.io.dumps(model)), trusted=TRUSTED)
    np.testing.assert_allclose(bundle.outputs(kept, unseen[names], 2), outputs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", METHODS[1:])
def test_calibration_learns_from_rows_that_the_model_did_not(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    use(monkeypatch, DecisionTreeClassifier(random_state=0))
    random = np.random.default_rng(0)
    rows = pd.DataFrame({"x": random.normal(size=600), "y": random.integers(0, 2, 600)})
    model = train.fit(rows, params(calibration=method), ["x"], [0, 1], "it")
    told = bundle.outputs(model, rows[["x"]], 2)[:, 1]
    assert np.abs(told - 0.5).max() < 0.15  # it knows these rows by heart, and was not believed


@pytest.mark.parametrize("method", METHODS)
def test_a_rare_class_does_not_stop_the_calibration_of_several(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    use(monkeypatch, GaussianNB())
    rows = noisy(120, 0).assign(y=["rare", *["a", "b"] * 59, "a"])
    asked = params(task="multiclass", calibration=method, costs=None)
    names = [str(name) for name in rows if name != "y"]
    with evaluate.quiet():
        model = train.fit(rows, asked, names, ["a", "b", "rare"], "it")
        outputs = bundle.outputs(model, rows[names], 3)
    np.testing.assert_allclose(outputs.sum(axis=1), 1)


@pytest.mark.parametrize("method", ["none", "isotonic"])
def test_the_threshold_is_chosen_without_a_look_at_the_hold_out(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    use(monkeypatch, GaussianNB())
    rows, held, asked = noisy(400, 0), noisy(100, 1), params(calibration=method)
    names = [str(name) for name in rows if name != "y"]
    told = train.cross_validate(rows, asked, names, [0, 1])["it"]
    found = []
    for other in (held, held.assign(y=1 - held["y"])):
        outputs = np.column_stack([np.zeros(100), np.linspace(0, 1, 100)])
        parts = Split(rows, other)
        found.append(train.decide(parts, asked, names, [0, 1], "it", told, outputs))
    first, second = (choice for choice in found if choice)
    assert first.threshold == second.threshold
    assert first.cross_validation == second.cross_validation
    assert first.holdout != second.holdout
    assert first.cross_validation.chosen <= first.cross_validation.half


def test_a_reliability_curve_shows_what_was_told_and_what_came_true() -> None:
    truth, ones = told(50_000)
    curve = reliability(truth, np.column_stack([1 - ones, ones]))
    assert sum(each.rows for each in curve) == 50_000
    assert [each.told for each in curve] == pytest.approx([e.seen for e in curve], abs=0.03)
    bold = np.column_stack([ones < 0.5, ones >= 0.5]).astype(float)
    assert evaluate.measure("binary", truth, bold, 0.5)["calibration_error"] > 0.1


def test_of_several_classes_the_predicted_one_is_judged() -> None:
    outputs = np.tile([0.2, 0.7, 0.1], (100, 1))
    [only] = reliability(np.array([1] * 60 + [0] * 40), outputs)
    assert only.told == pytest.approx(0.7)
    assert only.seen == 0.6


def test_each_model_is_compared_as_it_decides() -> None:
    truth, ones = told(400)
    outputs = np.column_stack([1 - ones, ones])
    champion = {"tolerance": 0.01, "resamples": 50}
    gate = Gate.model_validate({"metric": "recall", "champion": champion})
    asked = params(threshold=0.2)
    assert compare("recall", gate, asked, truth, outputs, outputs, 0.2).passed
    assert compare("recall", gate, asked, truth, outputs, outputs, 0.05).passed is False


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_column_matters_as_far_as_the_metric_falls_without_it(task: str) -> None:
    class Made:
        classes_ = np.array([0, 1])

        def predict(self, rows: pd.DataFrame) -> Any:
            return (3 * rows["a"] + rows["b"]).to_numpy()

        def predict_proba(self, rows: pd.DataFrame) -> Any:
            ones = 1 / (1 + np.exp(-self.predict(rows)))
            return np.column_stack([1 - ones, ones])

    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 3)), columns=["c", "b", "a"])
    sums = 3 * rows["a"] + rows["b"]
    truth = sums.to_numpy() if task == "regression" else (sums > 0).astype(int).to_numpy()
    metric = {"binary": "roc_auc", "multiclass": "log_loss"}.get(task, "mean_absolute_error")
    asked = params(task=task, costs=None)
    classes = 0 if task == "regression" else 2
    found = importance.importance(Made(), rows, truth, classes, metric, asked)
    assert [each.column for each in found] == ["a", "b", "c"]
    assert found[0].worse > found[1].worse > found[2].worse == 0
    assert found == importance.importance(Made(), rows, truth, classes, metric, asked)


def test_the_importance_of_many_rows_takes_a_bounded_number_of_scores() -> None:
    scored = []

    class Made:
        def predict(self, rows: pd.DataFrame) -> Any:
            scored.append(len(rows))
            return rows["x0"].to_numpy()

    values = np.random.default_rng(0).normal(size=(20_000, 60))
    rows = pd.DataFrame(values, columns=[f"x{place}" for place in range(60)])
    asked = params(task="regression", costs=None)
    found = importance.importance(Made(), rows, values[:, 0], 0, "r2", asked)
    assert found[0].column == "x0"
    assert sum(scored) <= importance.BUDGET + importance.MOST_ROWS

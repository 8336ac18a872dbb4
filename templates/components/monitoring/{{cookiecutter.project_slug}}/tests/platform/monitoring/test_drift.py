"""The statistics: rare false alarms, sharp eyes, and rows of one entity that count as one."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from {{ cookiecutter.package_name }}.platform.columns import Column, Sample, Watch
from {{ cookiecutter.package_name }}.platform.drift import LEVEL, MUCH, compare, pooled, psi, worse
from {{ cookiecutter.package_name }}.platform.reference import Histogram, grouped, size, weights

COLUMNS, MISSING, REFERENCE = 20, 0.05, 2000


def alarms(n: int, shift: float, references: int, windows: int, seed: int = 1) -> float:
    """The share of columns that raise an alarm, each one of twenty, with a shift in deviations."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(references):
        known = np.sort(random.normal(size=int(REFERENCE * (1 - MISSING))))
        edges = np.quantile(known, np.linspace(0.1, 0.9, 9))
        counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=10)
        reference = np.append(counts, REFERENCE * MISSING).astype(float)
        shares = np.diff([0.0, *ndtr(edges - shift), 1.0])
        chances = np.append(shares * (1 - MISSING), MISSING)
        p, much = compare(reference, random.multinomial(n, chances, size=windows).astype(float))
        found.append(((p < LEVEL / COLUMNS) & (much > MUCH)).mean())
    return float(np.mean(found))


@pytest.mark.parametrize(("n", "promised"), [(100, 0.007), (200, 0.006), (500, 0.0015)])
def test_false_alarms_in_a_run_of_20_columns_are_rare(n: int, promised: float) -> None:
    rate = COLUMNS * alarms(n, 0.0, references=200, windows=1500)
    assert rate <= promised, f"{rate:.2%} of the runs at {n} rows"


@pytest.mark.parametrize(("n", "deviations", "promised"), [(200, 0.5, 0.88), (100, 1, 0.99)])
def test_a_shift_is_found(n: int, deviations: float, promised: float) -> None:
    power = alarms(n, deviations, references=40, windows=250)
    assert power >= promised, f"{power:.1%} of {deviations} deviations at {n} rows"


def test_in_a_large_window_a_small_shift_is_sure_but_not_much() -> None:
    reference, window = np.full(10, 10_000.0), np.array([10_500.0] * 5 + [9_500.0] * 5)
    p, much = compare(reference, window)
    assert p < 1e-6
    assert much < 0.01


def test_rare_bins_are_joined_until_enough_rows_are_expected() -> None:
    reference = np.array([500.0, 480, 10, 6, 4])
    before, now = pooled(reference, np.array([40.0, 55, 3, 1, 1]))
    assert before.tolist() == [500, 500]
    assert now.tolist() == [40, 60]


def test_a_value_that_never_changed_may_start_to() -> None:
    p, much = compare(np.array([0.0, 1000, 0]), np.array([0.0, 80, 20]))
    assert p < 1e-6
    assert much > MUCH


def test_the_same_shares_have_no_index() -> None:
    assert psi(np.array([90.0, 10]), np.array([900.0, 100])) == pytest.approx(0, abs=1e-3)


def test_a_loss_within_its_error_is_chance() -> None:
    assert worse(0.0, 0.1) == 0.5
    assert worse(0.3, 0.1) < LEVEL < worse(0.2, 0.1)


DECILES = (-1.2816, -0.8416, -0.5244, -0.2533, 0.0, 0.2533, 0.5244, 0.8416, 1.2816)
HISTOGRAM = Histogram(np.array([*[0.1] * 10, 0.0]), edges=DECILES)


def judged(values: np.ndarray, entities: pd.Series | None) -> Column:
    watch, sample = Watch(COLUMNS), Sample.of(entities, len(values))
    return watch.judge(Column("x", "feature"), HISTOGRAM, REFERENCE, pd.Series(values), sample)


def test_rows_repeated_by_the_same_entities_raise_no_alarm() -> None:
    random, times = np.random.default_rng(3), 20
    entities = pd.Series(np.repeat(np.arange(150), times))
    aware = naive = 0
    for _ in range(200):
        values = np.repeat(random.normal(size=150), times)
        aware += judged(values, entities).status == "drift"
        naive += judged(values, None).status == "drift"
    assert aware == 0
    assert naive > 20  # what counting rows would cry


def test_one_loud_entity_neither_drifts_nor_blinds() -> None:
    random = np.random.default_rng(4)
    crowd, loud = random.normal(size=400), np.full(4000, 3.0)
    entities = pd.Series([*range(400), *[-7] * 4000])
    assert judged(np.append(crowd, loud), entities).status != "drift"
    assert judged(np.append(crowd + 1, loud), entities).status == "drift"


def test_rows_are_worth_what_their_entities_tell() -> None:
    once, twice = pd.Series(range(300)), pd.Series([*range(300), *range(300)])
    assert size(once, weights(once, 300)).effective == 300
    assert size(twice, weights(twice, 600)).effective == 300
    assert size(None, weights(None, 600)).effective == 600


def test_rows_about_nobody_known_stand_alone() -> None:
    assert grouped(pd.Series(["a", None, "a", None])).tolist() == [0, 1, 0, 2]

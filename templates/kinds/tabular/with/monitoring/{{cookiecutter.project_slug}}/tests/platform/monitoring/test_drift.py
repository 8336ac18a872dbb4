"""What any judge must keep: few false alarms, sharp eyes, and rows of one entity count as one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform.columns import Column, Sample, Seen, see
from {{ cookiecutter.package_name }}.platform.drift import (
    LEVEL,
    MUCH,
    Question,
    pooled,
    worse,
)
from {{ cookiecutter.package_name }}.platform.judge import judge
from {{ cookiecutter.package_name }}.platform.reference import (
    Histogram,
    grouped,
    size,
    weights,
)

COLUMNS, REFERENCE = 20, 2000
DECILES = (-1.2816, -0.8416, -0.5244, -0.2533, 0.0, 0.2533, 0.5244, 0.8416, 1.2816)
HISTOGRAM = Histogram(np.array([*[0.1] * 10, 0.0]), edges=DECILES)


def counts(reference: Sequence[float], window: Sequence[float]) -> Question:
    labels = tuple(f"bin {place}" for place in range(len(reference)))
    return Question("x", labels, np.array(reference, dtype=float), np.array(window, dtype=float))


def drawn(values: np.ndarray, entities: pd.Series | None = None) -> Seen:
    sample = Sample.of(entities, len(values))
    return see(Column("x", "feature"), HISTOGRAM, REFERENCE, pd.Series(values), sample)


def drifted(columns: list[Seen]) -> int:
    """How many of them drifted, each one of twenty, all judged at once."""
    answers = judge([one.questions[0] for one in columns])
    pairs = zip(columns, answers, strict=True)
    return sum(one.told([each], LEVEL / COLUMNS).status == "drift" for one, each in pairs)


@pytest.mark.parametrize("n", [100, 200, 500])
def test_a_world_that_does_not_change_raises_hardly_an_alarm(n: int) -> None:
    random = np.random.default_rng(n)
    assert drifted([drawn(random.normal(size=n)) for _ in range(600)]) <= 2


@pytest.mark.parametrize(("n", "deviations", "found"), [(200, 0.5, 170), (100, 1, 196)])
def test_a_shift_is_found(n: int, deviations: float, found: int) -> None:
    random = np.random.default_rng(n)
    assert drifted([drawn(random.normal(deviations, size=n)) for _ in range(200)]) >= found


def test_nothing_asked_is_nothing_answered() -> None:
    assert judge([]) == []


def test_answers_come_in_the_order_of_the_questions() -> None:
    calm, wild = counts([500, 500], [100, 100]), counts([500, 500], [190, 10])
    first, second = judge([calm, wild])
    assert first.p > 0.9 > LEVEL > second.p
    assert first.psi < 0.01 < MUCH < second.psi


def test_in_a_large_window_a_small_shift_is_sure_but_not_much() -> None:
    [found] = judge([counts([10_000] * 10, [10_500] * 5 + [9_500] * 5)])
    assert found.p < 1e-6
    assert found.psi < 0.01


def test_rare_bins_are_joined_until_enough_rows_are_expected() -> None:
    found = pooled(counts([500, 480, 10, 6, 4], [40, 55, 3, 1, 1]))
    assert found.reference.tolist() == [500, 500]
    assert found.window.tolist() == [40, 60]
    assert found.labels == ("bin 0", "(rare)")


def test_a_value_that_never_changed_may_start_to() -> None:
    [found] = judge([pooled(counts([0, 1000, 0], [0, 80, 20]))])
    assert found.p < 1e-6
    assert found.psi > MUCH


def test_a_loss_within_its_error_is_chance() -> None:
    assert worse(0.0, 0.1) == 0.5
    assert worse(0.3, 0.1) < LEVEL < worse(0.2, 0.1)


def test_rows_repeated_by_the_same_entities_raise_no_alarm() -> None:
    random, times = np.random.default_rng(3), 20
    entities = pd.Series(np.repeat(np.arange(150), times))
    windows = [np.repeat(random.normal(size=150), times) for _ in range(200)]
    assert drifted([drawn(values, entities) for values in windows]) == 0
    assert drifted([drawn(values) for values in windows]) > 20  # what counting rows would cry


def test_one_loud_entity_neither_drifts_nor_blinds() -> None:
    random = np.random.default_rng(4)
    crowd, loud = random.normal(size=400), np.full(4000, 3.0)
    entities = pd.Series([*range(400), *[-7] * 4000])
    assert drifted([drawn(np.append(crowd, loud), entities)]) == 0
    assert drifted([drawn(np.append(crowd + 1, loud), entities)]) == 1


def test_rows_are_worth_what_their_entities_tell() -> None:
    once, twice = pd.Series(range(300)), pd.Series([*range(300), *range(300)])
    assert size(once, weights(once, 300)).effective == 300
    assert size(twice, weights(twice, 600)).effective == 300
    assert size(None, weights(None, 600)).effective == 600


def test_rows_about_nobody_known_stand_alone() -> None:
    assert grouped(pd.Series(["a", None, "a", None])).tolist() == [0, 1, 0, 2]

"""The statistics: how rare false alarms are, and how sharp the eyes."""

import numpy as np
import pytest
from scipy.special import ndtr

from {{ cookiecutter.package_name }}.platform.drift import LEVEL, MUCH, Question, pooled
from {{ cookiecutter.package_name }}.platform.judge import chi_square, psi

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
        window = random.multinomial(n, chances, size=windows).astype(float)
        asked = pooled(Question("x", tuple(map(str, range(11))), reference, window))
        p, much = (measure(asked.reference, asked.window) for measure in (chi_square, psi))
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


def test_the_same_shares_have_no_index() -> None:
    assert psi(np.array([90.0, 10]), np.array([900.0, 100])) == pytest.approx(0, abs=1e-3)

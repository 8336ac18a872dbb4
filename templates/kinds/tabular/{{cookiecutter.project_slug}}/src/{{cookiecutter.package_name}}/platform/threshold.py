"""From which probability on to act: the threshold that costs least on cross-validated rows."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .config import Costs

HALF = 0.5


@dataclass(frozen=True)
class Bill:
    """What a row costs on average, at the chosen threshold and at one half."""

    rows: int
    chosen: float
    half: float


@dataclass(frozen=True)
class Choice:
    """A threshold, the costs it was chosen by, and the bill on both sides of the split."""

    threshold: float
    costs: dict[str, float]
    cross_validation: Bill
    holdout: Bill

    def document(self) -> dict[str, Any]:
        """The choice as JSON holds it."""
        return asdict(self)

    def sentences(self) -> Iterator[str]:
        """The choice in words, the bill of the hold-out last."""
        false_positive, false_negative = self.costs.values()
        yield (
            f"threshold {self.threshold:.4g}, where a false positive costs {false_positive:g} "
            f"and a false negative {false_negative:g}"
        )
        for where, bill in (
            ("cross-validation", self.cross_validation),
            ("hold-out", self.holdout),
        ):
            told = f"a row costs {bill.chosen:.4g} on average, {bill.half:.4g} at 0.5"
            yield f"  {told} ({where}, {bill.rows} rows)"


def choose(truth: np.ndarray, ones: np.ndarray, costs: Costs) -> float:
    """The threshold that costs least on these rows; of equals, the nearest to `costs.balance`."""
    known = np.unique(ones)
    between = (np.append(0.0, known) + np.append(known, 1.0)) / 2
    cuts = np.append(costs.balance, between)
    spent = _spent(truth, ones, cuts, costs)
    least = cuts[np.isclose(spent, spent.min())]
    return float(least[np.abs(least - costs.balance).argmin()])


def bill(truth: np.ndarray, ones: np.ndarray, threshold: float, costs: Costs) -> Bill:
    """What acting on the rows from the threshold on, and from one half on, costs."""
    chosen, half = _spent(truth, ones, np.array([threshold, HALF]), costs) / len(truth)
    return Bill(len(truth), float(chosen), float(half))


def _spent(truth: np.ndarray, ones: np.ndarray, cuts: np.ndarray, costs: Costs) -> np.ndarray:
    """The costs of all rows at each of the cuts."""
    wanted, unwanted = np.sort(ones[truth == 1]), np.sort(ones[truth != 1])
    missed = np.searchsorted(wanted, cuts, side="left")
    alarms = len(unwanted) - np.searchsorted(unwanted, cuts, side="left")
    return np.asarray(missed * costs.false_negative + alarms * costs.false_positive)

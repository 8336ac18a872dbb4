"""
Has a window drifted from its reference? A change counts where it is certain and large.

`judge.py` answers how certain and how large it is; this holds the questions and the bars.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import erfc

LEVEL = 0.005  # the chance of a false alarm in a whole run, shared by its columns
MUCH = 0.1  # PSI
LEAST = 100  # independent rows
EXPECTED = 5.0  # in a bin
RARE = "(rare)"


@dataclass(frozen=True)
class Question:
    """Do the bins of a window come from the reference? Both hold counts of independent rows."""

    about: str
    labels: tuple[str, ...]
    reference: np.ndarray
    window: np.ndarray


@dataclass(frozen=True)
class Answer:
    """The chance of a change like this where there is none; and its population stability index."""

    p: float
    psi: float


def pooled(question: Question) -> Question:
    """The bins joined in which fewer than 5 rows are expected, two at least left.

    What is expected depends on the reference alone: bins chosen by the window would flatter it.
    """
    reference, window, labels = question.reference, question.window, question.labels
    total = reference.sum()
    fewest = min(total, float(window.sum(axis=-1).max()))
    expected = reference / total * fewest
    order = np.argsort(expected, kind="stable")
    many = min(int((expected < EXPECTED).sum()), len(order) - 1)
    if not many:
        return question
    while expected[order[:many]].sum() < EXPECTED and many < len(order) - 1:
        many += 1
    few, rest = order[:many], np.sort(order[many:])

    def joined(counts: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [counts[..., rest], counts[..., few].sum(axis=-1, keepdims=True)], axis=-1
        )

    kept = tuple(labels[place] for place in rest)
    rare = labels[few[0]] if many == 1 else RARE
    return Question(question.about, (*kept, rare), joined(reference), joined(window))


def worse(loss: float, error: float) -> float:
    """The chance of a loss this large, or larger, where there is none."""
    return float(erfc(loss / max(error, 1e-12) / np.sqrt(2)) / 2)

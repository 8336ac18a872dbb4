"""How sure a change is, and how much: Evidently's chi-square and PSI over a column's bins."""

from collections.abc import Sequence

from . import evidently
from .drift import Answer, Question


def judge(questions: Sequence[Question]) -> list[Answer]:
    """An answer for each question."""
    if not questions:
        return []
    return [Answer(**each) for each in evidently.ask("judge", questions)]

"""
Runs in Evidently's own environment: reads a question a line, writes an answer a line.

It is given counts and no rows. Nothing is sent from here: telemetry is off before Evidently is
imported, and whatever asks for a connection is refused.
"""

import json
import math
import os
import sys
from collections.abc import Callable
from typing import Any

NETWORK = {
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
    "socket.gethostbyname", "socket.gethostbyaddr",
}  # fmt: skip
TEST = "certain_and_large"
Question = dict[str, Any]


def refuse(event: str, _: tuple[Any, ...]) -> None:
    """Let nobody in this process open a connection, now or later: a hook cannot be removed."""
    if event in NETWORK:
        raise PermissionError(f"{event}: nothing is sent from here")


def judge(questions: list[Question]) -> list[dict[str, float]]:
    """The chance of each change, and its population stability index."""
    return [dict(zip(("p", "psi"), _measured(*_rows(one)), strict=True)) for one in questions]


def draw(questions: list[Question], level: float, much: float) -> str:
    """Evidently's report, a page; its verdict on a column is the monitor's."""
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.legacy.calculations.stattests import StatTest, register_stattest
    from evidently.legacy.core import ColumnType
    from evidently.legacy.utils import dashboard
    from evidently.presets import DataDriftPreset

    def certain_and_large(
        reference: Any, window: Any, _: Any, threshold: float
    ) -> tuple[float, bool]:
        p, psi = _measured(reference, window)
        return psi, p < level and psi > threshold

    shown = f"PSI; p < {level:.2g}"
    register_stattest(StatTest(TEST, shown, [ColumnType.Categorical], much), certain_and_large)
    dashboard.json = _Inert  # a word that somebody sent could end the script
    columns = {one["about"]: _rows(one) for one in questions}
    known = DataDefinition(categorical_columns=list(columns))
    reference, window = (
        Dataset.from_pandas(pd.DataFrame({n: pair[side] for n, pair in columns.items()}), known)
        for side in (0, 1)
    )
    preset = DataDriftPreset(cat_method=TEST, cat_threshold=much, drift_share=1 / len(columns))
    page: str = Report([preset]).run(window, reference).get_html_str(as_iframe=False)
    return page


class _Inert:
    """JSON that may stand in a script, whatever its texts hold."""

    @staticmethod
    def dumps(*told: Any, **how: Any) -> str:
        return json.dumps(*told, **how).replace("<", "\\u003c")


def _measured(reference: Any, window: Any) -> tuple[float, float]:
    from evidently.legacy.calculations.stattests import chi_stat_test, psi_stat_test
    from evidently.legacy.core import ColumnType

    p, psi = (
        float(test.func(reference, window, ColumnType.Categorical, 0.0)[0])
        for test in (chi_stat_test, psi_stat_test)
    )
    return (1.0 if math.isnan(p) else p), psi  # of one bin nothing can be asked


def _rows(question: Question) -> tuple[Any, Any]:
    """Rows of the reference and of the window: the names of their bins, as often as counted.

    Evidently's chi-square takes the reference for exact. A window of fewer rows is as uncertain
    against an exact reference as this one is against a sample.
    """
    import numpy as np
    import pandas as pd

    told = question["labels"]
    alike = [name for name in told if told.count(name) > 1]
    names = [f"{name} ({place})" if name in alike else name for place, name in enumerate(told)]
    before, now = (np.array(question[side]) for side in ("reference", "window"))
    now = now * before.sum() / (before.sum() + now.sum())
    reference, window = (
        pd.Series(np.repeat(np.array(names, dtype=object), np.rint(counts).astype(int)))
        for counts in (before, now)
    )
    return reference, window


def main() -> None:
    """Answer until nobody asks any more."""
    os.environ["DO_NOT_TRACK"] = "1"
    sys.addaudithook(refuse)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    wishes: dict[str, Callable[..., Any]] = {"judge": judge, "draw": draw}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            found = {"answer": wishes[asked.pop("wish")](**asked)}
        except Exception as error:  # whatever it is, who asked tells it
            found = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        answers.write(json.dumps(found) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()

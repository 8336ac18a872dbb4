"""The bars of a drafted gate: relative to guessing, and as wide as chance is on few rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from .infer import Column, Told
from .privacy import words
from .target import Target

ABOUT_PEOPLE = {"sex", "gender", "race", "ethnicity", "age", "region", "country", "state", "plan"}
FEW, TINY = 100, 50


def gate(
    target: Target, columns: list[Column], holdout: pd.DataFrame
) -> tuple[dict[str, Any], list[Told]]:
    """The settings of gate.yml, and what was decided."""
    n = len(holdout)
    metric, margin, why, told = _metric(target, holdout[target.column.name], n)
    confidence = 0.95 if n < TINY else 0.8
    slices = _slices(columns, holdout, metric)
    wide = sum(column.role == "feature" for column in columns)
    if not slices["columns"]:
        told.append(
            Told(
                "(slices)",
                f"{n} rows held out",
                "none: no column has few values with enough rows each",
                "gate.yml: `slices`",
            )
        )
    return {
        "metric": metric,
        "baseline": {"margin": margin},
        "why": why,
        "champion": {"tolerance": 0.01, "confidence": confidence, "resamples": 500},
        "slices": slices,
        "latency": {"p95_ms": 100 if wide <= 60 else 300},
    }, told


def _metric(target: Target, truth: pd.Series, n: int) -> tuple[str, float, str, list[Told]]:
    told: list[Told] = []
    if target.task == "binary":
        counts = truth.value_counts()
        few, many = int(counts.min()), int(counts.max())
        if few >= 10:
            chance = float(np.sqrt((few + many + 1) / (12 * few * many)))
            margin = max(0.02, round(chance, 2))
            if chance > 0.03:
                told.append(_noise(n, f"chance alone moves roc_auc by {chance:.2f}", margin))
            return "roc_auc", margin, "better than guessing by more than chance", told
        told.append(
            Told(
                "(gate)",
                f"{few} rows of a class held out",
                "judged by log_loss: roc_auc would be noise",
                "gate.yml: `metric`",
            )
        )
    metric = "root_mean_squared_error" if target.task == "regression" else "log_loss"
    margin = 0.02 if n >= FEW else 0.05
    if n < FEW:
        told.append(_noise(n, f"only {n} rows held out", margin))
    return metric, margin, f"an error smaller than guessing's by {margin:.0%}", told


def _noise(n: int, figure: str, margin: float) -> Told:
    done = f"the margin over guessing is {margin}" + (
        ", champions need 95 % to fall" if n < TINY else ""
    )
    return Told("(gate)", figure, done, "gate.yml: `baseline`, `champion`")


def _slices(columns: list[Column], holdout: pd.DataFrame, metric: str) -> dict[str, Any]:
    n = len(holdout)
    minimum = 50 if n >= 250 else 30
    if any(column.role in ("entity", "group") for column in columns):
        minimum *= 2  # rows of one person say less than rows of many
    found = []
    for column in columns:
        if (
            column.role != "feature"
            or column.pii
            or column.kind not in ("str", "bool", "boolean", "int")
        ):
            continue
        if not 2 <= column.facts.distinct <= 8:
            continue
        sizes = holdout[column.name].value_counts()
        if (sizes >= minimum).sum() >= 2:
            found.append(column)
    about = sorted(found, key=lambda c: not set(words(c.facts.header)) & ABOUT_PEOPLE)
    names = [column.name for column in about[:3]]
    # A slice whose values lie near the mean is guessed well by chance: no bar for a regression.
    tolerance = {"roc_auc": 0.1, "log_loss": 0.25}.get(metric)
    judged: Mapping[str, Any] = {"tolerance": tolerance} if names and tolerance else {}
    return {"columns": names, "minimum": minimum, **judged}

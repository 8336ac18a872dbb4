"""How good the predictions were, once their labels are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import config, evaluate
from .bundle import Manifest
from .columns import Status
from .drift import LEAST, LEVEL, worse
from .errors import Exit, ProjectError
from .evaluate import METRICS, SCORES, gain, quiet
from .reference import Reference, size, weights
from .schema import label
from .window import Moment, table


@dataclass(frozen=True)
class Quality:
    """The metric of the hold-out, on the predictions whose labels are due."""

    metric: str
    status: Status
    sentence: str
    due: int
    labelled: int
    before: float | None = None
    value: float | None = None
    error: float | None = None
    error_before: float | None = None
    p: float | None = None


def span(since: Moment, until: Moment) -> tuple[Moment, Moment]:
    """The window as long ago as labels take to arrive (datasets.yml)."""
    settings = config.datasets()
    delay = pd.Timedelta(days=settings.datasets[settings.training].label_delay_days)
    return (since - delay if since else None), (until - delay if until else None)


def quality(rows: pd.DataFrame, labels: Path, manifest: Manifest, reference: Reference) -> Quality:
    """What the labels say of the predictions that this version made in a window."""
    judged, names = reference.quality, _outputs(manifest)
    if judged is None or judged["error"] is None:
        told = "the hold-out of this champion gave no metric to compare with"
        return Quality("none", "insufficient", told, len(rows), 0)
    if "id" not in rows or not set(names) <= set(rows):
        sentence = "the rows have no id or no scores, so labels cannot be joined"
        hint = "give rows that `score` or the service wrote"
        raise ProjectError(sentence, hint, Exit.CANNOT)
    truth = rows["id"].astype(str).map(_labels(labels, manifest.target))
    kept = truth.notna() & rows[names].notna().all(axis=1)
    return _compare(rows[kept], truth[kept], len(rows), manifest, judged)


def _compare(
    rows: pd.DataFrame, target: pd.Series, due: int, manifest: Manifest, judged: Mapping[str, Any]
) -> Quality:
    metric, before = str(judged["metric"]), judged["value"]
    params = config.params().model_copy(update={"threshold": manifest.threshold})
    truth = _encoded(target, manifest.classes)
    outputs = rows[_outputs(manifest)].to_numpy(dtype=float)
    whom = rows["entity"] if "entity" in rows and rows["entity"].notna().any() else None
    extent = size(whom, weights(whom, len(rows)))
    facts: dict[str, Any] = {
        "due": due,
        "labelled": len(rows),
        "before": before,
        "error_before": judged["error"],
    }
    if extent.effective < LEAST:
        told = f"{extent.effective:.0f} independent labelled rows, {LEAST} are needed"
        return Quality(metric, "insufficient", told, **facts)
    measure = METRICS[manifest.task][metric]
    with quiet():
        value = evaluate.value_of(measure, truth, outputs, manifest.threshold)
        error = evaluate.error(measure, truth, outputs, params, whom)
    if value is None or error is None:
        return Quality(metric, "insufficient", f"{metric} is not defined on these labels", **facts)
    sign = 1 if metric in SCORES else -1
    p = worse(sign * (before - value), float(np.hypot(error, judged["error"])))
    status = _status(metric, value, before, p)
    told = f"{value:.4g} (± {1.96 * error:.2g}) on {len(rows)} labelled rows, {before:.4g} held out"
    return Quality(metric, status, told, **facts, value=value, error=error, p=p)


def _status(metric: str, value: float, before: float, p: float) -> Status:
    """Drift where a loss is sure and more than the gate would tolerate."""
    if p >= LEVEL:
        return "stable"
    gate = config.gate()
    tolerance = gate.champion.tolerance if gate.champion else 0.0
    return "drift" if gain(metric, value, before) < -tolerance else "notice"


def _outputs(manifest: Manifest) -> list[str]:
    return [f"output.probability_{label(n)}" for n in manifest.classes] or ["output.prediction"]


def _labels(path: Path, target: str) -> pd.Series:
    rows = table(path).rename(columns={"prediction_id": "id"})
    if not {"id", target} <= set(rows):
        raise ProjectError(
            f"{path} has no columns id and {target}",
            f"give a CSV file with the id of each prediction and its {target}",
        )
    known = rows.dropna(subset=["id", target]).drop_duplicates("id", keep="last")
    return known.set_index(known["id"].astype(str))[target]


def _encoded(target: pd.Series, classes: list[Any]) -> np.ndarray:
    """Labels as the metrics take them; a file may write a class as true, True, 1 or 1.0."""
    if not classes:
        return pd.to_numeric(target, errors="coerce").to_numpy(dtype=float)
    told = target.map(label)
    known = {label(name).lower(): name for name in classes}
    plain = told.str.lower().str.removesuffix(".0")
    return evaluate.encode(plain.map(known).where(~told.isin(map(label, classes)), told), classes)

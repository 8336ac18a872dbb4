"""What a training run writes down of itself: its manifest, its figures, and their errors."""

import json
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import bundle, evaluate
from .config import PACKAGE, Params
from .datasets import Data
from .evaluate import Evaluation, quiet
from .importance import Importance
from .split import Split
from .threshold import Choice

LIBRARIES = ("numpy", "pandas", "scikit-learn", "skops")


def manifest(root: Path, data: Data, params: Params, classes: list[Any]) -> bundle.Manifest:
    """The manifest of a bundle that is still to be written."""
    lock = root / "uv.lock"
    return bundle.Manifest(
        name=PACKAGE,
        task=params.task,
        target=params.target,
        classes=classes,
        threshold=params.threshold,
        data=data.facts(params.time),
        lock_sha256=sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None,
        python=platform.python_version(),
        versions={name: version(name) for name in LIBRARIES},
        git_commit=_git(root, "rev-parse", "HEAD") or None,
        git_dirty=bool(_git(root, "status", "--porcelain")),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def metrics(
    judged: Evaluation,
    scores: dict[str, float],
    chosen: str,
    weights: list[Importance],
    choice: Choice | None,
    parts: Split,
) -> str:
    """The content of metrics.json."""
    found = judged.document() | {
        "cross_validation": scores,
        "chosen": chosen,
        "importance": [asdict(weight) for weight in weights],
        "threshold": choice.document() if choice else None,
        "holdout_sha256": _holdout(parts),
    }
    return json.dumps(found, indent=2) + "\n"


def quality(
    parts: Split, params: Params, judged: Evaluation, outputs: np.ndarray, classes: list[Any]
) -> dict[str, Any] | None:
    """The metric on the hold-out with its error, for what production will be compared with."""
    value = judged.metrics.get(judged.metric)
    if value is None:
        return None
    truth = evaluate.encode(parts.holdout[params.target], classes)
    whom = parts.holdout[params.entity] if params.entity else None
    measure = evaluate.METRICS[params.task][judged.metric]
    with quiet():
        error = evaluate.error(measure, truth, outputs, params, whom)
    return {"metric": judged.metric, "value": value, "error": error}


def _holdout(parts: Split) -> str:
    """The sum over the rows held out: figures can be compared where it is the same."""
    rows = pd.util.hash_pandas_object(parts.holdout, index=False)
    return sha256(rows.to_numpy().tobytes()).hexdigest()


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

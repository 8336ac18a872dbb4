"""From data to a challenger: doctor, split, choice among candidates, fit, hold-out, log, bundle."""

import json
import platform
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from . import bundle, config, contract, evaluate, fit, leakage, tracking
from .calm import quiet
from .card import card
from .config import PACKAGE, Params, Workspace
from .datasets import Data, training
from .evaluate import Evaluation
from .reference import reference
from .split import Split, split

LIBRARIES = ("numpy", "pandas", "scikit-learn", "skops")


@dataclass(frozen=True)
class Training:
    """What a training run found."""

    manifest: bundle.Manifest
    chosen: str
    cross_validation: dict[str, float]
    evaluation: Evaluation
    findings: list[leakage.Finding]
    split: Split


def train(workspace: Workspace, data: Data | None = None) -> Training:
    """Train on the data and leave a challenger in the workspace."""
    params, metric = config.params(), config.gate().metric
    evaluate.check_metric(params.task, metric)
    data = data or training(workspace.root)
    parts = split(data.rows, params, data.settings.label_delay_days)
    names = fit.feature_names(params, list(data.rows.columns))
    classes = fit.find_classes(parts, params)
    findings = leakage.examine(parts, params, names, classes)
    leakage.refuse(findings)
    with quiet():
        scores = fit.cross_validate(parts.train, params, names, classes, metric)
        chosen = fit.best(scores, metric)
        model = fit.fit(parts.train, params, names, classes, chosen)
        outputs = bundle.outputs(model, parts.holdout[names], len(classes))
    judged = judge(parts, params, classes, outputs)
    manifest = _manifest(workspace.root, data, params, classes)
    from ..contracts import CONTRACT

    request = contract.request(CONTRACT, parts.train, names, params.target)
    request = replace(request, classes=tuple(classes))
    texts = {
        "request.json": request.text(),
        "reference.json": reference(request, parts.train, outputs, params.entity),
        "metrics.json": _metrics(judged, scores, chosen),
        "card.md": card(manifest, request, judged, chosen),
    }
    manifest = bundle.write(workspace.challenger, manifest, model, texts)
    run = tracking.log(workspace, manifest, params, chosen, judged, model)
    manifest = replace(manifest, run_id=run)
    bundle.stamp(workspace.challenger, manifest)
    return Training(manifest, chosen, scores, judged, findings, parts)


def judge(parts: Split, params: Params, classes: list[Any], outputs: np.ndarray) -> Evaluation:
    """What the hold-out says of a model's outputs."""
    gate = config.gate()
    known = evaluate.encode(parts.train[params.target], classes)
    return evaluate.evaluate(
        params.task,
        gate.metric,
        evaluate.encode(parts.holdout[params.target], classes),
        outputs,
        evaluate.naive(params.task, known, len(classes)),
        params.threshold,
        evaluate.parts(parts.holdout, gate.slices.columns),
    )


def _metrics(judged: Evaluation, scores: dict[str, float], chosen: str) -> str:
    found = judged.document() | {"cross_validation": scores, "chosen": chosen}
    return json.dumps(found, indent=2) + "\n"


def _manifest(root: Path, data: Data, params: Params, classes: list[Any]) -> bundle.Manifest:
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


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

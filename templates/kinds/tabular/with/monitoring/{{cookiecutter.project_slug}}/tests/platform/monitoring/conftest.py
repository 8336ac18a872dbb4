"""A champion of two hundred lines' worth: its papers are real, and it needs no model."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, config, evaluate
from {{ cookiecutter.package_name }}.platform.bundle import Manifest
from {{ cookiecutter.package_name }}.platform.config import Gate, Params
from {{ cookiecutter.package_name }}.platform.reference import reference
from {{ cookiecutter.package_name }}.platform.schema import Column, Request
from {{ cookiecutter.package_name }}.platform.split import Split

PARAMS = Params.model_validate({"task": "binary", "target": "left", "positive": "yes"})
REQUEST = Request(
    (
        Column("day", "date", loggable=True),
        Column("name", "string", pii=True),
        Column("fee", "number", loggable=True),
        Column("tickets", "integer", loggable=True),
        Column("plan", "string", alias="The Plan", categories=("basic", "pro"), loggable=True),
        Column("region", "string", nullable=True, categories=("east", "west"), loggable=True),
        Column("auto_pay", "boolean", loggable=True),
    ),
    target="left",
    classes=("no", "yes"),
    entity=Column("customer", "string", pii=True),
)
Rows = Callable[..., pd.DataFrame]


def draw(n: int, seed: int, customers: int | None = None) -> pd.DataFrame:
    """Rows of a world that does not change, with scores that rank well."""
    random = np.random.default_rng(seed)
    fee = random.gamma(4, 10, n).round(2)
    score = 1 / (1 + np.exp(2 - fee / 20))
    region = pd.Series(random.choice(["east", "west"], n, p=[0.7, 0.3])).astype(object)
    return pd.DataFrame(
        {
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(n) // 50, unit="D"),
            "name": [f"n{place}" for place in range(n)],
            "fee": fee,
            "tickets": random.poisson(0.6, n),
            "plan": random.choice(["basic", "pro"], n, p=[0.8, 0.2]).astype(object),
            "region": region.mask(random.random(n) < 0.05),
            "auto_pay": random.random(n) < 0.5,
            "customer": [f"c{place % (customers or n)}" for place in range(n)],
            "left": np.where(random.random(n) < score, "yes", "no").astype(object),
            "probability_no": 1 - score,
            "probability_yes": score,
            "prediction": np.where(score > 0.5, "yes", "no").astype(object),
        }
    )


@pytest.fixture(scope="session")
def world() -> Rows:
    return draw


@pytest.fixture(scope="session")
def champion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("champion")
    parts = Split(draw(2000, 1, customers=1600), draw(500, 2))
    outputs = parts.holdout[["probability_no", "probability_yes"]].to_numpy()
    truth = (parts.holdout["left"] == "yes").to_numpy().astype(int)
    auc = evaluate.METRICS["binary"]["roc_auc"]
    error = evaluate.error(auc, truth, outputs, PARAMS)
    told = {"metric": "roc_auc", "value": auc(truth, outputs, 0.5), "error": error}
    texts = {
        "request.json": REQUEST.text(),
        "reference.json": reference(REQUEST, parts, outputs, "customer", "day", told),
    }
    seal(folder, texts)
    return folder


def seal(folder: Path, texts: dict[str, str]) -> None:
    """A bundle of texts alone."""
    for name, text in texts.items():
        (folder / name).write_text(text)
    data: dict[str, Any] = {"name": "toy", "time_min": "2026-01-01", "time_max": "2026-02-19"}
    sums = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    model: dict[str, Any] = {"name": "toy", "task": "binary", "target": "left", "threshold": 0.5}
    model |= {"classes": ["no", "yes"], "data": data, "lock_sha256": None}
    manifest = Manifest(**model, python="3", versions={}, files=sums)
    bundle.stamp(folder, replace(manifest, version="3", digest=manifest.lasting))


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that suit the toy, whatever the project's own say."""
    gate = Gate.model_validate({"metric": "roc_auc", "champion": {"tolerance": 0.02}})
    monkeypatch.setattr(config, "gate", lambda: gate)
    monkeypatch.setattr(config, "params", lambda: PARAMS)

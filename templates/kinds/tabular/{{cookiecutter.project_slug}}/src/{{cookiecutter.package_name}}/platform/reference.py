"""What the training rows looked like (reference.json): monitoring compares the world with it."""

import json
from typing import Any

import numpy as np
import pandas as pd

from .schema import Column, Request, label

MOST_CATEGORIES = 50


def reference(request: Request, rows: pd.DataFrame, outputs: np.ndarray, entity: str | None) -> str:
    """Deciles, category counts, missing shares and scores as JSON; nothing of personal columns."""
    kept = [c for c in request.columns if not c.pii and c.type not in ("date", "datetime")]
    features = {column.name: _feature(column, rows[column.name]) for column in kept}
    document = {
        "schema": "reference/1",
        "rows": len(rows),
        "entities": int(rows[entity].nunique()) if entity else len(rows),
        "features": features,
        "scores": _scores(request, outputs),
    }
    return json.dumps(document, indent=2) + "\n"


def _feature(column: Column, values: pd.Series) -> dict[str, Any]:
    missing = float(values.isna().mean())
    known = values.dropna()
    if column.type in ("string", "boolean"):
        words = known.astype(bool).map(label) if column.type == "boolean" else known
        counts = words.value_counts().sort_index().sort_values(ascending=False, kind="stable")
        top = {str(name): int(n) for name, n in counts[:MOST_CATEGORIES].items()}
        return {"kind": "categories", "missing": missing, "counts": top,
                "other": int(counts[MOST_CATEGORIES:].sum())}  # fmt: skip
    return {"kind": "deciles", "missing": missing} | _deciles(known.to_numpy(dtype=float))


def _deciles(values: np.ndarray) -> dict[str, Any]:
    """Inner edges (a value on an edge belongs to the bin above) and the count in each bin."""
    if not len(values):
        return {"edges": [], "counts": [0]}
    edges = np.unique(np.quantile(values, np.linspace(0.1, 0.9, 9)))
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    return {"edges": edges.tolist(), "counts": counts.tolist(),
            "mean": float(values.mean()), "deviation": float(values.std())}  # fmt: skip


def _scores(request: Request, outputs: np.ndarray) -> dict[str, Any]:
    names = [label(name) for name in request.classes] or ["prediction"]
    return {name: _deciles(outputs[:, place]) for place, name in enumerate(names)}

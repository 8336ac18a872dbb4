"""A recorded training run, as whatever fills the tracking port returns it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .config import Params


@dataclass(frozen=True)
class Run:
    """A run: the settings it was given, and MANIFEST.json and metrics.json of its bundle."""

    id: str
    params: dict[str, str]
    manifest: dict[str, Any]
    metrics: dict[str, Any]


def settings(params: Params, chosen: str) -> dict[str, str]:
    """What a run was given, and the candidate that was chosen, as texts by dotted name."""
    found = {k: str(v) for k, v in _flat(params.model_dump(mode="json")) if v is not None}
    return found | {"model": chosen}


def _flat(settings: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value

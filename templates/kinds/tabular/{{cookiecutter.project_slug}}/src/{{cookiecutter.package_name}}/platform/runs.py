"""A recorded training run, as whatever fills the tracking port returns it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Run:
    """A run: the settings it was given, and MANIFEST.json and metrics.json of its bundle."""

    id: str
    params: dict[str, str]
    manifest: dict[str, Any]
    metrics: dict[str, Any]

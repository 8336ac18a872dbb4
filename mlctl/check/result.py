"""What a primitive says: whether it holds, and where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mlctl.core.standards import Standards

Place = tuple[str, int, str]


class Result(NamedTuple):
    """Whether a check holds, and the places (path, line, words) where it does not."""

    holds: bool
    places: list[Place] = []  # noqa: RUF012 (never changed)


def globs(options: Mapping[str, Any], standards: Standards) -> list[str]:
    """Return the globs of a check: given, or the list of the standards that it names."""
    said = options.get("any", options.get("path", options.get("", [])))
    if isinstance(said, str) and said.startswith("$"):
        return standards.names(said[1:])
    return [str(one) for one in said] if isinstance(said, list) else [str(said)]

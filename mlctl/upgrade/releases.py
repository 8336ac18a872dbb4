"""Versions in order, and what changed between two of them."""

from __future__ import annotations

import re
from typing import Any

from mlctl.core.platform import Platform
from mlctl.core.platform import releases as tags
from mlctl.tools.errors import printable

CHANGELOG = ("CHANGELOG.md", "changelog.md", "CHANGES.md")
_HEADING = re.compile(r"^##\s+\[?v?(?P<version>\d[\w.+-]*)\]?")


def is_release(name: str) -> bool:
    """Tell whether `name` is the name of a release, by PEP 440."""
    return _number(name) is not None


def precedes(name: str, other: str) -> bool:
    """Tell whether the release `name` comes before the release `other`; names that are none never do."""
    first, second = _number(name), _number(other)
    return first is not None and second is not None and first < second


def changelog(platform: Platform, start: str, end: str) -> list[str]:
    """Return the lines of the platform's changelog after the version `start`, up to the version `end`."""
    modes = platform.tree.modes()
    name = next((name for name in CHANGELOG if name in modes), "")
    if not name or not (is_release(start) and is_release(end)):
        return []
    found: list[str] = []
    taken = False
    for line in platform.tree.read(name).decode("utf-8", "replace").splitlines():
        heading = _HEADING.match(line)
        if heading:
            version = heading["version"]
            taken = precedes(start, version) and not precedes(end, version)
        if taken:
            found.append(printable(line))
    while found and not found[-1].strip():
        found.pop()
    return found


def _number(name: str) -> Any:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(name.rpartition("/")[2])
    except InvalidVersion:
        return None


def between(platform: Platform, start: str) -> int:
    """Return how many releases of the platform come after the version `start`, up to its own; 1 where none says."""
    from mlctl.core.tree import Commit

    whole = platform.tree.whole
    if not isinstance(whole, Commit) or not is_release(start):
        return 1
    there = tags(whole.directory)
    end = platform.version.name
    return sum(precedes(start, tag) and not precedes(end, tag) for tag in there) or 1

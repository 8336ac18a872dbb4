"""Merges of texts, as the tests of settling ask for them."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from mlctl.upgrade.settle.file import settle

LABELS = ("your-project", "platform-v2")

ITEMS = st.lists(st.sampled_from(["ruff", "mypy", "pytest", "numpy", "pandas"]), unique=True, max_size=5)


def merged(path: str, base: str, ours: str, theirs: str) -> tuple[str, int]:
    found = settle(path, base.encode(), ours.encode(), theirs.encode(), LABELS)
    assert found is not None
    return found.data.decode(), found.left


def chosen(text: str, side: str) -> str:
    """Return a merged text with the first ("1") or the second side of each clash."""
    return re.sub(r"<<<<<<< .*\n((?:.*\n)*?)=======\n((?:.*\n)*?)>>>>>>> .*\n", rf"\{side}", text)

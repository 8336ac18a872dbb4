"""What runs with bounds ends within them, and costs nothing of what the caller holds."""

from __future__ import annotations

import mmap

import pytest

from mlctl.tools.limits import MEMORY, TooMuch, bounded


def test_a_large_caller_leaves_the_call_its_memory() -> None:
    with mmap.mmap(-1, 2 * MEMORY):
        assert bounded(lambda: len(bytes(MEMORY // 2)), 5) == MEMORY // 2


def test_more_memory_than_the_bound_is_too_much() -> None:
    with pytest.raises(TooMuch, match="512 MB"):
        bounded(lambda: bytes(2 * MEMORY), 5)


def test_more_time_than_the_bound_is_too_much() -> None:
    def forever() -> None:
        while True:
            pass

    with pytest.raises(TooMuch, match="1 seconds"):
        bounded(forever, 1)


def test_a_call_within_a_call_keeps_the_outer_bound() -> None:
    assert bounded(lambda: bounded(lambda: 1, 5), 5) == 1

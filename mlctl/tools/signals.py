"""Signals that end a run: one of them does, once, and not while something is begun that the end must know of."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from typing import Any

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_holds = 0
_came = 0


def heed() -> None:
    """Let the signals that end a run raise: `KeyboardInterrupt` or `SystemExit`, and no second one in the clean-up."""
    for name in ENDING:
        if signal.getsignal(name) != signal.SIG_IGN:
            signal.signal(name, _arrive)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Let a signal that comes in the block raise as it ends."""
    global _holds
    _holds += 1
    try:
        yield
    finally:
        _holds -= 1
        if _came and not _holds:
            _end(_came)


def _arrive(number: int, frame: Any) -> None:
    global _came
    for name in ENDING:
        signal.signal(name, signal.SIG_IGN)
    _came = number
    if not _holds:
        _end(number)


def _end(number: int) -> None:
    global _came
    _came = 0  # the clean-up may start programs
    sys.unraisablehook = lambda _: None  # an object that was just being made has nothing to say as it goes
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

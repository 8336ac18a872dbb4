"""Runs a call in a child process with bounds on memory, processor and time, which Jinja2's sandbox does not give."""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import resource
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from mlctl.tools.errors import MlctlError, Unable

MEMORY = 512 * 1024 * 1024
PATIENCE = 1.6
Result = TypeVar("Result")


class TooMuch(Unable):
    """A template that needs more time or memory than one may."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the template was stopped: it needs more than {what}", "look in it for a loop or a text without end"
        )


def bounded(call: Callable[[], Result], seconds: float) -> Result:
    """Return `call()`, run in a forked child of at most `seconds` of the processor.

    The child gets `MEMORY` bytes on top of what this process holds, and `PATIENCE` times as long by the clock, for a
    busy machine.

    Raises `TooMuch` when a bound is met, and the `MlctlError` that the call raised.
    """
    receive, send = os.pipe()
    gc.freeze()
    child = os.fork()
    if child == 0:
        os.close(receive)
        _answer(call, send, seconds)
    os.close(send)
    try:
        data = _receive(receive, seconds * PATIENCE)
    finally:
        os.close(receive)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if data is None:
        raise TooMuch(f"{seconds:.0f} seconds")
    if not data:
        raise TooMuch(f"{MEMORY >> 20} MB of memory or {seconds:.0f} seconds")
    value = pickle.loads(data)
    if isinstance(value, (MlctlError, RuntimeError)):
        raise value
    return value  # type: ignore[no-any-return]


def _answer(call: Callable[[], object], send: int, seconds: float) -> None:
    """In the child: set the bounds, send what `call` returns or raises, end without the parent's clean-up."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    _, highest = resource.getrlimit(resource.RLIMIT_AS)
    memory = _held() + MEMORY
    memory = memory if highest == resource.RLIM_INFINITY else min(memory, highest)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    data = b""
    try:
        try:
            data = pickle.dumps(call(), protocol=5)
        except MlctlError as error:
            data = pickle.dumps(error, protocol=5)
        except MemoryError:
            data = b""
        except Exception as error:
            import traceback

            data = pickle.dumps(RuntimeError("".join(traceback.format_exception(error))), protocol=5)
        view = memoryview(data)
        while view:
            view = view[os.write(send, view) :]
    except BaseException:
        os._exit(1)
    os._exit(0)


def _held() -> int:
    """Return the bytes of address space that this process has already; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as told:
            return int(told.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _receive(receive: int, seconds: float) -> bytes | None:
    """Return all the child sends; nothing (None) where it did not end in time."""
    end = time.monotonic() + seconds
    pieces: list[bytes] = []
    while True:
        ready, _, _ = select.select([receive], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return None
        piece = os.read(receive, 1 << 20)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Let what runs inside take at most `seconds` of the processor, also a regular expression; then `TimeoutError`."""

    def ring(number: int, frame: object) -> None:
        raise TimeoutError

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)

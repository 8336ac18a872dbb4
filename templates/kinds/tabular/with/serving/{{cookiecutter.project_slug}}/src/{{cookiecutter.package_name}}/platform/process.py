"""The process of the service, whatever runs it: its command line, its socket, its signals."""

import argparse
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from .errors import Exit, ProjectError, boundary
from .metrics import set_up_logging

GRACE_SECONDS = 20
KEEP_ALIVE_SECONDS = 75  # longer than load balancers keep theirs, or they meet closed connections


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens, and the two lines where it can't."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        # asyncio sets TCP_NODELAY only where the protocol is named; without it answers wait 40 ms.
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        sentence = f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}"
        hint = "choose another --host or --port, or stop what listens there"
        raise ProjectError(sentence, hint, Exit.CANNOT) from None
    return listener


def _stop(*_: object) -> NoReturn:
    sys.exit(0)  # uvicorn raises the signal again once it has shut down gracefully


def start(
    run: Callable[[Path, str, int], None], arguments: Sequence[str] | None, about: str | None
) -> None:
    """Run the service as the command line says; a `ProjectError` becomes two lines on stderr."""
    parser = argparse.ArgumentParser(prog="serve", description=about)
    parser.add_argument("--bundle", type=Path, default=Path("build/champion"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    # A few rows gain nothing from more threads, which fight for the processors (p95 was double).
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    set_up_logging()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    with boundary():
        run(options.bundle, options.host, options.port)

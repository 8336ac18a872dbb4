"""Runs mlctl many times from one process that has imported it: a fork for each run, with a call that goes wrong.

Start it with the compiled `fault.c` preloaded. It reads one line of JSON for each run and answers with one: how the
run ended, once every process of it has ended.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
from mmap import mmap
from typing import Any, NoReturn

SUBREAPER, PATIENCE = 36, 60
RUN = slice(48, 56)  # where the page of fault.c holds the process that leads the run


def lead(page: mmap, asked: dict[str, Any], out: int, err: int) -> NoReturn:
    """Be mlctl: end as its process would."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it puts behind ignore it
    os.chdir(asked["cwd"])
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.alarm(PATIENCE)
    page[RUN] = os.getpid().to_bytes(8, "little")
    sys.argv[1:] = asked["arguments"]
    from mlctl.__main__ import main as mlctl

    code: object = 4
    try:
        mlctl()
    except SystemExit as end:
        code = end.code
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code if isinstance(code, int) else 1)


def ended(child: int) -> int:
    """Return the exit code of a run, below 0 for a signal, once its last process has ended."""
    code = 0
    while True:
        try:
            process, status = os.wait()
        except ChildProcessError:
            return code
        if process == child:
            code = os.waitstatus_to_exitcode(status)


def serve(page: mmap) -> None:
    """Answer every line."""
    for line in sys.stdin:
        out, err = os.memfd_create("out"), os.memfd_create("err")
        child = os.fork()
        if child == 0:
            lead(page, json.loads(line), out, err)
        said = {"code": ended(child)}
        page[RUN] = bytes(8)
        for name, handle in (("out", out), ("err", err)):
            os.lseek(handle, 0, os.SEEK_SET)
            with open(handle, encoding="utf-8", errors="replace") as text:
                said[name] = text.read()
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Import all of mlctl, then serve."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    mlctl = importlib.import_module("mlctl")
    for module in pkgutil.walk_packages(mlctl.__path__, "mlctl."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.freeze()
    with open(os.environ["FAULT_PAGE"], "r+b") as file:
        serve(mmap(file.fileno(), 0))


if __name__ == "__main__":
    main()

"""Faults at will: mlctl, run so that its n-th call that changes (or reads) a file below a folder goes wrong."""

from __future__ import annotations

import errno
import json
import mmap
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import kit

HERE = Path(__file__).parent
# the page of fault.c: count, fired, at, fault, stays, reads, run; then root, only, told
NUMBERS, NAMES = struct.Struct("7l"), 1000


@dataclass(frozen=True)
class Fault:
    """What goes wrong: an error's number (below 0: a signal), for once or from then on, in what changes or what reads.

    A signal that `stays` ends git's processes too. `only` is what the name and path of a call must hold to be counted.
    """

    name: str
    number: int
    stays: bool = False
    reads: bool = False
    only: str = ""


NOTHING = Fault("nothing", 0)


KILL = Fault("kill -9", -signal.SIGKILL, stays=True)
FAULTS = (KILL, Fault("ENOSPC", errno.ENOSPC, stays=True), Fault("EIO", errno.EIO), Fault("EACCES", errno.EACCES))
NEIGHBOURS = (
    Fault("EROFS", errno.EROFS, stays=True),
    Fault("EDQUOT", errno.EDQUOT, stays=True),
    Fault("EMFILE", errno.EMFILE),
    Fault("EINTR", errno.EINTR),
    Fault("kill -9 of mlctl alone", -signal.SIGKILL),
    Fault("SIGINT", -signal.SIGINT),
    Fault("SIGTERM", -signal.SIGTERM),
    Fault("EIO when read", errno.EIO, reads=True),
)


@dataclass(frozen=True)
class Run(kit.Result):
    """How a run ended, how many calls it made, and the one that went wrong, if any did."""

    calls: int = field(default=0, compare=False)
    struck: str = field(default="", compare=False)


@dataclass(frozen=True)
class Faulty:
    """mlctl in a process that forks for each run; `root` is the folder whose calls count."""

    process: subprocess.Popen[str]
    page: mmap.mmap
    root: Path

    def __call__(self, *arguments: str, cwd: Path, at: int = 0, fault: Fault = NOTHING) -> Run:
        """Return how `mlctl *arguments` ended, with a `fault` at its call number `at`."""
        asked = paged(self.root, fault, at)
        self.page[: len(asked)] = asked
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"arguments": arguments, "cwd": str(cwd)}) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        calls, fired, *_ = NUMBERS.unpack(self.page[: NUMBERS.size])
        struck = self.page[NUMBERS.size + 2 * NAMES :].split(b"\0")[0].decode(errors="replace")
        assert bool(fired) == bool(struck)
        return Run(said["code"], said["out"], said["err"], calls=calls, struck=struck)


def paged(root: Path, fault: Fault, at: int) -> bytes:
    """Return the page of fault.c that asks for a `fault` at call number `at` below `root`."""
    names = b"".join(text.encode().ljust(NAMES, b"\0") for text in (f"{root}/", fault.only, ""))
    return NUMBERS.pack(0, 0, at, fault.number, fault.stays, fault.reads, 0) + names


def compiled(folder: Path) -> Path:
    """Return the shim, compiled into `folder`."""
    shim = folder / "fault.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", shim, HERE / "fault.c", "-ldl"], check=True)
    return shim


@contextmanager
def faulty(shim: Path, page: Path, mlctl: kit.Mlctl, root: Path) -> Iterator[Faulty]:
    """Start the process that forks, and end it; `page` is the file that its runs share."""
    page.write_bytes(bytes(mmap.PAGESIZE))
    around = mlctl.environment({"LD_PRELOAD": str(shim), "FAULT_PAGE": str(page)})
    command = [sys.executable, "-P", str(HERE / "forks.py")]
    process = subprocess.Popen(
        command, cwd=mlctl.here, env=around, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process, page.open("r+b") as file, mmap.mmap(file.fileno(), 0) as shared:
        yield Faulty(process, shared, root)
        assert process.stdin
        process.stdin.close()

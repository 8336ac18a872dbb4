"""
A Dask cluster, named by DASK_SCHEDULER: joblib's tasks run on its workers.

The workers need the project's packages but not its code. The code that asks travels to them, an
edited feature or the sealed code of a champion, and one run at a time has them to itself.
"""

import _thread
import importlib
import io
import logging
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cloudpickle
import distributed as typed_in_part

from ..bundle import HOME, PACKAGE, source, source_sha256
from ..errors import Exit, ProjectError
from . import Backend

distributed: Any = typed_in_part
CommClosedError: Any = distributed.comm.CommClosedError
SETTING = "DASK_SCHEDULER"
PATIENCE, TURN = 30, 5  # seconds: for the cluster to answer, and for another run to end
# What a result depends on, by the names of the modules; the same there as here, or no deal.
SAME = (
    "cloudpickle", "distributed", "joblib", "numpy", "pandas", "pydantic", "scipy", "sklearn",
    "threadpoolctl", "yaml",
)  # fmt: skip


@contextmanager
def connect(address: str) -> Iterator[Backend]:
    """The workers behind a scheduler's address, for joblib's tasks inside this context."""
    import joblib

    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with _client(address) as client:
        refuse(address, client.get_versions(packages=list(SAME)))
        with _alone(address), _code(address, client), _watched(address, client):
            threads = client.nthreads()
            with joblib.parallel_config("dask", client=client):
                yield Backend(f"{len(threads)} workers of {address}", sum(threads.values()))


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise _lost(address, error) from None
    with client:
        try:
            client.wait_for_workers(1, PATIENCE)
        except TimeoutError:
            hint = f"start some in the project's environment: `uv run dask worker {address}`"
            raise ProjectError(f"{address} has no workers", hint, Exit.CANNOT) from None
        yield client


@contextmanager
def _alone(address: str) -> Iterator[None]:
    """Workers hold one code of a package at a time: two at once would mix."""
    lock = distributed.Lock(f"code of {PACKAGE}")
    if not lock.acquire(timeout=TURN):
        sentence = f"{address} works for another run of {PACKAGE}"
        raise ProjectError(sentence, "try again when that has ended", Exit.CANNOT)
    try:
        yield
    finally:
        with suppress(Exception):  # a lost scheduler holds no lock
            lock.release()


@contextmanager
def _code(address: str, client: Any) -> Iterator[None]:
    """This process's code on every worker, until the context ends."""
    code = packed()
    try:
        client.register_plugin(code)
    except Exception as error:
        why = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        sentence = f"a worker of {address} cannot import the project's code: {why}"
        hint = f"start the workers in this environment: `uv run dask worker {address}`"
        raise ProjectError(sentence, hint, Exit.CANNOT) from error
    try:
        yield
    finally:
        with suppress(Exception):
            client.unregister_worker_plugin(code.name)


@contextmanager
def _watched(address: str, client: Any) -> Iterator[None]:
    """Joblib would wait for ever for a scheduler that died: its death ends the waiting."""
    done, lost = threading.Event(), threading.Event()

    def watch() -> None:
        while not done.wait(1):
            if client.status == "closed":  # half a minute after the last word
                lost.set()
                return _thread.interrupt_main()
        return None

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    except KeyboardInterrupt:
        if lost.is_set():
            raise _lost(address, ConnectionError("the scheduler went away")) from None
        raise
    except (distributed.CancelledError, distributed.KilledWorker, CommClosedError) as error:
        raise _lost(address, error) from error
    finally:
        done.set()


def _lost(address: str, error: Exception) -> ProjectError:
    why = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
    hint = f"look at the cluster, or unset {SETTING} to compute on this machine"
    return ProjectError(f"{SETTING}={address}: {why}", hint, Exit.CANNOT)


def refuse(address: str, versions: Mapping[str, Any]) -> None:
    """Raise for a worker on which results could differ from those of this machine."""
    here = _facts(versions["client"])
    for worker, said in versions["workers"].items():
        there = _facts(said)
        odd = [name for name in here if here[name] != there[name]]
        if odd:
            what = f"{odd[0]} {there[odd[0]] or 'missing'} where this machine has {here[odd[0]]}"
            hint = f"start the workers in this environment: `uv run dask worker {address}`"
            raise ProjectError(f"the worker {worker} has {what}", hint, Exit.CANNOT)


def _facts(said: Mapping[str, Any]) -> dict[str, Any]:
    python = ".".join(said["host"]["python"].split(".")[:2])
    return {"python": python} | {name: said["packages"].get(name) for name in SAME}


class Code(distributed.WorkerPlugin):  # type: ignore[misc]
    """The code of this process, first in line on every worker, those to come included."""

    def __init__(self, package: str, name: str, packed: bytes) -> None:
        self.name, self.package = f"code of {package}", package
        self.folder, self.packed, self.path = name, packed, ""

    def setup(self, worker: Any) -> None:
        """Put the code first, and import it: a task that cannot be read would kill the worker."""
        self.path = str(Path(worker.local_directory, self.folder))
        zipfile.ZipFile(io.BytesIO(self.packed)).extractall(self.path)
        sys.path.insert(0, self.path)
        self._forget()
        for name in ("model", "platform.train", "platform.batch"):
            if Path(self.path, self.package, *name.split(".")).with_suffix(".py").is_file():
                importlib.import_module(f"{self.package}.{name}")

    def teardown(self, worker: Any) -> None:  # noqa: ARG002
        """Take the code away."""
        sys.path[:] = [path for path in sys.path if path != self.path]
        self._forget()

    def _forget(self) -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == self.package]:
            del sys.modules[name]
        importlib.invalidate_caches()


def packed() -> Code:
    """The code of this process, ready to travel."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name in source(HOME):
            file.write(HOME / name, f"{PACKAGE}/{name}")
    # By value: no worker has this module before the code that it brings.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    return Code(PACKAGE, f"{PACKAGE}-{source_sha256(HOME)[:16]}", packed.getvalue())

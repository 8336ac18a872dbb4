"""The service: `python -m PACKAGE.platform.serve --bundle FOLDER`; LitServe's workers compute."""

import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

from litserve import LitServer
from litserve.server import RegularRequestHandler
from starlette.exceptions import HTTPException

from . import bundle, predlog
from .errors import Exit, ProjectError
from .histograms import Histograms
from .metrics import log
from .process import GRACE_SECONDS, KEEP_ALIVE_SECONDS, listen, start
from .schema import Request as Schema
from .schema import label
from .service import Service, create_app
from .worker import Worker, replay

WORKERS = "SERVE_WORKERS"  # how many copies of the model compute; each takes its memory
TWO = "2"  # while one explains a row, which takes long, the other predicts
HOSTS = ("127.0.0.1", "0.0.0.0", "::")  # LitServe listens nowhere else


class Workers(Service):
    """The service whose answers LitServe's workers make; it knows the model by its description."""

    def __init__(self, folder: Path, server: LitServer, api: Worker) -> None:
        super().__init__(folder)
        self.handler = RegularRequestHandler(api, server)

    def load(self) -> None:
        """Read what the bundle says of its model; no worker takes requests before it holds one."""
        from .openapi import document

        started = time.perf_counter()
        request, task = Schema.read(self.folder / "request.json"), self.manifest["task"]
        logged = [c.name for c in request.columns if c.loggable] if predlog.store() else []
        histograms = Histograms(self.folder / "reference.json", logged)
        open_ones = [c.name for c in request.columns if c.categories and not c.closed]
        classes = [label(name) for name in request.classes]
        self.metrics.start_at_zero(classes, open_ones, *histograms.all())
        self.request, self.openapi = request, document(self.name, self.version, task, request)
        self.model = Described(self.name, self.version, task, request)  # type: ignore[assignment]
        self.metrics.load_seconds.set(time.perf_counter() - started)
        self.metrics.ready.set(1)

    async def act(self, name: str, raw: bytes) -> bytes:
        """The answer of a worker; what it counted on the way is exported here."""
        status, told, counts = await self.handler.handle_request((name, raw), tuple)
        replay(self.metrics, counts)
        if status != 200:
            raise HTTPException(status, told)
        return bytes(told)


class Described:
    """Stands for the model where only its description is asked for."""

    def __init__(self, name: str, version: str, task: str, request: Schema) -> None:
        from .inference import inputs, metadata, outputs

        told = inputs(request.columns), outputs(task, request.classes)
        self.about = metadata(name, version, *told)

    def metadata(self) -> dict[str, Any]:
        """The model as the protocol describes it."""
        return self.about

    def close(self) -> None:
        """Nothing: a worker writes its own log to the end."""


def run(folder: Path, host: str, port: int) -> None:
    """Serve until a signal; the model is loaded by each worker, then the first request is taken."""
    bundle.read(folder)  # what is wrong with it is told here, in two lines
    host, port = _place(host, port)
    api = Worker(folder)
    server = LitServer(api, accelerator="cpu", workers_per_device=_workers(), timeout=False)
    service = Workers(folder, server, api)
    server.app.router.routes.clear()  # LitServe's own would hand anything to a worker
    server.app.setup()
    create_app(service, server.app)
    server.app.router.lifespan_context = _lifespan(service, server, f"http://{host}:{port}")
    server.uvicorn_graceful_timeout = GRACE_SECONDS
    log.info("listening on http://%s:%d, loading %s %s", host, port, service.name, service.version)
    options: dict[str, Any] = {"timeout_keep_alive": KEEP_ALIVE_SECONDS, "access_log": False}
    signal.signal(signal.SIGTERM, _interrupt(os.getpid()))
    try:
        server.run(
            host=host, port=port, num_api_servers=1, api_server_worker_type="process",
            log_level="warning", generate_client_file=False, pretty_logs=False,
            server_header=False, **options,
        )  # fmt: skip
    except KeyboardInterrupt:  # it was told to stop while the workers load
        for process in server.inference_workers:
            process.terminate()
    except RuntimeError as error:  # of a worker that did not come up; it told why
        raise ProjectError(str(error).lower(), "read the lines above", Exit.CANNOT) from None


def _interrupt(first: int) -> Callable[..., NoReturn]:
    """End as on Ctrl-C: LitServe hangs in its queues where it is left by any other way."""

    def end(*_: object) -> NoReturn:
        if os.getpid() == first:
            raise KeyboardInterrupt
        sys.exit(0)  # the process that answers inherits the handler

    return end


def _lifespan(service: Service, server: LitServer, url: str) -> Any:
    """LitServe's own start and end, and the model's in the process that answers."""

    def load() -> None:
        service.load()
        log.info("%s %s is ready, try\n%s", service.name, service.version, service.curl(url))

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        threading.Thread(target=load, daemon=True).start()
        async with server.lifespan(app):
            yield
        service.close()

    return lifespan


def _place(host: str, port: int) -> tuple[str, int]:
    """Where to listen, a free port for none; told in two lines where that can't be."""
    if host not in HOSTS:
        raise ProjectError(f"LitServe can't listen on {host}", f"choose one of {', '.join(HOSTS)}")
    with listen(host, port) as found:
        number = int(found.getsockname()[1])
    if number < 1024:
        raise ProjectError(f"LitServe can't listen on port {port}", "choose one from 1024 on")
    return host, number


def _workers() -> int:
    said = os.environ.get(WORKERS, TWO)
    if not said.isdecimal() or int(said) < 1:
        raise ProjectError(
            f"{WORKERS} is '{said}'", "set it to a whole number from 1 on", Exit.CANNOT
        )
    return int(said)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the process."""
    start(run, arguments, __doc__)


if __name__ == "__main__":
    main()

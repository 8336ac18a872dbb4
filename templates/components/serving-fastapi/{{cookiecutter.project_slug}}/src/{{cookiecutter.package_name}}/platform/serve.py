"""The service: `python -m PACKAGE.platform.serve --bundle FOLDER` reads nothing but that bundle."""

import argparse
import asyncio
import json
import os
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .errors import Exit, ProjectError, boundary
from .metrics import CONTENT_TYPE, Metrics, Observed, log, set_up_logging

if TYPE_CHECKING:
    from .inference import Model

MAX_BYTES = 10 * 1024 * 1024
GRACE_SECONDS = 20
KEEP_ALIVE_SECONDS = 75  # longer than load balancers keep theirs, or they meet closed connections
VERSION_FACTS = (
    "name",
    "version",
    "task",
    "digest",
    "created_at",
    "git_commit",
    "python",
    "versions",
)


class Service:
    """One model behind HTTP: its manifest is known at once, the model itself when it is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.manifest = folder, _manifest(folder)
        self.name, self.version = self.manifest["name"], str(self.manifest["version"])
        facts = ("name", "version", "digest", "git_commit")
        self.metrics = Metrics({fact: str(self.manifest.get(fact) or "") for fact in facts})
        self.model: Model | None = None
        self.openapi: dict[str, Any] = {}
        # scikit-learn computes: more threads than processors only make each answer slower.
        self.threads = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="predict")
        # An explanation takes as long as thousands of predictions, which shall not wait behind it.
        self.patient = ThreadPoolExecutor(1, thread_name_prefix="explain")

    def load(self) -> None:
        """Load the model, which takes seconds: scikit-learn and skops are imported here."""
        from .inference import Model
        from .openapi import document

        started = time.perf_counter()
        model = Model(self.folder, self.metrics)
        request = model.bundle.request
        self.openapi = document(self.name, self.version, self.manifest["task"], request)
        self.model = model
        self.metrics.load_seconds.set(time.perf_counter() - started)
        self.metrics.ready.set(1)

    def close(self) -> None:
        """Let go of the model; what it still has to log is written."""
        if self.model is not None:
            self.model.close()

    def loaded(self) -> "Model":
        """The model; raises 503 until there is one."""
        if self.model is None:
            raise HTTPException(503, "the model is loading", {"Retry-After": "1"})
        return self.model

    def curl(self, url: str) -> str:
        """The line that asks for a prediction of the example row."""
        body = json.dumps({"instances": [self.loaded().bundle.request.example()]})
        return f"curl {url}/predict -H 'Content-Type: application/json' -d {shlex.quote(body)}"

    def document(self) -> dict[str, Any]:
        self.loaded()
        return self.openapi

    async def healthz(self) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(self) -> Response:
        self.loaded()
        return JSONResponse({"status": "ready"})

    async def about(self) -> Response:
        return JSONResponse({fact: self.manifest[fact] for fact in VERSION_FACTS})

    async def scrape(self) -> Response:
        return Response(self.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def predict(self, request: Request) -> Response:
        return await self._run(request, self.loaded().predict, self.threads)

    async def explain(self, request: Request) -> Response:
        return await self._run(request, self.loaded().explain, self.patient)

    async def server(self) -> Response:
        return JSONResponse({"name": self.name, "version": self.version, "extensions": []})

    async def live(self) -> Response:
        return JSONResponse({"live": True})

    async def ready(self) -> Response:
        up = self.model is not None
        return JSONResponse({"live": True, "ready": up}, 200 if up else 503)

    async def model_metadata(self, request: Request) -> Response:
        self._same_model(request)
        return JSONResponse(self.loaded().metadata())

    async def model_ready(self, request: Request) -> Response:
        self._same_model(request)
        up = self.model is not None
        return JSONResponse({"name": self.name, "ready": up}, 200 if up else 503)

    async def infer(self, request: Request) -> Response:
        self._same_model(request)
        return await self._run(request, self.loaded().infer, self.threads)

    def _same_model(self, request: Request) -> None:
        asked = (
            request.path_params["model_name"],
            request.path_params.get("model_version", self.version),
        )
        if asked != (self.name, self.version):
            raise HTTPException(404, f"this service holds {self.name} {self.version} alone")

    async def _run(
        self, request: Request, act: Callable[[bytes], bytes], threads: ThreadPoolExecutor
    ) -> Response:
        raw = await _body(request)
        answer = await asyncio.get_running_loop().run_in_executor(threads, act, raw)
        return Response(answer, media_type="application/json")


def create_app(service: Service) -> FastAPI:
    """The application; its OpenAPI document is written by hand (see openapi.py)."""
    app = FastAPI(title=service.name, version=service.version, redirect_slashes=False)
    app.openapi = service.document  # type: ignore[method-assign]
    app.add_middleware(Observed, metrics=service.metrics)
    app.add_exception_handler(HTTPException, refuse)
    app.add_exception_handler(Exception, crash)
    model = "/v2/models/{model_name}"
    gets: dict[str, Callable[..., Any]] = {
        "/healthz": service.healthz,
        "/readyz": service.readyz,
        "/version": service.about,
        "/metrics": service.scrape,
        "/v2": service.server,
        "/v2/health/live": service.live,
        "/v2/health/ready": service.ready,
        model: service.model_metadata,
        f"{model}/ready": service.model_ready,
        f"{model}/versions/{{model_version}}": service.model_metadata,
        f"{model}/versions/{{model_version}}/ready": service.model_ready,
    }
    for path, answer in gets.items():
        app.add_api_route(path, answer, methods=["GET"], response_model=None)
    posts: dict[str, Callable[..., Any]] = {
        "/predict": service.predict,
        "/explain": service.explain,
        f"{model}/infer": service.infer,
        f"{model}/versions/{{model_version}}/infer": service.infer,
    }
    for path, answer in posts.items():
        app.add_api_route(path, answer, methods=["POST"], response_model=None)
    return app


async def refuse(request: Request, error: Exception) -> Response:
    """A refusal as JSON: `{"error": …}` in the protocol, `{"detail": …}` elsewhere."""
    assert isinstance(error, HTTPException)
    key = "error" if f"{request.url.path}/".startswith("/v2/") else "detail"
    return JSONResponse({key: error.detail}, error.status_code, error.headers)


async def crash(request: Request, _: Exception) -> Response:
    """What nobody foresaw; the traceback goes to the log and never to the caller."""
    return await refuse(request, HTTPException(500, "the service failed on this request"))


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" or "content-encoding" in request.headers:
        raise HTTPException(415, "send plain JSON with `Content-Type: application/json`")
    if int(request.headers.get("content-length", 0)) > MAX_BYTES:
        raise HTTPException(413, f"the body is larger than {MAX_BYTES} bytes")
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MAX_BYTES:
                raise HTTPException(413, f"the body is larger than {MAX_BYTES} bytes")
    except ClientDisconnect:
        raise HTTPException(400, "the client went away") from None
    return bytes(raw)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "MANIFEST.json").read_bytes())
    except (OSError, ValueError):
        hint = "run `train` and `promote` first, or name another folder with --bundle"
        raise ProjectError(f"there is no bundle in {folder}", hint, Exit.CANNOT) from None
    return found


def _listen(host: str, port: int) -> socket.socket:
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


def run(folder: Path, host: str, port: int) -> None:
    """Serve until a signal, finishing the requests under way; raises what loading raised."""
    service = Service(folder)
    listener = _listen(host, port)
    failure: list[Exception] = []
    config = uvicorn.Config(
        create_app(service),
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    url = "http://{}:{}".format(*listener.getsockname()[:2])

    def load() -> None:
        try:
            service.load()
            log.info("%s %s is ready, try\n%s", service.name, service.version, service.curl(url))
        except Exception as error:
            failure.append(error)
            server.should_exit = True

    threading.Thread(target=load, daemon=True).start()
    log.info("listening on %s, loading %s %s", url, service.name, service.version)
    try:
        server.run(sockets=[listener])
    finally:  # a signal leaves by SystemExit
        service.close()
    if failure:
        raise failure[0]


def _stop(*_: object) -> NoReturn:
    sys.exit(0)  # uvicorn raises the signal again once it has shut down gracefully


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the process; a `ProjectError` becomes two lines on stderr."""
    parser = argparse.ArgumentParser(prog="serve", description=__doc__)
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


if __name__ == "__main__":
    main()

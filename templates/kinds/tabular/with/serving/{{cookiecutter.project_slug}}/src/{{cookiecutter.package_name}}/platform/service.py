"""What the service answers: routes, refusals, and the model behind them once it is loaded."""

import asyncio
import json
import os
import shlex
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .errors import Exit, ProjectError
from .metrics import CONTENT_TYPE, Metrics, Observed

if TYPE_CHECKING:
    from .inference import Model
    from .schema import Request as Schema

MAX_BYTES = 10 * 1024 * 1024
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
        self.request: Schema | None = None
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
        self.request = model.bundle.request
        self.openapi = document(self.name, self.version, self.manifest["task"], self.request)
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
        assert self.request
        body = json.dumps({"instances": [self.request.example()]})
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
        return await self._run(request, "predict")

    async def explain(self, request: Request) -> Response:
        return await self._run(request, "explain")

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
        return await self._run(request, "infer")

    def _same_model(self, request: Request) -> None:
        asked = (
            request.path_params["model_name"],
            request.path_params.get("model_version", self.version),
        )
        if asked != (self.name, self.version):
            raise HTTPException(404, f"this service holds {self.name} {self.version} alone")

    async def act(self, name: str, raw: bytes) -> bytes:
        """The answer of the model to a body: `predict`, `explain` or `infer`."""
        threads = self.patient if name == "explain" else self.threads
        act: Callable[[bytes], bytes] = getattr(self.loaded(), name)
        return await asyncio.get_running_loop().run_in_executor(threads, act, raw)

    async def _run(self, request: Request, name: str) -> Response:
        self.loaded()
        answer = await self.act(name, await _body(request))
        return Response(answer, media_type="application/json")


def create_app(service: Service, app: FastAPI | None = None) -> FastAPI:
    """The application, or `app` made one; its OpenAPI document is by hand (see openapi.py)."""
    app = app or FastAPI(title=service.name, version=service.version, redirect_slashes=False)
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

"""The step of the service: started, asked, timed and stopped."""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from select import select
from typing import Any

import numpy as np
import pandas as pd

from .. import bundle, predlog
from ..errors import Exit, ProjectError
from ..schema import Column, listed, typed
from . import Context

ROWS, SKEW, CALLS, PATIENCE = 200, 1e-9, 200, 120


def service(context: Context) -> None:
    """the champion answers over HTTP, as it does in this process, and stops when told"""
    champion = bundle.load(context.workspace.champion)
    rows = context.data.rows.tail(ROWS)
    build = context.workspace.build
    with serving(champion.path, build / "serve.log", build / "predictions") as running:
        seconds = running.wait()
        body = {"instances": instances(champion.request.columns, rows)}
        plain, tensors = (
            running.predictions(body),
            running.inference(champion.request.columns, body),
        )
        p50, p95 = running.latency({"instances": body["instances"][:1]})
    here = champion.predict(rows).select_dtypes("number").to_numpy()
    skew = max(float(np.abs(here - there).max(initial=0)) for there in (plain, tensors))
    if skew > SKEW:
        hint = "compare request.frame with schema.typed"
        raise ProjectError(f"HTTP and process differ by {skew}", hint, Exit.CANNOT)
    found, asked = predlog.read(build / "predictions"), 2 * len(rows) + CALLS
    found = found[found["source"] == "http"]
    if len(found) != asked:
        hint = "read serve.log beside it"
        raise ProjectError(f"{len(found)} of {asked} predictions are logged", hint, Exit.CANNOT)
    columns = sum(str(name).startswith("feature.") for name in found)
    told = f"all {asked} predictions, {columns} of {len(champion.request.columns)} columns"
    context.tell("logged", told, rows=asked, columns=columns)
    context.tell("served", f"ready in {seconds:.1f} s, stopped cleanly", ready_seconds=seconds)
    context.tell("skew over HTTP", f"{skew:.1g} on {len(rows)} rows, two protocols", skew=skew)
    context.tell("p95 of a row", f"{p95:.0f} ms over HTTP (p50 {p50:.0f})", p50_ms=p50, p95_ms=p95)


class Service:
    """A running service, called over one kept-alive connection."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process, self.log = process, log
        self.url = self._find("http://127.0.0.1:")
        self.connection = HTTPConnection(self.url.removeprefix("http://"), timeout=30)

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """The status and the JSON (or text) of an answer."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        idle = self.connection.sock
        if idle and select([idle], [], [], 0)[0]:
            self.connection.close()  # the service let go of it; the request opens another
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        raw = answer.read()
        kind = answer.headers.get_content_type()
        return answer.status, json.loads(raw) if kind == "application/json" else raw.decode()

    def post(self, path: str, body: Any) -> Any:
        """The document of an answer that must be 200."""
        status, document = self.call("POST", path, json.dumps(body).encode())
        if status != 200:
            raise ProjectError(f"{path} answered {status}: {document}", f"read {self.log}")
        return document

    def wait(self) -> float:
        """The seconds until the model was loaded."""
        start = time.perf_counter()
        while not self._ready():
            self._alive(start)
        return time.perf_counter() - start

    def _ready(self) -> bool:
        try:
            return self.call("GET", "/readyz")[0] == 200
        except ConnectionError:  # some servers load first and listen then
            self.connection.close()
            return False

    def predictions(self, body: Any) -> np.ndarray:
        """The numbers of `/predict`, a row each."""
        rows = self.post("/predict", body)["predictions"]
        numbers = [r.get("probabilities") or {"": r["prediction"]} for r in rows]
        return np.array([list(found.values()) for found in numbers], dtype=float)

    def inference(self, columns: Sequence[Column], body: Any) -> np.ndarray:
        """The numbers of the Open Inference Protocol for the same rows."""
        model = self.call("GET", "/version")[1]["name"]
        types = {t["name"]: t for t in self.call("GET", f"/v2/models/{model}")[1]["inputs"]}
        rows = body["instances"]
        inputs = [
            {**types[c.header], "shape": [len(rows)], "data": [row[c.header] for row in rows]}
            for c in columns
        ]
        outputs = self.post(f"/v2/models/{model}/infer", {"inputs": inputs})["outputs"]
        return np.array([t["data"] for t in outputs if t["datatype"] == "FP64"], dtype=float).T

    def latency(self, body: Any) -> tuple[float, float]:
        """The median and the 95th percentile of calls one after another, in milliseconds."""
        times = []
        for _ in range(CALLS):
            start = time.perf_counter()
            self.post("/predict", body)
            times.append(1000 * (time.perf_counter() - start))
        return float(np.percentile(times, 50)), float(np.percentile(times, 95))

    def _find(self, start: str) -> str:
        began = time.perf_counter()
        while start not in (text := self.log.read_text()):
            self._alive(began)
        return start + text.partition(start)[2].partition(",")[0]

    def _alive(self, start: float) -> None:
        if self.process.poll() is not None or time.perf_counter() - start > PATIENCE:
            last = (self.log.read_text().strip().splitlines() or ["nothing"])[-1]
            raise ProjectError(
                f"the service does not start: {last}", f"read {self.log}", Exit.CANNOT
            )
        time.sleep(0.02)


@contextmanager
def serving(folder: Path, log: Path, predictions: Path | None = None) -> Iterator[Service]:
    """A service of the bundle, run by the bundle's own code on a free port; stopped at the end.

    Its predictions are logged where `predictions` says, and never in the project's own log.
    """
    command = [*bundle.command(folder, "serve"), "--bundle", str(folder), "--port", "0"]
    with log.open("wb") as stream:
        own = bundle.environment(folder) | {predlog.URI: str(predictions or "")}
        process = subprocess.Popen(command, env=own, stderr=stream)
    try:
        yield Service(process, log)
    finally:
        process.terminate()
        code = process.wait(timeout=PATIENCE)
    if code:
        raise ProjectError(f"the service stopped with {code}", f"read {log}", Exit.CANNOT)


def instances(columns: Sequence[Column], rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as a client would post them."""
    values = listed(typed(rows, columns), columns).values()
    names = [column.header for column in columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


STEPS = {60: service}

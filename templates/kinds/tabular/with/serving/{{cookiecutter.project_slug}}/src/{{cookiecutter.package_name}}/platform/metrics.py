"""What the service tells: metrics, by the names that alert rules use, and a line per request."""

import json
import logging
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("serve")

REQUESTS = "http_requests_total"
LATENCY = "http_request_duration_seconds"
PREDICTIONS = "model_predictions_total"
FAILURES = "model_failures_total"
UNSEEN = "model_unseen_categories_total"
MISSING = "model_missing_values_total"
READY = "model_ready"
LOAD_SECONDS = "model_load_seconds"
INFO = "model_info"
FEATURES = "model_feature_values_total"
SCORES = "model_scores_total"
LOGGED = "prediction_log_rows_total"
LOST = "prediction_log_lost_rows_total"
NAMES = (
    REQUESTS, LATENCY, PREDICTIONS, FAILURES, UNSEEN, MISSING, READY, LOAD_SECONDS, INFO,
    FEATURES, SCORES, LOGGED, LOST,
)  # fmt: skip

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
PROBES = {"/healthz", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready"}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}


Bins = Iterable[tuple[str, str]]


class Metrics:
    """The instruments of one service, in a registry of their own."""

    def __init__(self, info: Mapping[str, str]) -> None:
        self.registry = own = CollectorRegistry()
        ProcessCollector(registry=own)
        self.requests = Counter(
            REQUESTS, "Requests answered.", ["route", "method", "status"], registry=own
        )
        self.latency = Histogram(
            LATENCY, "Seconds from request to answer.", ["route"], buckets=BUCKETS, registry=own
        )
        self.predictions = Counter(
            PREDICTIONS, "Rows predicted, by class.", ["class"], registry=own
        )
        self.failures = Counter(FAILURES, "Requests the model could not answer.", registry=own)
        self.unseen = Counter(
            UNSEEN, "Values of a category unseen in training.", ["column"], registry=own
        )
        self.missing = Counter(MISSING, "Values sent as null.", ["column"], registry=own)
        self.features = Counter(
            FEATURES, "Values by their bin in reference.json, of columns that are not logged.",
            ["column", "bin"], registry=own,
        )  # fmt: skip
        self.scores = Counter(
            SCORES, "Scores by their bin in reference.json.", ["class", "bin"], registry=own
        )
        self.logged = Counter(LOGGED, "Rows written to the prediction log.", registry=own)
        self.lost = Counter(LOST, "Rows the prediction log could not take.", registry=own)
        self.ready = Gauge(READY, "1 once the model is loaded.", registry=own)
        self.load_seconds = Gauge(LOAD_SECONDS, "Seconds it took to load the model.", registry=own)
        Gauge(INFO, "The model served; always 1.", list(info), registry=own).labels(**info).set(1)

    def start_at_zero(
        self, classes: Sequence[str], columns: Sequence[str], features: Bins, scores: Bins
    ) -> None:
        """Export every known label from the start, so that a rate over them has a first value."""
        for label in classes or ["value"]:
            self.predictions.labels(label)
        for column in columns:
            self.unseen.labels(column)
        for pair in features:
            self.features.labels(*pair)
        for pair in scores:
            self.scores.labels(*pair)

    def text(self) -> bytes:
        """What Prometheus scrapes."""
        return generate_latest(self.registry)


class Observed:
    """Middleware that counts, times and logs requests by the template of their route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status = time.perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            self._tell(scope, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        # Labels must stay few: the route's template for the path, and no methods of one's own.
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.requests.labels(route, method, str(status)).inc()
        self.metrics.latency.labels(route).observe(seconds)
        if route not in PROBES:
            fields = {"method": method, "route": route, "status": status}
            fields["milliseconds"] = round(1000 * seconds, 2)
            log.info("%s %s %d", method, route, status, extra={"fields": fields})


class JsonLines(logging.Formatter):
    """One JSON object a line, as log collectors read them."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line | getattr(record, "fields", {}))


def set_up_logging() -> None:
    """Log to stderr: plain text to a terminal, JSON lines to anything else."""
    handler = logging.StreamHandler(sys.stderr)
    if not sys.stderr.isatty():
        handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    log.setLevel(logging.INFO)

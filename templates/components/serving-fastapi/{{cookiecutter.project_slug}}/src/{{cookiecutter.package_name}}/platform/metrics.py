"""What the service measures; alert rules and dashboards use these names."""

from collections.abc import Mapping, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

REQUESTS = "http_requests_total"
LATENCY = "http_request_duration_seconds"
PREDICTIONS = "model_predictions_total"
FAILURES = "model_failures_total"
UNSEEN = "model_unseen_categories_total"
MISSING = "model_missing_values_total"
READY = "model_ready"
LOAD_SECONDS = "model_load_seconds"
INFO = "model_info"
NAMES = (REQUESTS, LATENCY, PREDICTIONS, FAILURES, UNSEEN, MISSING, READY, LOAD_SECONDS, INFO)

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


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
        self.ready = Gauge(READY, "1 once the model is loaded.", registry=own)
        self.load_seconds = Gauge(LOAD_SECONDS, "Seconds it took to load the model.", registry=own)
        Gauge(INFO, "The model served; always 1.", list(info), registry=own).labels(**info).set(1)

    def start_at_zero(self, classes: Sequence[str], columns: Sequence[str]) -> None:
        """Export every known label from the start, so that a rate over them has a first value."""
        for label in classes or ["value"]:
            self.predictions.labels(label)
        for column in columns:
            self.unseen.labels(column)

    def text(self) -> bytes:
        """What Prometheus scrapes."""
        return generate_latest(self.registry)

"""The last report as Prometheus gauges: in a text file for node exporter, or on a port."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

from prometheus_client import CollectorRegistry, start_http_server, write_to_textfile
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from .columns import ORDER
from .errors import Exit, ProjectError
from .monitor import Report

DRIFT = "model_drift"
COLUMNS = "model_drift_columns"
PSI = "model_drift_psi"
MISSING = "model_missing_ratio"
NEW = "model_new_values_ratio"
ROWS = "model_window_rows"
INDEPENDENT = "model_window_independent_rows"
QUALITY = "model_quality"
EXPECTED = "model_quality_expected"
DEGRADED = "model_quality_degraded"
LABELLED = "model_labelled_ratio"
LOOKED = "model_monitor_timestamp_seconds"
INFO = "model_monitor_info"
NAMES = (
    DRIFT, COLUMNS, PSI, MISSING, NEW, ROWS, INDEPENDENT, QUALITY, EXPECTED, DEGRADED, LABELLED,
    LOOKED, INFO,
)  # fmt: skip


class Latest(Collector):
    """What Prometheus reads: the gauges of the latest report, none before the first."""

    def __init__(self, report: Report | None = None) -> None:
        self.report = report

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges, each with the model as a label: a node may keep files of several."""
        if self.report:
            yield from _window(self.report)
            yield from _columns(self.report)
            yield from _quality(self.report)


def write(report: Report, path: Path) -> None:
    """Put the gauges where node exporter's textfile collector finds them, all at once."""
    if path.suffix != ".prom":
        sentence = f"--prometheus: {path} does not end in .prom, so node exporter would not read it"
        raise ProjectError(sentence, f"name it {path.with_suffix('.prom').name}")
    registry = CollectorRegistry()
    registry.register(Latest(report))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(path), registry)


def serve(look: Callable[[], Report], port: int, minutes: float, stop: Event) -> None:
    """Look again and again, and answer on /metrics, until told to stop."""
    latest, registry = Latest(), CollectorRegistry()
    registry.register(latest)
    try:
        server, _ = start_http_server(port, registry=registry)
    except OSError as error:
        sentence = f"port {port} cannot be opened: {error.strerror}"
        raise ProjectError(sentence, "name another with --serve", Exit.CANNOT) from None
    sys.stderr.write(f"gauges on http://127.0.0.1:{server.server_port}/metrics\n")
    while not stop.is_set():
        try:
            latest.report = look()
            sys.stderr.write(f"{latest.report.sentence}\n")
        except ProjectError as error:  # an alert on the age of the gauges tells who does not read
            sys.stderr.write(f"error: {error.sentence}\n hint: {error.hint}\n")
        stop.wait(60 * minutes)
    server.shutdown()


def _window(report: Report) -> Iterator[GaugeMetricFamily]:
    model, found = report.manifest.name, report.window
    told = {
        DRIFT: ("1 if the window drifted from the reference.", float(bool(report.drifted))),
        ROWS: ("Rows in the window.", found.rows),
        INDEPENDENT: ("Independent rows that the window is worth.", found.effective),
        LOOKED: ("When the window was looked at.", report.made_at.timestamp()),
    }
    for name, (about, value) in told.items():
        gauge = GaugeMetricFamily(name, about, labels=["model"])
        gauge.add_metric([model], value)
        yield gauge
    info = GaugeMetricFamily(
        INFO, "The model compared with; always 1.", labels=["model", "version", "digest"]
    )
    info.add_metric([model, report.manifest.version, report.manifest.digest], 1)
    yield info


def _columns(report: Report) -> Iterator[GaugeMetricFamily]:
    model, statuses = report.manifest.name, Counter(column.status for column in report.columns)
    counts = GaugeMetricFamily(COLUMNS, "Columns by verdict.", labels=["model", "status"])
    for status in ORDER:
        counts.add_metric([model, status], statuses[status])
    yield counts
    labels = ["model", "column"]
    psi = GaugeMetricFamily(PSI, "Population stability index.", labels=labels)
    missing = GaugeMetricFamily(MISSING, "Share of missing values.", labels=labels)
    new = GaugeMetricFamily(NEW, "Share of values that training did not know.", labels=labels)
    for column in report.columns:
        if column.psi is not None:
            psi.add_metric([model, column.name], column.psi)
            missing.add_metric([model, column.name], column.missing)
            new.add_metric([model, column.name], column.unseen)
    yield from (psi, missing, new)


def _quality(report: Report) -> Iterator[GaugeMetricFamily]:
    if report.quality is None:
        return
    model, found = report.manifest.name, report.quality
    for name, about, value in (
        (QUALITY, "The metric on predictions whose labels are known.", found.value),
        (EXPECTED, "The metric on the hold-out of training.", found.before),
    ):
        gauge = GaugeMetricFamily(name, about, labels=["model", "metric"])
        if value is not None:
            gauge.add_metric([model, found.metric], value)
        yield gauge
    degraded = GaugeMetricFamily(DEGRADED, "1 if quality was lost.", labels=["model"])
    degraded.add_metric([model], float(found.status == "drift"))
    labelled = GaugeMetricFamily(LABELLED, "Share of due rows with a label.", labels=["model"])
    if found.due:
        labelled.add_metric([model], found.labelled / found.due)
    yield from (degraded, labelled)

"""The verb `monitor`."""

import signal
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

LOG = typer.Option(envvar="PREDICTION_LOG_URI", help="the prediction log")


def monitor(
    log: Annotated[str, LOG] = "",
    input: Annotated[Path | None, typer.Option(help="scored rows instead, CSV or Parquet")] = None,  # noqa: A002
    since: Annotated[str, typer.Option(help="2026-01-31 or 7d; of a log, its last 7 days")] = "",
    until: Annotated[str, typer.Option(help="2026-01-31 or 1h; now if left out")] = "",
    labels: Annotated[Path | None, typer.Option(help="a file of id and target")] = None,
    json: Annotated[Path | None, typer.Option(help="write the report here")] = None,
    html: Annotated[Path | None, typer.Option(help="draw it here, one file with plots")] = None,
    prometheus: Annotated[Path | None, typer.Option(help="node exporter's .prom file")] = None,
    serve: Annotated[int | None, typer.Option(help="go on, with gauges on this port")] = None,
    every: Annotated[float, typer.Option(min=0.01, help="minutes between looks")] = 60,
    simulate_drift: Annotated[bool, typer.Option("--simulate-drift", help="rehearse it")] = False,
    deviations: Annotated[float, typer.Option(min=1, help="how far, in a rehearsal")] = 1,
) -> None:
    """Hold production against training: features, scores, late labels (exit 10 on drift)."""
    from ..platform.config import Workspace
    from ..platform.look import Look, keep, lines

    shift = deviations if simulate_drift else 0
    look = Look(Workspace.here(), log, input, since, until, labels, shift)
    if serve is not None:
        from ..platform import gauges
        from ..platform.monitor import Report

        def again() -> Report:
            report = look.report()
            keep(report, json, html, prometheus)
            return report

        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        return gauges.serve(again, serve, every, stop)
    report = look.report()
    keep(report, json, html, prometheus)
    for line in lines(report):
        typer.echo(line)
    if report.drifted:
        raise report.error
    return None

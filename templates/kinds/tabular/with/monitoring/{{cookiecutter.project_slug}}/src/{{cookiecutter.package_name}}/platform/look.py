"""One look at production, as the verb `monitor` asks for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from . import bundle, champion, config
from .config import Workspace
from .datasets import Data, training
from .errors import Exit, ProjectError
from .monitor import Report, monitor
from .reference import Reference
from .schema import Request
from .split import split
from .window import Change, Source, logged, moment, replayed, scored, shift

DAYS = pd.Timedelta(days=7)


@dataclass(frozen=True)
class Look:
    """What to look at; `deviations` above 0 rehearse a drift."""

    workspace: Workspace
    log: str = ""
    input: Path | None = None
    since: str = ""
    until: str = ""
    labels: Path | None = None
    deviations: float = 0.0

    def report(self) -> Report:
        """What is to be seen now."""
        folder, now = self.workspace.champion, pd.Timestamp.now("UTC").tz_localize(None)
        bundle.read(folder, verify=False)
        until = moment(self.until, "--until", now) if self.until else None
        since = moment(self.since, "--since", now) if self.since else None
        source = self._source(folder)
        if self.log and not self.input:
            until = until or now
            since = since or until - DAYS
        if since and until and since >= until:
            raise ProjectError("--since is not before --until", "name a span of time")
        return monitor(folder, source, since, until, self.labels)

    def _source(self, folder: Path) -> Source:
        change = rehearsed(folder, self.deviations) if self.deviations else None
        if self.input:
            found = scored(self.input, Request.read(folder / "request.json"))
        elif self.log:
            found = logged(self.log)
        elif change:

            def score(rows: pd.DataFrame) -> pd.DataFrame:
                return champion.scores(folder, rows)

            return replay(training(self.workspace.root), score, change)
        else:
            hint = "set PREDICTION_LOG_URI, give --log or --input, or rehearse: --simulate-drift"
            raise ProjectError("nothing says which predictions to look at", hint)
        return replace(found, rehearsal=True, change=change) if change else found


def rehearsed(folder: Path, deviations: float) -> Change:
    """The drift that a rehearsal puts into rows of a bundle's features."""
    features = Reference.read(folder).features
    return shift(Request.read(folder / "request.json"), features, deviations)


def replay(data: Data, score: Change, change: Change | None = None) -> Source:
    """Random rows of the hold-out, as the champion scores them."""
    params = config.params()
    holdout = split(data.rows, params, data.settings.label_delay_days).holdout
    return replayed(holdout, score, params.entity, params.seed, change)


def keep(report: Report, as_json: Path | None, as_html: Path | None, gauges: Path | None) -> None:
    """Write the report where it is wanted."""
    if as_json:
        as_json.parent.mkdir(parents=True, exist_ok=True)
        as_json.write_text(json.dumps(report.document(), indent=2) + "\n")
    if as_html:
        try:
            from .pictures import pictures
        except ModuleNotFoundError as error:
            hint = "`uv sync --group report`, or leave out --html"
            raise ProjectError(f"{error.name} is not installed here", hint, Exit.CANNOT) from None
        from .report import page

        as_html.parent.mkdir(parents=True, exist_ok=True)
        as_html.write_text(page(report, pictures(report)), encoding="utf-8")
    if gauges:
        from .gauges import write

        write(report, gauges)


def lines(report: Report) -> Iterator[str]:
    """The report for a terminal: what is not as it was, and the rest in a count."""
    found, window = report.manifest, report.window
    about = f" of {window.entities} entities" if window.entities < window.rows else ""
    yield f"{found.name} version {found.version}, {window.rows} rows{about}: {report.source.words}"
    for column in report.columns:
        if column.status != "stable":
            psi = "" if column.psi is None else f"PSI {column.psi:.2f}  "
            yield f"{column.status:12} {column.name:24} {psi}{column.sentence}"
    if report.quality:
        late = report.quality
        yield f"{late.status:12} {late.metric:24} {late.sentence}"
    for notice in report.notices:
        yield f"notice: {notice}"
    if not report.drifted:
        yield report.sentence

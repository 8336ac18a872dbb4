"""
The prediction log: what a model said, of which rows, under which version.

Off unless PREDICTION_LOG_URI names a folder or store. A process writes files of its own, one an
hour: `<uri>/<YYYY-MM-DD>/<HH>-<host>-<pid>-<random>.jsonl`, a JSON object a line; an object store,
which cannot append, gets one a minute. Of the features, only columns that the contract declares
harmless (`metadata={"pii": False}`) are written; of whom a row is about, only an HMAC, and that
only under a key (PREDICTION_LOG_KEY).
"""

import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import pandas as pd

from . import storage
from .bundle import Bundle
from .schema import Column
from .storage import Remote, Store

URI, KEY = "PREDICTION_LOG_URI", "PREDICTION_LOG_KEY"
FACTS = ("id", "time", "model", "version", "digest", "source", "entity")
MOST_WAITING = 50_000  # rows; more are lost rather than held in memory
PART_ROWS, PART_SECONDS = 10_000, 60.0  # what an object holds
GRACE_SECONDS = 5.0
LINES = 50_000  # parsed at once
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Source = Literal["http", "batch"]
Values = Mapping[str, Sequence[Any]]
log = logging.getLogger("predlog")


@dataclass(frozen=True)
class Writer:
    """Turns predictions into lines; knows the model, what may be told, and the key."""

    model: str
    version: str
    digest: str
    source: Source
    columns: tuple[Column, ...]
    key: str = field(default="", repr=False)

    def lines(self, batch: "Batch") -> bytes:
        """A line for each prediction."""
        told = {"model": self.model, "version": self.version, "digest": self.digest}
        same = {"time": batch.time.isoformat(timespec="milliseconds")} | told
        names = [c.name for c in self.columns if c.loggable and c.name in batch.features]
        features = _rows({name: batch.features[name] for name in names}, len(batch))
        outputs = _rows(batch.outputs, len(batch))
        found = []
        for place, name in enumerate(batch.ids):
            row = {"id": name} | same | {"source": self.source}
            if self.key and batch.entities and (whom := batch.entities[place]) is not None:
                row["entity"] = pseudonym(whom, self.key)
            found.append(row | {"features": features[place], "outputs": outputs[place]})
        return b"".join(json.dumps(row, default=_told).encode() + b"\n" for row in found)


@dataclass(frozen=True)
class Batch:
    """Predictions made at one moment, column by column, values as JSON holds them."""

    ids: Sequence[str]
    features: Values
    outputs: Values
    entities: Sequence[Any] | None = None
    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __len__(self) -> int:
        return len(self.ids)


class Log:
    """
    Writes in a thread of its own: a caller never waits and never sees an error.

    In a folder, lines leave as soon as the thread runs; in an object store, by the minute. A crash
    loses what is waiting then. What cannot be written is lost, counted by `on_lost`, and told once
    until writing works again.
    """

    def __init__(
        self,
        store: Store,
        writer: Writer,
        on_written: Callable[[int], None] = lambda _: None,
        on_lost: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.store, self.writer = store, writer
        self.on_written, self.on_lost = on_written, on_lost
        self._waiting: list[Batch] = []
        self._rows, self._closed, self._lost = 0, False, 0
        self._some = threading.Condition()
        self._file: tuple[str, IO[bytes]] | None = None
        self._thread = threading.Thread(target=self._run, name="predlog", daemon=True)
        self._thread.start()

    def write(self, batch: Batch) -> None:
        """Take predictions to write; at once, whatever happens."""
        with self._some:
            full = self._closed or self._rows + len(batch) > MOST_WAITING
            if not full:
                self._waiting.append(batch)
                self._rows += len(batch)
                self._some.notify()
        if full:
            self._lose(len(batch), "more predictions wait than can be written")

    def close(self) -> None:
        """Write what waits, for a few seconds at most."""
        with self._some:
            self._closed = True
            self._some.notify()
        self._thread.join(GRACE_SECONDS)

    def _run(self) -> None:
        while batches := self._next():
            rows = sum(map(len, batches))
            try:
                self._append(b"".join(map(self.writer.lines, batches)))
            except Exception as error:
                self._shut()  # a torn line ends a file, and never stands inside one
                self._lose(rows, f"{type(error).__name__}: {error}")
            else:
                self.on_written(rows)
                self._regain()
        self._shut()

    def _next(self) -> list[Batch]:
        with self._some:
            self._some.wait_for(lambda: self._waiting or self._closed)
            if isinstance(self.store, Remote):
                enough = lambda: self._closed or self._rows >= PART_ROWS  # noqa: E731
                self._some.wait_for(enough, PART_SECONDS)
            batches, self._waiting, self._rows = self._waiting, [], 0
            return batches

    def _append(self, lines: bytes) -> None:
        hour = datetime.now(UTC)
        if isinstance(self.store, Remote):
            return self.store.write(place(hour, process()), lines)
        if self._file is None or self._file[0] != place(hour):
            self._shut()
            self._file = place(hour), self.store.open(place(hour, process()), "xb")
        self._file[1].write(lines)
        self._file[1].flush()
        return None

    def _shut(self) -> None:
        if self._file:
            with suppress(OSError):
                self._file[1].close()
        self._file = None

    def _lose(self, rows: int, why: str) -> None:
        self.on_lost(rows)
        with self._some:
            first, self._lost = not self._lost, self._lost + rows
        if first:
            log.error("the prediction log %s is losing rows: %s", self.store.uri, why)

    def _regain(self) -> None:
        with self._some:
            lost, self._lost = self._lost, 0
        if lost:
            log.warning("the prediction log %s writes again, %d rows lost", self.store.uri, lost)


def writer(model: Bundle, source: Source) -> Writer:
    """The writer of a bundle's predictions, with the key that PREDICTION_LOG_KEY holds."""
    about, key = model.manifest, os.environ.get(KEY, "")
    facts = (about.name, str(about.version), about.digest)
    return Writer(*facts, source, model.request.columns, key)


def store() -> Store | None:
    """Where PREDICTION_LOG_URI wants the log; None where it is off."""
    uri = os.environ.get(URI, "")
    return storage.at(uri) if uri else None


def pseudonym(whom: Any, key: str) -> str:
    """What stands for an entity: the same for the same, and no way back without the key."""
    return hmac.new(key.encode(), str(whom).encode(), hashlib.sha256).hexdigest()[:32]


def place(time: datetime, name: str = "") -> str:
    """The file of a moment's hour that bears a name, below the log's address."""
    return f"{time:%Y-%m-%d/%H}-{name}.jsonl"


def process() -> str:
    """The part of a file name that no other process has."""
    host = re.sub(r"[^A-Za-z0-9.]+", "-", socket.gethostname())[:60]
    return f"{host}-{os.getpid()}-{secrets.token_hex(4)}"


def read(
    uri: str | Path,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
) -> pd.DataFrame:
    """
    The predictions from `since` on and before `until` (UTC), a row each, the oldest first.

    Columns: `id`, `time` (datetime64[ns], UTC without zone), `model`, `version`, `digest`,
    `source`, `entity` (NaN where unknown), `feature.<name>`, `output.<name>`. A line that a crash
    tore is left out; `.attrs["torn"]` counts them. Rows of a batch run that was run twice under
    one id stand once.
    """
    first, last = _moment(since, pd.Timestamp.min), _moment(until, pd.Timestamp.max)
    torn, frames = 0, []
    where = storage.at(str(uri))
    for name in files(where, first, last):
        with where.open(name) as lines:
            while some := list(islice(lines, LINES)):
                rows = [row for row in map(_parsed, some) if row]
                torn += len(some) - len(rows)
                frames.append(_frame(rows, first, last))
    frames = [frame for frame in frames if len(frame)] or [_frame([], first, last)]
    found = pd.concat(frames)
    twice = (found["source"] == "batch") & found.duplicated(["source", "id"], keep="last")
    found = found[~twice].sort_values("time", kind="stable", ignore_index=True)
    found.attrs["torn"] = torn
    return found


def files(where: Store, first: pd.Timestamp, last: pd.Timestamp) -> Iterator[str]:
    """The files that may hold predictions between two moments."""
    for day in where.list():
        start = pd.to_datetime(day, format="%Y-%m-%d", errors="coerce")
        if pd.isna(start) or start + DAY <= first or start - HOUR >= last:
            continue
        for name in where.list(day):
            hour = pd.to_datetime(f"{day} {name[:3]}", format="%Y-%m-%d %H-", errors="coerce")
            # A row that had to wait stands in a later hour than its own.
            if pd.notna(hour) and hour + HOUR > first and hour - HOUR < last:
                yield f"{day}/{name}"


def _moment(moment: datetime | str | None, default: pd.Timestamp) -> pd.Timestamp:
    if moment is None:
        return default
    found = pd.Timestamp(moment)
    return found.tz_convert("UTC").tz_localize(None) if found.tzinfo else found


def _parsed(line: bytes) -> dict[str, Any] | None:
    with suppress(ValueError, AttributeError):
        row = json.loads(line)
        if isinstance(row, dict) and line.endswith(b"\n"):
            features = {f"feature.{name}": v for name, v in row.pop("features", {}).items()}
            return row | features | {f"output.{n}": v for n, v in row.pop("outputs", {}).items()}
    return None


def _frame(rows: list[dict[str, Any]], first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    names = dict.fromkeys([*FACTS, *(name for row in rows for name in row)])
    found = pd.DataFrame(rows, columns=list(names))
    moments = pd.to_datetime(found["time"], format="ISO8601", utc=True, errors="coerce")
    found["time"] = moments.dt.tz_localize(None).astype("datetime64[ns]")
    return found[(found["time"] >= first) & (found["time"] < last)]


def _rows(values: Values, count: int) -> list[dict[str, Any]]:
    names = list(values)
    rows = zip(*values.values(), strict=True) if names else [()] * count
    return [dict(zip(names, row, strict=True)) for row in rows]


def _told(value: Any) -> Any:
    """What JSON has no word for."""
    if isinstance(value, np.generic):
        return value.item()
    return value.isoformat() if isinstance(value, datetime) else str(value)

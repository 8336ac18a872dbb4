"""
Batch scoring: `python -m PACKAGE.platform.batch --bundle FOLDER --input FILE --output FILE`.

Runs under the code that the bundle carries, a chunk of rows at a time. The output stands at its
place when it is whole, and `<output>.run.json` beside it, by which a run is told from another.
"""

import argparse
import hashlib
import json
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd

from . import bundle, config, output, predlog, table
from .backends import Backend, backend
from .bundle import Bundle
from .config import Csv
from .errors import Exit, ProjectError, Unreachable, boundary
from .predlog import Batch
from .schema import listed, typed
from .sift import Problems, sift

SCHEMA, RECORD = "batch/1", ".run.json"
REJECTED = ("row_number", "problem")
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+@=-]{0,99}")
CHUNK_ROWS = 50_000
TELL_SECONDS = 10


@dataclass(frozen=True)
class Order:
    """What is asked for; without a run id, input and model together name the run."""

    input: str
    output: str
    run_id: str = ""
    reject: str = ""
    chunk_rows: int = CHUNK_ROWS


@dataclass(frozen=True)
class Run:
    """What was scored, by what, into what (<output>.run.json)."""

    run_id: str
    input: str
    digest: str
    model: str
    version: str
    logged: bool
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    rows: int = 0
    rejected: int = 0
    output: str = ""
    schema: str = SCHEMA

    @property
    def same(self) -> tuple[str, ...]:
        """What must agree where two runs bear one id."""
        return self.run_id, self.input, self.digest, self.version


@dataclass(frozen=True)
class Scored:
    """What became of a chunk: its good rows as the model saw them, and what it said."""

    typed: pd.DataFrame
    predictions: pd.DataFrame
    problems: Problems


def score(model: Bundle, order: Order, say: Callable[[str], None] = lambda _: None) -> Run:
    """Score a file into another. What was done before, and is as it was left, is left alone."""
    with _given(order.input) as given:
        return _score(model, replace(order, input=str(given)), say)


def _score(model: Bundle, order: Order, say: Callable[[str], None]) -> Run:
    run, done = _begin(model, order)
    if done:
        say(f"run {run.run_id} was done before")
        return run
    with tempfile.TemporaryDirectory() as spool:
        notes = Notes(model, run, Path(spool))
        with ExitStack() as places, backend() as where:
            say(f"run {run.run_id} by {run.model} version {run.version}, on {where.name}")
            run = _write(model, order, run, places, where, notes, say)
        run = replace(run, output=_sum(order.output), logged=notes.deliver(say))
    store, name = output.place(f"{order.output}{RECORD}")
    store.write(name, (json.dumps(asdict(run), indent=2) + "\n").encode())
    return run


def _write(
    model: Bundle,
    order: Order,
    run: Run,
    places: ExitStack,
    where: Backend,
    notes: "Notes",
    say: Callable[[str], None],
) -> Run:
    write = places.enter_context(output.table(order.output))
    reject = places.enter_context(output.table(order.reject)) if order.reject else _refuse
    told, first = time.monotonic(), ""
    for rows, scored in _chunks(model, order, where):
        reject(_rejected(rows, scored.problems))
        kept = rows.loc[scored.typed.index]
        write(_joined(kept, scored.predictions, run))
        notes.take(kept, scored)
        first = first or next(iter(scored.problems.values()), "")
        more = run.rejected + len(scored.problems)
        run = replace(run, rows=run.rows + len(kept), rejected=more)
        if time.monotonic() - told > TELL_SECONDS:
            say(f"{run.rows} rows scored")
            told = time.monotonic()
    if run.rejected and not run.rows:
        raise ProjectError(f"no row can be scored: {first}", f"mend {order.input}", Exit.CANNOT)
    return run


def predict(model: Bundle, rows: pd.DataFrame, csv: Csv) -> Scored:
    """The predictions of a chunk; runs wherever joblib does."""
    columns = model.request.columns
    found, problems = sift(table.unsigned(rows, columns, csv), columns)
    try:
        predictions = model.predict(found)
    except ProjectError:
        raise
    except Exception as error:
        where = f"rows {rows.index[0] + 1} to {rows.index[-1] + 1}"
        why = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        hint = f"look into the code that the bundle carries, {model.path / 'source'}"
        raise ProjectError(f"the model failed on {where}: {why}", hint, Exit.CANNOT) from error
    finite = np.isfinite(predictions.select_dtypes("number").to_numpy()).all(axis=1)
    for label in found.index[~finite]:
        problems[int(label)] = "the model answers with a number that is not finite"
    return Scored(found[finite], predictions[finite], problems)


def _begin(model: Bundle, order: Order) -> tuple[Run, bool]:
    """The run, and whether it was done before."""
    if order.run_id and not RUN_ID.fullmatch(order.run_id):
        hint = "up to 100 letters, digits and . _ : + @ = -, beginning with a letter or digit"
        raise ProjectError(f"{order.run_id!r} is no run id", hint)
    about, given = model.manifest, table.sha256(Path(order.input))
    own = hashlib.sha256(f"{given} {about.digest} {about.version}".encode()).hexdigest()[:16]
    facts = (given, about.digest, about.name, str(about.version))
    run = Run(order.run_id or own, *facts, logged=predlog.store() is not None)
    before = _before(order)
    if before is None or before.run_id != run.run_id:
        return run, False
    if before.same != run.same:
        what = "other rows" if before.input != run.input else f"by version {before.version}"
        sentence = f"run {run.run_id} scored {what} into {order.output}"
        hint = f"give this run another --run-id, or remove {order.output}{RECORD}"
        raise ProjectError(sentence, hint, Exit.CANNOT)
    whole = _stands(order.output) and _sum(order.output) == before.output
    rejects = not order.reject or _stands(order.reject)
    done = whole and rejects and (before.logged or not run.logged)
    return (before, True) if done else (replace(run, time=before.time), False)


def _before(order: Order) -> Run | None:
    store, name = output.place(f"{order.output}{RECORD}")
    try:
        return Run(**json.loads(store.read(name)))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _stands(uri: str) -> bool:
    store, name = output.place(uri)
    return store.exists(name)


def _sum(uri: str) -> str:
    store, name = output.place(uri)
    with store.open(name) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


@contextmanager
def _given(uri: str) -> Iterator[Path]:
    """The file that is given: itself, or a copy of what lies elsewhere."""
    try:
        with table.fetched(uri, Path()) as path:
            yield path
    except Unreachable as error:
        hint = "give a CSV or Parquet file with the columns of the request"
        raise ProjectError(error.sentence, hint, error.code) from None


def _chunks(model: Bundle, order: Order, where: Backend) -> Iterator[tuple[pd.DataFrame, Scored]]:
    """Chunks as they were read and scored; as many at once as there are places to score them."""
    from joblib import Parallel, delayed

    path = Path(order.input)
    csv = table.form(path, config.datasets())
    chunks = _numbered(table.parts(path, csv, size=order.chunk_rows, exact=True))
    while group := list(islice(chunks, where.width)):
        found = Parallel()(delayed(predict)(model, rows, csv) for rows in group)
        yield from zip(group, found, strict=True)


def _numbered(parts: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """The index counts all rows of the file, from 0."""
    start = 0
    for rows in parts:
        yield rows.set_axis(pd.RangeIndex(start, start + len(rows)))
        start += len(rows)


def _rejected(rows: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    labels = sorted(problems)
    found = rows.loc[labels].drop(columns=list(REJECTED), errors="ignore")
    found.insert(0, "row_number", [label + 1 for label in labels])
    found.insert(1, "problem", pd.Series(problems, dtype=object))
    return found


def _refuse(rejected: pd.DataFrame) -> None:
    for row, problem in rejected[list(REJECTED)].itertuples(index=False):
        hint = "mend such rows, or collect them with `--reject FILE` and score the others"
        raise ProjectError(f"row {row}: {problem}", hint, Exit.CANNOT)


def _joined(rows: pd.DataFrame, predictions: pd.DataFrame, run: Run) -> pd.DataFrame:
    """The rows with what is known of them; a file that was scored before is scored anew."""
    added = predictions.infer_objects().assign(
        prediction_id=_ids(rows, run), model_version=run.version,
        run_id=run.run_id, scored_at=run.time,
    )  # fmt: skip
    return rows.drop(columns=added.columns, errors="ignore").join(added)


def _ids(rows: pd.DataFrame, run: Run) -> pd.Series:
    ids = [f"{run.run_id}/{label + 1}" for label in rows.index]
    return pd.Series(ids, index=rows.index, dtype=object)


class Notes:
    """What the prediction log gets when all is scored, in files that bear the run's name."""

    def __init__(self, model: Bundle, run: Run, folder: Path) -> None:
        self.model, self.run, self.folder = model, run, folder
        self.store, self.writer = predlog.store(), predlog.writer(model, "batch")
        self.columns = [column for column in model.request.columns if column.loggable]
        self.moment, self.parts = datetime.fromisoformat(run.time), list[Path]()

    def take(self, rows: pd.DataFrame, scored: Scored) -> None:
        """Keep what is to be logged of a chunk."""
        if self.store is None or rows.empty:
            return
        outputs = {str(n): v for n, v in scored.predictions.to_dict("list").items()}
        told, whom = listed(scored.typed, self.columns), _entities(self.model, rows)
        batch = Batch(_ids(rows, self.run).tolist(), told, outputs, whom, self.moment)
        self.parts.append(self.folder / f"{len(self.parts):06d}")
        self.parts[-1].write_bytes(self.writer.lines(batch))

    def deliver(self, say: Callable[[str], None]) -> bool:
        """Whether the log has all of it now; its loss is told and stops nothing."""
        try:
            for part in self.parts:
                name = predlog.place(self.moment, f"batch-{self.run.run_id}-{part.name}")
                assert self.store
                self.store.write(name, part.read_bytes())
        except ProjectError as error:
            say(f"warning: the predictions are not logged: {error.sentence}")
            return False
        return self.store is not None


def _entities(model: Bundle, rows: pd.DataFrame) -> list[object] | None:
    column = model.request.entity
    try:
        return listed(typed(rows, [column]), [column])[column.name] if column else None
    except ProjectError:  # not among the columns, or unreadable: then nobody is named
        return None


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _stop(*_: object) -> NoReturn:
    sys.exit(143)  # what was begun is swept away on the way out


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the process; a `ProjectError` becomes two lines on stderr."""
    parser = argparse.ArgumentParser(prog="batch", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--run-id", default="")
    parser.add_argument("--reject", default="")
    parser.add_argument("--chunk-rows", type=int, default=CHUNK_ROWS)
    options = vars(parser.parse_args(arguments))
    signal.signal(signal.SIGTERM, _stop)
    with boundary():
        model, order = bundle.load(options.pop("bundle")), Order(**options)
        run = score(model, order, _say)
        told = f"run {run.run_id}: {run.rows} rows scored into {order.output}"
        more = f", {run.rejected} rejected into {order.reject}" if run.rejected else ""
        sys.stdout.write(f"{told}{more}\n")


if __name__ == "__main__":
    main()

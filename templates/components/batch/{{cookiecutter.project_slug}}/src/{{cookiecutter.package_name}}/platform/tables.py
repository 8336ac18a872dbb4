"""Tables in pieces: CSV and Parquet files, read a chunk at a time and seen only when whole."""

import gzip
import hashlib
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from . import storage
from .errors import Exit, ProjectError
from .storage import Folder, Store

STALE_SECONDS = 24 * 3600
Write = Callable[[pd.DataFrame], None]


def place(uri: str) -> tuple[Store, str]:
    """The store that a file lies in, and its name there."""
    folder, _, name = uri.rpartition("/")
    if not name:
        raise ProjectError(f"{uri} is no file", "name a file, CSV or Parquet")
    return storage.at(folder or ("/" if uri.startswith("/") else ".")), name


def parquet(uri: str) -> bool:
    """Whether a file is Parquet: by its name, else it is CSV."""
    return uri.endswith((".parquet", ".pq"))


def sha256(uri: str) -> str:
    """The sum of a file, read piece by piece."""
    with opened(uri) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def opened(uri: str) -> IO[bytes]:
    """A file to read; its absence is told."""
    store, name = place(uri)
    try:
        return store.open(name)
    except FileNotFoundError:
        hint = "give a CSV or Parquet file with the columns of the request"
        raise ProjectError(f"there is no file {uri}", hint) from None


def chunks(uri: str, rows: int) -> Iterator[pd.DataFrame]:
    """The rows of a table, so many at a time, at least once; the index counts them from 0."""
    with opened(uri) as stream:
        start = 0
        for frame in (_parquet if parquet(uri) else _csv)(uri, stream, rows):
            yield frame.set_axis(pd.RangeIndex(start, start + len(frame)))
            start += len(frame)


def _csv(uri: str, stream: IO[bytes], rows: int) -> Iterator[pd.DataFrame]:
    try:
        with pd.read_csv(_packed(uri, stream, "rb"), dtype=str, chunksize=rows) as reader:
            yield from reader
    except (ValueError, OSError) as error:
        first = str(error).splitlines()[0]
        hint = "give a CSV file in UTF-8 with a header"
        raise ProjectError(f"{uri} is not CSV: {first}", hint, Exit.CANNOT) from None


def _parquet(uri: str, stream: IO[bytes], rows: int) -> Iterator[pd.DataFrame]:
    arrow, files = _arrow()
    try:
        file = files.ParquetFile(stream)
        empty = file.metadata.num_rows == 0
        batches = [arrow.RecordBatch.from_pylist([], file.schema_arrow)] if empty else None
        for batch in batches or file.iter_batches(rows):
            # Arrow's own types: a column goes out as it came in, gaps and all.
            yield batch.to_pandas(types_mapper=pd.ArrowDtype)
    except arrow.ArrowException as error:
        first = str(error).splitlines()[0]
        raise ProjectError(f"{uri} is not Parquet: {first}", "give it anew", Exit.CANNOT) from None


def _packed(uri: str, stream: IO[bytes], mode: str) -> Any:
    # No name and no time inside: the same rows make the same bytes.
    return gzip.GzipFile("", mode, fileobj=stream, mtime=0) if uri.endswith(".gz") else stream


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        hint = "install the group `batch` (`uv sync --group batch`), or use CSV"
        raise ProjectError("Parquet needs pyarrow", hint, Exit.CANNOT) from None
    return pyarrow, pyarrow.parquet


def _type(arrow: Any, values: pd.Series) -> Any:
    if isinstance(values.dtype, pd.ArrowDtype):
        return values.dtype.pyarrow_dtype
    if values.dtype == object:
        return arrow.string()
    kind = values.dtype
    return arrow.from_numpy_dtype(kind) if isinstance(kind, np.dtype) else arrow.string()


@contextmanager
def table(uri: str) -> Iterator[Write]:
    """What adds rows to a table that stands at its place when it is whole, or not at all."""
    kind = _to_parquet if parquet(uri) else _to_csv
    with whole(uri) as path, path.open("wb") as stream, kind(uri, stream) as write:
        yield write


@contextmanager
def _to_csv(uri: str, stream: IO[bytes]) -> Iterator[Write]:
    header = True

    def write(frame: pd.DataFrame) -> None:
        nonlocal header
        frame.to_csv(packed, index=False, header=header)
        header = False

    with nullcontext(stream) if (packed := _packed(uri, stream, "wb")) is stream else packed:
        yield write


@contextmanager
def _to_parquet(_: str, stream: IO[bytes]) -> Iterator[Write]:
    arrow, files = _arrow()
    writer: Any = None

    def write(frame: pd.DataFrame) -> None:
        nonlocal writer
        types = [(name, _type(arrow, frame[name])) for name in frame]
        writer = writer or files.ParquetWriter(stream, arrow.schema(types))
        writer.write_table(arrow.Table.from_pandas(frame, writer.schema, preserve_index=False))

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()


@contextmanager
def whole(uri: str) -> Iterator[Path]:
    """A path to write to; what stands there in the end is moved to its place in one step."""
    store, name = place(uri)
    if not isinstance(store, Folder):
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / name
            with (Path(folder) / name).open("rb") as written, store.open(name, "wb") as stream:
                shutil.copyfileobj(written, stream)
        return
    if not store.root.is_dir():
        raise ProjectError(f"there is no folder {store.root}", "make it, or name another")
    _sweep(store.root, name)
    aside = store.root / f".{name}.{secrets.token_hex(4)}.part"
    try:
        yield aside
        aside.replace(store.root / name)
    finally:
        aside.unlink(missing_ok=True)


def _sweep(folder: Path, name: str) -> None:
    """Remove what a killed run left behind a day ago."""
    for path in folder.glob(f".{name}.*.part"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                path.unlink()

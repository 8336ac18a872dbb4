"""Files that are written in pieces, CSV or Parquet, and seen when they are whole, or not at all."""

import gzip
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    """Whether a file is to be Parquet, by its name; else it is CSV."""
    return uri.endswith((".parquet", ".pq"))


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

    # No name and no time inside: the same rows make the same bytes.
    gz = uri.endswith(".gz")
    packed: Any = gzip.GzipFile("", "wb", fileobj=stream, mtime=0) if gz else stream
    try:
        yield write
    finally:
        packed.close()


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

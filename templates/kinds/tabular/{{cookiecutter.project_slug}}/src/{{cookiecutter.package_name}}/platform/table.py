"""A CSV or Parquet file: where it is, its bytes' sum, its rows in parts or whole."""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd

from . import storage
from .config import Csv, Datasets
from .errors import Exit, ProjectError, Unreachable
from .schema import Column, typed

PART = 100_000  # rows in memory at a time, before they are typed
MONEY = r"(?:[$€£¥₹]|USD|EUR|GBP|CHF|JPY)"
SIGNS = re.compile(rf"^\s*([+-]?)\s*{MONEY}\s*|\s*(?:{MONEY}|%)\s*$")
LEDGER = re.compile(r"^\s*\(([^()]*\d[^()]*)\)\s*$")
PARQUET = b"PAR1"
MEND = "mend the `uri` in datasets.yml"


@contextmanager
def fetched(uri: str, root: Path, hint: str = MEND) -> Iterator[Path]:
    """The file of a uri: a path from the project's root, or a copy of what lies on a server."""
    if uri.startswith("file://"):
        uri = unquote(urlsplit(uri).path)
    if "://" not in uri:
        if not (root / uri).is_file():
            what = f"{uri} is a folder" if (root / uri).is_dir() else f"there is no file {uri}"
            raise Unreachable(what, hint, Exit.CANNOT)
        yield root / uri
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / (uri.partition("?")[0].rpartition("/")[2] or "data")
        try:
            with _remote(uri) as stream, place.open("wb") as copy:
                shutil.copyfileobj(stream, copy, 2**20)
        except ProjectError as error:
            raise Unreachable(error.sentence, error.hint, Exit.CANNOT) from None
        except (OSError, ValueError) as error:
            sentence = f"{uri} cannot be read: {str(error).partition(chr(10))[0]}"
            raise Unreachable(sentence, hint, Exit.CANNOT) from None
        yield place


def _remote(uri: str) -> Any:
    if uri.startswith(("http://", "https://")):
        from urllib.request import urlopen

        return urlopen(uri, timeout=60)
    folder, _, name = uri.rpartition("/")
    return storage.at(folder).open(name)


def sha256(path: Path) -> str:
    """The sum over the bytes of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_parquet(path: Path) -> bool:
    """Whether the file says that it is Parquet."""
    with path.open("rb") as stream:
        return stream.read(4) == PARQUET


def read(path: Path | str, columns: Sequence[Column], csv: Csv | None = None) -> pd.DataFrame:
    """The rows of a file, typed: no more than a part of them is ever held as text."""
    found = list(typed_parts(Path(path), columns, csv or Csv()))
    return found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)


def whole(path: Path, known: Datasets) -> tuple[pd.DataFrame, Csv]:
    """All rows of a file, and how it is written."""
    csv = form(path, known)
    return pd.concat(parts(path, csv), ignore_index=True), csv


def form(path: Path, known: Datasets) -> Csv:
    """How a file is written: as the training data are, or plainly."""
    if not path.is_file():
        raise ProjectError(f"there is no file {path}", "give a CSV or Parquet file")
    csv = known.datasets[known.training].csv
    with path.open("rb") as stream:
        header = stream.readline().decode(csv.encoding, errors="replace")
    return csv if csv.delimiter in header else Csv()


def typed_parts(path: Path, columns: Sequence[Column], csv: Csv) -> Iterator[pd.DataFrame]:
    """The rows of a file, typed, a part at a time."""
    first, known = 0, {name for column in columns for name in (column.name, column.header)}
    for part in parts(path, csv, known):
        yield typed(unsigned(part, columns, csv), columns, first)
        first += len(part)


def parts(
    path: Path,
    csv: Csv,
    wanted: Collection[str] | None = None,
    size: int | None = None,
    exact: bool = False,
) -> Iterator[pd.DataFrame]:
    """
    The rows of a file as they stand there, a part at a time; at least one part, if empty.

    `exact` keeps the types of Parquet, in which whole numbers with gaps stay whole.
    """
    if is_parquet(path):
        yield from _parquet(path, wanted, size or PART, exact)
        return
    try:
        yield from pd.read_csv(
            path,
            dtype=str,
            sep=csv.delimiter,
            encoding=csv.encoding,
            na_values=list(csv.missing),
            usecols=None if wanted is None else lambda name: name in wanted,
            skipinitialspace=True,
            index_col=False,
            chunksize=size or PART,
        )
    except (ValueError, OSError) as error:
        sentence = f"{path} is not CSV: {str(error).partition(chr(10))[0]}"
        raise ProjectError(sentence, "give a CSV file with a header", Exit.CANNOT) from None


def _parquet(
    path: Path, wanted: Collection[str] | None, size: int, exact: bool
) -> Iterator[pd.DataFrame]:
    file = parquet(path)
    names = [name for name in file.schema_arrow.names if wanted is None or name in wanted]
    kept: dict[str, Any] = {"types_mapper": pd.ArrowDtype} if exact else {}
    empty = True
    for batch in file.iter_batches(size, columns=names):
        empty = False
        rows = batch.to_pandas(ignore_metadata=True, **kept)
        yield rows if exact else _finite(rows)
    if empty:
        yield file.schema_arrow.empty_table().select(names).to_pandas(ignore_metadata=True, **kept)


def _finite(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in which infinity is no value, as it is none to a model."""
    for name in rows.select_dtypes("float"):
        known = ~np.isinf(rows[name])
        if not known.all():
            rows[name] = rows[name].where(known)
    return rows


def parquet(path: Path) -> Any:
    """The opened Parquet file."""
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        hint = "run `uv sync --group parquet`, which brings pyarrow"
        raise ProjectError(f"{path.name} is Parquet, and pyarrow is missing", hint) from None
    try:
        return ParquetFile(path)
    except (OSError, ValueError) as error:
        sentence = f"{path.name} is not Parquet: {str(error).partition(chr(10))[0]}"
        raise ProjectError(sentence, "write it anew", Exit.CANNOT) from None


def unsigned(rows: pd.DataFrame, columns: Sequence[Column], csv: Csv) -> pd.DataFrame:
    """Rows whose numbers are written as Python writes them: 1.234,50 € becomes 1234.50."""
    numbers = {c.header for c in columns if c.type in ("integer", "number")} & set(rows.columns)
    rows = rows.copy(deep=False)
    for name in numbers:
        if rows[name].dtype == object:
            rows[name] = number_texts(rows[name], csv)
    return rows


def number_texts(values: pd.Series, csv: Csv) -> pd.Series:
    """Texts without signs of money and per cent, separators of thousands, and a decimal comma."""
    if values.dtype != object or not isinstance(values.dropna().head(1).squeeze(), str):
        return values
    if not csv.thousands and csv.decimal == ".":  # nearly all are plain: a fraction of the time
        odd = values.notna() & pd.to_numeric(values, errors="coerce").isna()
        return values.mask(odd, bare(values[odd])) if odd.any() else values
    texts = bare(values)
    if csv.thousands:
        texts = texts.str.replace(csv.thousands, "", regex=False)
    return texts.str.replace(",", ".", regex=False) if csv.decimal == "," else texts


def bare(texts: pd.Series) -> pd.Series:
    """Texts without signs of money and per cent; a loss in brackets, (5.00), becomes -5.00."""
    if texts.str.contains("(", regex=False).any():
        texts = texts.str.replace(LEDGER, r"-\1", regex=True)
    return texts.str.replace("\u2212", "-", regex=False).str.replace(SIGNS, r"\1", regex=True)

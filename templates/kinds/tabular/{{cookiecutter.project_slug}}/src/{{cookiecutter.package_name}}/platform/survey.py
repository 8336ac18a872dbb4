"""What a file looks like before anything is made of it: its dialect, its header, and its faults."""

import csv as reader
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

from . import table
from .config import Csv
from .errors import Exit, ProjectError

SAMPLE = 50_000  # rows that are looked at closely
DELIMITERS = (",", ";", "\t", "|")
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
OTHERS = {
    b"PK\x03\x04": "a zip or Excel file", b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"\x89HDF": "HDF5", b"%PDF": "PDF", b"SQLi": "an SQLite database", b"ARRO": "Arrow",
    b"\x89PNG": "a picture", b"\x28\xb5\x2f\xfd": "packed by zstd", b"\xfd7zX": "packed by xz",
    **{b"BZh%d" % level: "packed by bzip2" for level in range(1, 10)},
}  # fmt: skip
BROKEN = (gzip.BadGzipFile, zlib.error, EOFError)
LONGEST = 10_000_000  # letters of a field: more are a quote that is never closed
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Survey:
    """A file that can be read: how, how many rows it has, and a sample of them as they stand."""

    path: Path
    csv: Csv
    headers: tuple[str, ...]
    rows: int
    sha256: str
    sample: pd.DataFrame
    parquet: bool = False

    @property
    def whole(self) -> bool:
        """Whether the sample is all there is."""
        return len(self.sample) == self.rows


def survey(path: Path, delimiter: str | None = None, encoding: str | None = None) -> Survey:
    """The survey of a CSV or Parquet file; raises for the first fault, by line."""
    start = _start(path)
    total = table.sha256(path)
    parquet = table.is_parquet(path)
    if parquet:
        file = table.parquet(path)
        headers, rows, csv = tuple(file.schema_arrow.names), file.metadata.num_rows, Csv()
        _headers(path, headers)
    else:
        csv = _dialect(start, delimiter, encoding)
        headers, rows = _lines(path, csv)
    if not rows:
        raise _refusal(path, "has a header and no rows", "give a file with rows")
    sample = _reservoir(path, csv, rows)
    headers = tuple(map(str, sample.columns))
    return Survey(path, csv, headers, rows, total, sample, parquet)


def _refusal(path: Path, what: str, hint: str) -> ProjectError:
    return ProjectError(f"{path.name} {what}", hint, Exit.CANNOT)


def _start(path: Path) -> bytes:
    if path.is_dir():
        raise _refusal(path, "is a folder", "name one CSV or Parquet file")
    if not path.is_file():
        raise ProjectError(f"there is no file {path}", "name a CSV or Parquet file")
    try:
        with _opened(path) as stream:
            start = stream.read(2**16)
    except BROKEN as error:
        raise _unpacked(path, error) from None
    if not start.strip():
        raise _refusal(path, "is empty", "give a CSV file with a header and rows")
    if start.startswith(b"\x1f\x8b"):
        raise _refusal(path, "is packed by gzip", "call it .csv.gz, or unpack it")
    kind = OTHERS.get(start[:4])
    if kind is None and start.lstrip()[:1] in (b"{", b"[", b"<"):
        kind = "JSON or HTML"
    if kind:
        raise _refusal(path, f"is {kind}", "save it as CSV or Parquet")
    return start


def _opened(path: Path) -> io.BufferedReader | gzip.GzipFile:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def _unpacked(path: Path, error: Exception) -> ProjectError:
    hint = "write it anew, or take `.gz` off its name"
    return _refusal(path, f"is no whole gzip file: {error}", hint)


def _dialect(start: bytes, delimiter: str | None, encoding: str | None) -> Csv:
    marked = next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8")
    encoding = encoding or marked
    try:
        "".encode(encoding)
    except LookupError:
        hint = "name one that Python knows, such as utf-8, latin-1 or cp1252"
        raise ProjectError(f"there is no encoding {encoding}", hint) from None
    if delimiter is None:
        lines = start.decode(encoding, errors="replace").splitlines()[:50]
        delimiter = _sniffed(lines[: -1 if len(lines) > 1 and len(start) == 2**16 else None])
    elif delimiter in ("\\t", "tab"):
        delimiter = "\t"
    if len(delimiter) != 1:
        raise ProjectError(f"a delimiter is one character, not {delimiter!r}", "give one character")
    return Csv(delimiter=delimiter, encoding=encoding)


def _sniffed(lines: list[str]) -> str:
    """The delimiter that splits the most lines into as many fields as the header has."""

    def fit(delimiter: str) -> tuple[float, int]:
        rows = [len(row) for row in reader.reader(lines, delimiter=delimiter) if row]
        header = rows[0] if rows else 1
        return (sum(n == header for n in rows) / len(rows) if header > 1 else 0.0, header)

    return max(DELIMITERS, key=fit)


def _lines(path: Path, csv: Csv) -> tuple[tuple[str, ...], int]:
    """The header and the number of rows, once every line has proven to have as many fields."""
    with _opened(path) as binary:
        text = io.TextIOWrapper(binary, encoding=csv.encoding, errors=_errors(csv), newline="")
        rows = reader.reader(
            _sound(path, text, csv), delimiter=csv.delimiter, skipinitialspace=True, strict=True
        )
        headers: tuple[str, ...] = ()
        reader.field_size_limit(LONGEST)
        count, line = 0, 1
        try:
            for row in rows:
                if not row:
                    continue
                if not headers:
                    headers = _headers(path, tuple(row), csv.delimiter)
                elif len(row) != len(headers):
                    raise _ragged(path, line, len(row), len(headers))
                else:
                    count += 1
                line = rows.line_num + 1
        except reader.Error as error:
            raise _quoted(path, line, str(error)) from None
        except UnicodeError:
            raise _refusal(path, f"is not {csv.encoding}", "name its `--encoding`") from None
        except BROKEN as error:
            raise _unpacked(path, error) from None
    return headers, count


def _errors(csv: Csv) -> str:
    return "surrogateescape" if csv.encoding.startswith("utf-8") else "strict"


def _sound(path: Path, text: TextIO, csv: Csv) -> Iterator[str]:
    """The lines, as long as they are text."""
    for number, line in enumerate(text, 1):
        if not line.isascii():
            found = re.search("[\udc80-\udcff]", line)
            if found:
                byte = ord(found[0]) - 0xDC00
                field = line[: found.start()].count(csv.delimiter) + 1
                what = f"line {number}, field {field}: the byte 0x{byte:02x} is not UTF-8"
                raise _refusal(
                    path, f"is not UTF-8: {what}", "`--encoding cp1252` (or latin-1) may read it"
                )
        if "\0" in line:
            hint = "write the file anew without it, or name its `--encoding` (utf-16?)"
            raise _refusal(path, f"holds a NUL byte in line {number}", hint)
        yield line


def _headers(path: Path, headers: tuple[str, ...], delimiter: str = "") -> tuple[str, ...]:
    headers = tuple(name.strip() for name in headers)
    if len(headers) == 1:
        told = f" (split at {delimiter!r})" if delimiter else ""
        hint = "name its `--delimiter`, take lines above the header away, or give more columns"
        raise _refusal(path, f"has one column, {headers[0][:60]!r}{told}", hint)
    numbers = [name for name in headers if NUMBER.fullmatch(name)]
    if len(numbers) > 1 and not _counted(numbers):
        what = f"has no header: line 1 holds numbers, such as {numbers[0]}"
        raise _refusal(path, what, "put a line with the names of the columns first")
    twice = [name for name, n in Counter(headers).items() if n > 1 and name]
    if twice:
        first, second = [place + 1 for place, name in enumerate(headers) if name == twice[0]][:2]
        what = f"calls columns {first} and {second} both {twice[0]!r}"
        raise _refusal(path, what, "give each column a name of its own")
    return headers


def _counted(numbers: list[str]) -> bool:
    """Whether numbers count columns, 0, 1, 2 and so on, or years: names, and no data."""
    if not all(name.isdecimal() for name in numbers):
        return False
    found = [int(name) for name in numbers]
    return len(set(found)) == len(found) and max(found) - min(found) < 2 * len(found)


def _ragged(path: Path, line: int, found: int, wanted: int) -> ProjectError:
    what = f"has {found} fields in line {line} where the header has {wanted}"
    return _refusal(path, what, "mend the line, or name the file's `--delimiter`")


def _quoted(path: Path, line: int, error: str) -> ProjectError:
    if "end of data" in error or "field larger" in error:
        what = f"opens a quote in line {line} that is never closed"
        return _refusal(path, what, 'close it; a quote inside a quoted field is written ""')
    what = f"has a quote inside a quoted field in or after line {line}"
    return _refusal(path, what, 'double it: a quote inside a quoted field is written ""')


def _reservoir(path: Path, csv: Csv, rows: int) -> pd.DataFrame:
    """A random sample in the order of the file; all rows where they are few."""
    random, kept, first = np.random.default_rng(0), [], 0
    chosen = np.arange(rows) if rows <= SAMPLE else np.sort(random.permutation(rows)[:SAMPLE])
    for part in table.parts(path, csv):
        here = chosen[(chosen >= first) & (chosen < first + len(part))] - first
        kept.append(part.iloc[here])
        first += len(part)
    sample = pd.concat(kept)
    return sample.reset_index(drop=True) if rows <= SAMPLE else sample

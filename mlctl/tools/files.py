"""Where paths are confined and files are written: the only module that creates, renames or removes them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mlctl.tools.errors import Invalid, Unable, printable

if TYPE_CHECKING:
    import ctypes

RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))]
)
IGNORABLE = frozenset(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u206a\u206b\u206c\u206d\u206e\u206f\ufeff"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class UnsafePath(Unable):
    """A path that would leave the project, hide in git's own folder, or fold onto another."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"the template renders to an unsafe path: '{printable(path)}' {why}",
            "correct the answer or the template that makes this path",
        )


def confine(path: str) -> str:
    """Return `path`, relative and with `/`, if it stays inside a project; raise `UnsafePath` otherwise."""
    if not path or path.startswith("/"):
        raise UnsafePath(path, "is empty" if not path else "is absolute")
    if len(path.encode("utf-8", "replace")) > 4000:
        raise UnsafePath(path[:40] + "…", "is longer than 4000 bytes")
    for part in path.split("/"):
        why = _objection(part)
        if why:
            raise UnsafePath(path, why)
    return path


def safe(path: str) -> bool:
    """Tell whether `confine` takes a path."""
    try:
        return bool(confine(path))
    except UnsafePath:
        return False


@lru_cache(10_000)
def _objection(part: str) -> str:
    """Return what is wrong with one component of a path, or nothing."""
    if part in ("", ".", ".."):
        return f"has the component '{part}'"
    if _CONTROL.search(part):
        return "holds a control character"
    if "\\" in part:
        return "holds a backslash"
    try:
        size = len(part.encode("utf-8"))
    except UnicodeEncodeError:
        return "is not UTF-8"
    if size > 255:
        return "has a component longer than 255 bytes"
    plain = part.lower()
    if not part.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKC", part) if c not in IGNORABLE).casefold()
    if plain.rstrip(". ").partition(":")[0] in (".git", "git~1"):
        return "is a form of '.git'"
    if part.endswith((".", " ")):
        return "ends in a dot or a space"
    return "is a device name" if plain.partition(".")[0].strip() in RESERVED else ""


def fold(path: str) -> str:
    """Return the name that `path` has on a file system that ignores case and Unicode forms."""
    return path if path.isascii() and path.islower() else unicodedata.normalize("NFC", path).casefold()


def without_collisions(paths: Iterable[str], more: Iterable[str] = ()) -> None:
    """Raise `UnsafePath` where two of `paths` share a name, fold onto one, or one is a folder of another.

    `more` are folders that are there though perhaps nothing lies in them.
    """
    seen: dict[str, str] = {}
    folders: dict[str, str] = {}
    for folder in more:
        if folders.setdefault(fold(folder), folder) != folder:
            raise UnsafePath(folder, f"folds onto '{folders[fold(folder)]}'")
    for path in paths:
        name = fold(path)
        if name in seen:
            raise UnsafePath(path, "is rendered twice" if seen[name] == path else f"folds onto '{seen[name]}'")
        seen[name] = path
        parent = path.rpartition("/")[0]
        while parent and fold(parent) not in folders:
            folders[fold(parent)] = parent
            parent = parent.rpartition("/")[0]
        if parent and folders[fold(parent)] != parent:
            raise UnsafePath(parent, f"folds onto '{folders[fold(parent)]}'")
    for name in folders.keys() & seen.keys():
        raise UnsafePath(seen[name], "is a file and a folder at once")


@dataclass(frozen=True)
class Entry:
    """The bytes of a file to be written, and whether it is executable."""

    data: bytes
    executable: bool = False


def write(root: Path, files: dict[str, Entry], folders: Iterable[str] = ()) -> None:
    """Write `files` and empty `folders`, given by confined path, below the new folder `root`."""
    made = {""}
    for folder in (*folders, *(path.rpartition("/")[0] for path in files)):
        if folder not in made:
            os.makedirs(os.path.join(root, folder), exist_ok=True)
            made.add(folder)
    for path, entry in files.items():
        mode = 0o777 if entry.executable else 0o666
        handle = os.open(f"{root}/{path}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        try:
            left = memoryview(entry.data)
            while left:
                left = left[os.write(handle, left) :]
        finally:
            os.close(handle)


def replace(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step: written aside, flushed, then renamed. The rights of a file that is there stay.

    What a killed run left aside is written anew, and so goes with the rename.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.mlctl")
    with open(_alone(aside), "r+b") as file:
        try:
            file.truncate()
            if path.is_file() and path.stat().st_mode != os.fstat(file.fileno()).st_mode:
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.replace(aside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(aside)
            raise


def _alone(path: Path) -> int:
    """Return a handle of the file at `path`, made where it is not there, held against other runs until it is closed."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        with contextlib.suppress(OSError):  # a file system that knows no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.lstat(path)):
                return handle
        os.close(handle)  # another run has renamed it meanwhile


def put(path: Path, data: bytes) -> None:
    """Write `data` at `path`, in a folder of our own that nobody else reads yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def remove(path: Path) -> None:
    """Remove a folder of ours and all below it."""
    shutil.rmtree(path, ignore_errors=True)


def within(path: str, folder: str) -> bool:
    """Tell whether the relative `path` lies in `folder` ("" holds everything)."""
    return not folder or path == folder or path.startswith(folder + "/")


def read_bounded(path: Path, limit: int, what: str) -> bytes:
    """Return the bytes of a regular file of at most `limit` bytes; `what` names it in the error."""
    try:
        if not path.is_file():
            raise Invalid(f"{what} is no file: {printable(str(path))}", "give the path of a file")
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Unable(f"{what} can't be read: {printable(str(path))} ({error.strerror})", "check the path") from error
    if len(data) > limit:
        raise Invalid(f"{what} is larger than {limit:,} bytes: {printable(str(path))}", "give a smaller file")
    return data


def settle(root: Path) -> None:
    """Ask the system to bring the file system of `root` to the disk: one call, however many files."""
    handle = os.open(root, os.O_RDONLY)
    try:
        syncfs = getattr(system(), "syncfs", None)
        if syncfs is None or syncfs(handle) != 0:
            os.sync()
    finally:
        os.close(handle)


@cache
def system() -> ctypes.CDLL:
    """Return the C library of the system, which has more calls than Python knows."""
    import ctypes

    return ctypes.CDLL(None, use_errno=True)

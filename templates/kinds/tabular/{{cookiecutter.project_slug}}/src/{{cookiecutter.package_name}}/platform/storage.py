"""Where bundles and logs lie beyond this machine: a folder, or any store that fsspec knows.

`at("/mnt/ml/churn")` needs nothing; `at("s3://ml/churn")` needs the component storage-fsspec.
A name is relative, with `/` between its parts. `FileNotFoundError` means what it says; whatever
else goes wrong is a `ProjectError` that names the address.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from .errors import Exit, ProjectError

SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*(?=::|://)")
SECRET = re.compile(r"//[^/@]*:[^/@]*@")  # a name and a password
COMPONENT = "storage-fsspec"


@dataclass(frozen=True)
class Folder:
    """A folder of this machine, or one that it mounts."""

    uri: str
    root: Path

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return self._place(name).is_file()

    def list(self, name: str = "") -> list[str]:
        """The files and folders right below, sorted; none where there is no such folder."""
        with _telling(self.uri):
            place = self._place(name)
            return sorted(_shown(p.name for p in place.iterdir())) if place.is_dir() else []

    def read(self, name: str) -> bytes:
        """The content of a file."""
        with _telling(self.uri):
            return self._place(name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Write a file: whole, or not at all."""
        with _telling(self.uri):
            place = self._made(name)
            aside = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
            try:
                aside.write_bytes(content)
                aside.replace(place)
            finally:
                aside.unlink(missing_ok=True)

    def open(self, name: str, mode: str = "rb") -> IO[bytes]:
        """A stream of bytes; the folder of a file to be written is made."""
        with _telling(self.uri):
            place = self._place(name) if mode.startswith("r") else self._made(name)
            stream: IO[bytes] = place.open(mode)
            return stream

    def _place(self, name: str) -> Path:
        return self.root / _inside(self.uri, name)

    def _made(self, name: str) -> Path:
        place = self._place(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


@dataclass(frozen=True)
class Remote:
    """A store behind an fsspec URL. What an object store holds appears whole or not at all."""

    uri: str
    files: Any  # fsspec's AbstractFileSystem
    root: str

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        with _telling(self.uri):
            self.files.invalidate_cache()  # others write here too
            return bool(self.files.isfile(self._place(name)))

    def list(self, name: str = "") -> list[str]:
        """The files and folders right below, sorted; none where there is no such folder."""
        place = self._place(name)
        with _telling(self.uri):
            self.files.invalidate_cache()
            try:
                found = [path.rstrip("/") for path in self.files.ls(place, detail=False)]
            except (FileNotFoundError, NotADirectoryError):
                return []
        # Some stores keep an empty object for the folder itself.
        return sorted(_shown({path.rpartition("/")[2] for path in found if path != place}))

    def read(self, name: str) -> bytes:
        """The content of a file."""
        with _telling(self.uri):
            return bytes(self.files.cat_file(self._place(name)))

    def write(self, name: str, content: bytes) -> None:
        """Write a file in one request."""
        with _telling(self.uri):
            try:
                self.files.pipe_file(self._place(name), content)
            except FileNotFoundError:  # a store with real folders
                self._make_folders(name)
                self.files.pipe_file(self._place(name), content)

    def open(self, name: str, mode: str = "rb") -> IO[bytes]:
        """A stream of bytes, in the modes that the store knows: not every one can append."""
        with _telling(self.uri):
            if not mode.startswith("r"):
                self._make_folders(name)
            stream: IO[bytes] = self.files.open(self._place(name), mode)
            return stream

    def _place(self, name: str) -> str:
        inside = _inside(self.uri, name).as_posix()
        return self.root if inside == "." else f"{self.root}/{inside}"

    def _make_folders(self, name: str) -> None:
        # Never the root: on an object store that would be a new bucket.
        for folder in reversed(_inside(self.uri, name).parents):
            if folder.name:
                try:
                    self.files.mkdir(f"{self.root}/{folder.as_posix()}", create_parents=False)
                except FileExistsError:
                    continue


Store = Folder | Remote


def at(uri: str) -> Store:
    """The store at an address: a path, `file://`, or another URL through fsspec."""
    if not SCHEME.match(uri):
        return Folder(uri, Path(uri).expanduser())
    if uri.startswith("file://"):
        return Folder(uri, Path(unquote(urlsplit(uri).path)))
    told = SECRET.sub("//", uri)
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError:
        sentence = f"{told} needs fsspec, which the component {COMPONENT} brings"
        hint = f"add it with `mlctl add {COMPONENT}`, or name a folder"
        raise ProjectError(sentence, hint, Exit.CANNOT) from None
    with _telling(told):
        files, root = url_to_fs(uri)
    return Remote(told, files, str(root).rstrip("/"))


@contextmanager
def _telling(uri: str) -> Iterator[None]:
    """Tell what a store refuses in two lines; every store raises errors of its own."""
    try:
        yield
    except (ProjectError, FileNotFoundError):
        raise
    except Exception as error:
        hint = "look at the address, its credentials and the network, then try again"
        if isinstance(error, ImportError):
            hint = f"add what docs/storage.md names; where it is missing, `mlctl add {COMPONENT}`"
        sentence = f"{uri}: {type(error).__name__}: {_first(error)}"
        raise ProjectError(sentence, hint, Exit.CANNOT) from error


def _inside(uri: str, name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        sentence = f"{name} would lie outside of {uri}"
        raise ProjectError(sentence, "names are relative and never go up", Exit.CANNOT)
    return path


def _shown(names: Iterator[str] | set[str]) -> Iterator[str]:
    return (name for name in names if not name.startswith("."))  # a dot: not yet whole


def _first(error: BaseException) -> str:
    return str(error).partition("\n")[0].rstrip(".") or "no reason given"

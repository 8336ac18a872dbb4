"""Trees of files that can be read: a folder, a git tree, a sketch, and a part of any of them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol, cast

from mlctl.tools import git
from mlctl.tools.errors import Unable, printable

FILE, EXECUTABLE, LINK, FOLDER, MODULE = "100644", "100755", "120000", "040000", "160000"
LARGEST = 100_000_000
KEPT, WHOLE = 64_000_000, 256_000_000
MOST, DEEPEST = 100_000, 200


class Unreadable(Unable):
    """Something in a tree that can't be read as a file."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"'{printable(path)}' of the template {why}", "mend the template, then try again")


class Tree(Protocol):
    """Files by path, relative and with `/`."""

    def modes(self) -> Mapping[str, str]:
        """Return git's mode of each path: files, links, and folders that are empty."""

    def read(self, path: str) -> bytes:
        """Return the bytes of a file, or the target of a link."""


@dataclass(frozen=True)
class Sketch:
    """A tree made of texts: `{path: text}`."""

    files: Mapping[str, str | bytes]

    def modes(self) -> Mapping[str, str]:
        return dict.fromkeys(self.files, FILE)

    def read(self, path: str) -> bytes:
        data = self.files[path]
        return data.encode() if isinstance(data, str) else data


@dataclass(frozen=True)
class Folder:
    """The files below `root` as they lie on the disk; `only` names those that count, where not all do."""

    root: Path
    only: frozenset[str] | None = None
    _kept: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    _room: list[int] = field(default_factory=lambda: [KEPT], repr=False, compare=False)

    def modes(self) -> Mapping[str, str]:
        return self._modes

    @cached_property
    def _modes(self) -> dict[str, str]:
        if self.only is not None:
            there = (path for path in sorted(self.only) if os.path.lexists(self.root / path))
            return {path: _mode(path, os.lstat(self.root / path)) for path in there}
        found: dict[str, str] = {}
        todo = [""]
        while todo:
            folder = todo.pop()
            if folder.count("/") > DEEPEST:
                raise Unreadable(folder, f"lies deeper than {DEEPEST} folders")
            entries = _entries(self.root / folder, folder)
            if folder and not entries:
                found[folder] = FOLDER
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    todo.append(path)
                else:
                    found[path] = _mode(path, entry.stat(follow_symlinks=False))
            if len(found) > MOST:
                raise Unable(f"the template holds more than {MOST:,} files", "use a smaller template")
        return found

    def read(self, path: str) -> bytes:
        if path in self._kept:
            return self._kept[path]
        data = self._fresh(path)
        self._room[0] -= len(data)
        if self._room[0] >= 0:
            self._kept[path] = data
        return data

    def _fresh(self, path: str) -> bytes:
        full = f"{self.root}/{path}"
        try:
            if self._modes.get(path) == LINK:
                return os.fsencode(os.readlink(full))
            handle = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                size = os.fstat(handle).st_size
                if size > LARGEST:
                    raise Unreadable(path, f"is larger than {LARGEST:,} bytes")
                data = os.read(handle, size + 1)
            finally:
                os.close(handle)
        except OSError as error:
            raise Unreadable(path, f"can't be read ({error.strerror})") from error
        if len(data) != size:
            raise Unreadable(path, "changed while it was read")
        return data


@dataclass(frozen=True)
class Commit:
    """The files of a git tree, read from the repository at `directory` in two processes."""

    directory: Path
    id: str
    _blobs: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def modes(self) -> Mapping[str, str]:
        return self._modes

    @cached_property
    def _modes(self) -> dict[str, str]:
        return {path: mode for path, (mode, _, _) in self._entries.items()}

    @cached_property
    def _entries(self) -> dict[str, tuple[str, str, int]]:
        out = git.run("--git-dir", str(self.directory), "ls-tree", "-r", "-l", "-z", self.id, source=True)
        found: dict[str, tuple[str, str, int]] = {}
        for line in out.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            facts, _, path = line.partition("\t")
            mode, _, blob, size = facts.split()
            if mode != MODULE and not size.isdigit():
                raise git.GitFailed("ls-tree", f"the object {blob} can't be read")
            if mode != MODULE and int(size) > LARGEST:
                raise Unreadable(path, f"is larger than {LARGEST:,} bytes")
            if mode != MODULE:
                found[path] = (mode, blob, int(size))
        if len(found) > MOST:
            raise Unable(f"the template holds more than {MOST:,} files", "use a smaller template")
        return found

    def blob(self, path: str) -> str:
        """Return the blob id of a path, without reading it."""
        return self._entries[path][1]

    def load(self, paths: Iterable[str]) -> None:
        """Read all of `paths` in one process."""
        sizes = {blob: size for _, blob, size in map(self._entries.__getitem__, paths)}
        wanted = sizes.keys() - self._blobs.keys()
        if not wanted:
            return
        if sum(sizes.values()) > WHOLE:
            raise Unable(f"the template is larger than {WHOLE:,} bytes", "use a smaller template")
        asked = "".join(f"{blob}\n" for blob in sorted(wanted)).encode()
        out = git.run("--git-dir", str(self.directory), "cat-file", "--batch", stdin=asked, source=True)
        at = 0
        while at < len(out):
            end = out.index(b"\n", at)
            name, kind, *size = out[at:end].decode().split()
            if kind != "blob":
                raise git.GitFailed("cat-file", f"the object {name} is {kind}")
            self._blobs[name] = out[end + 1 : end + 1 + int(size[0])]
            at = end + 2 + int(size[0])

    def read(self, path: str) -> bytes:
        self.load([path])
        return self._blobs[self._entries[path][1]]


@dataclass(frozen=True)
class Part:
    """What lies below `folder` in `whole`; links may point anywhere in `whole`, never out of it."""

    whole: Tree
    folder: str

    def modes(self) -> Mapping[str, str]:
        return self._modes

    @cached_property
    def _modes(self) -> dict[str, str]:
        start = f"{self.folder}/" if self.folder else ""
        return {path[len(start) :]: mode for path, mode in self.whole.modes().items() if path.startswith(start)}

    def read(self, path: str) -> bytes:
        return self.whole.read(f"{self.folder}/{path}" if self.folder else path)

    def file(self, path: str) -> bytes:
        """Return the bytes of the file that `path` leads to; raise `Unreadable` where it leaves `whole` or is none."""
        return self.whole.read(target(self.whole, f"{self.folder}/{path}" if self.folder else path))

    def load(self) -> None:
        """Read everything at once where the whole is a git tree."""
        if isinstance(self.whole, Commit):
            start = f"{self.folder}/" if self.folder else ""
            self.whole.load(start + path for path, mode in self.modes().items() if mode != FOLDER)


def followed(tree: Tree, path: str) -> str:
    """Return where `path` leads to in `tree`, each link followed; raise `Unreadable` where one leaves it."""
    modes = tree.modes()
    here: list[str] = []
    ahead = path.split("/")[::-1]
    links = 0
    while ahead:
        name = ahead.pop()
        at = "/".join((*here, name))
        if name == ".." and here:
            here.pop()
        elif modes.get(at) == LINK:
            links += 1
            aim = os.fsdecode(tree.read(at))
            ahead += aim.split("/")[::-1]
            if links > 40 or aim.startswith("/"):
                raise Unreadable(path, "is a link that leaves the template or has no end")
        elif name == "..":
            raise Unreadable(path, "is a link that leaves the template or has no end")
        elif name not in ("", "."):
            here.append(name)
    return "/".join(here)


def target(tree: Tree, path: str) -> str:
    """Return the path of the file that `path` leads to inside `tree`; raise `Unreadable` where it leaves or is none."""
    end = followed(tree, path)
    if tree.modes().get(end) not in (FILE, EXECUTABLE):
        raise Unreadable(path, "is a link that leads to no file")
    return end


def _entries(folder: Path, path: str) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, by name, without the repository that a template's top is."""
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise Unreadable(path, f"can't be read ({error.strerror})") from error
    return [entry for entry in found if path or entry.name != ".git"]


def _mode(path: str, found: os.stat_result) -> str:
    """Return git's mode of what `found` is; raise `Unreadable` for a device, a pipe or a socket."""
    if stat.S_ISLNK(found.st_mode):
        return LINK
    if stat.S_ISDIR(found.st_mode):
        return FOLDER
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable(path, "is no regular file")
    return EXECUTABLE if found.st_mode & stat.S_IXUSR else FILE


def blob_id(data: bytes) -> str:
    """Return git's SHA-1 id of a blob with bytes `data`."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def tree_id(tree: Tree) -> str:
    """Return the id that git gives the tree of these files; empty folders do not count."""
    root: dict[str, object] = {}
    for path, mode in tree.modes().items():
        if mode == FOLDER:
            continue
        *folders, name = path.split("/")
        here = root
        for folder in folders:
            here = here.setdefault(folder, {})  # type: ignore[assignment]
        here[name] = (mode, blob_id(tree.read(path)))
    return _tree_id(root)


def _tree_id(entries: dict[str, object]) -> str:
    rows = []
    for name, value in entries.items():
        mode, found = ("40000", _tree_id(value)) if isinstance(value, dict) else cast(tuple[str, str], value)
        raw = os.fsencode(name)
        rows.append(
            (raw + (b"/" if mode == "40000" else b""), mode.encode() + b" " + raw + b"\0" + bytes.fromhex(found))
        )
    data = b"".join(row for _, row in sorted(rows))
    return hashlib.sha1(b"tree %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

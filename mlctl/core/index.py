"""What git knows of a repository: the files of its index, read from the index by blob or from the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mlctl.core.tree import EXECUTABLE, FILE, blob_id
from mlctl.tools import git
from mlctl.tools.errors import Unable, printable

OFFLINE = ("-c", "protocol.allow=never")
EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
ABSENT = "its content is not in this clone"
NOWHERE = "no-such-object"
BATCH = 400


class NoRepository(Unable):
    """A folder that lies in no git repository."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"'{printable(str(folder))}' lies in no git repository",
            "run `git init` and `git add` there first: what is not in git is not checked",
        )


def top(folder: Path) -> Path:
    """Return the top of the work tree that `folder` lies in; raise `NoRepository` where there is none."""
    found = git.answers("rev-parse", "--show-toplevel", cwd=folder)
    if not found or not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(found)):
        raise NoRepository(folder)  # its work tree may be set to be elsewhere
    return Path(found)


@dataclass(frozen=True)
class Index:
    """The commit about to be made: paths, modes and bytes of the index; `unread` says why some have no bytes."""

    root: Path
    _read: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    unread: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def entries(self) -> dict[str, tuple[str, str]]:
        """The mode and the blob id of each path; what was only announced by `add -N` is not there."""
        found: dict[str, tuple[str, str]] = {}
        for row in self._git("ls-files", "-s", "-z").decode("utf-8", "surrogateescape").split("\0"):
            if row:
                facts, _, path = row.partition("\t")
                mode, blob, stage = facts.split(" ")
                if stage == "0" or path not in found:
                    found[path] = (mode, blob)
        if any(blob == EMPTY for _, blob in found.values()):
            announced = self._git(*git.unfiltered(self.root), "diff-files", "--diff-filter=A", "--name-only", "-z")
            for path in announced.decode("utf-8", "surrogateescape").split("\0"):
                found.pop(path, None)
        return found

    def modes(self) -> Mapping[str, str]:
        """Return git's mode of each path."""
        return {path: mode for path, (mode, _) in self.entries.items()}

    def blob(self, path: str) -> str:
        """Return the blob id of a file."""
        return self.entries[path][1]

    def read(self, path: str) -> bytes:
        """Return the bytes of a file, nothing where they are not in this clone."""
        if path not in self._read:
            self._read[path] = dict(self.stream([path])).get(path, b"")
        return self._read[path]

    def stream(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the bytes of `paths`, a few at a time; blobs that a partial clone lacks are left out."""
        todo = list(paths)
        for start in range(0, len(todo), BATCH):
            some = todo[start : start + BATCH]
            for path, data in zip(some, self._blobs([self.blob(path) for path in some]), strict=True):
                if data is None:
                    self.unread[path] = ABSENT
                else:
                    yield path, data

    def _blobs(self, blobs: list[str]) -> list[bytes | None]:
        out = self._asked(blobs, "--batch")
        found: list[bytes | None] = []
        at = 0
        for _ in blobs:
            end = out.index(b"\n", at)
            words = out[at:end].split()
            size = int(words[2]) if len(words) == 3 else -1
            found.append(out[end + 1 : end + 1 + size] if size >= 0 else None)
            at = end + 2 + size
        return found

    def _asked(self, blobs: list[str], how: str) -> bytes:
        """Return what cat-file says of each blob; one that a partial clone lacks is "missing", never fetched."""
        try:
            return self._git("cat-file", how, stdin="".join(f"{blob}\n" for blob in blobs).encode())
        except git.GitFailed:
            known = "".join(f"{blob if blob in self._local else NOWHERE}\n" for blob in blobs)
            return self._git("cat-file", how, stdin=known.encode())

    @cached_property
    def _local(self) -> frozenset[str]:
        """The objects that are in this clone."""
        out = self._git("cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)")
        return frozenset(out.decode().split())

    def sizes(self) -> dict[str, int]:
        """Return the size of each file in bytes, 0 where a partial clone does not know it."""
        files = {path: blob for path, (mode, blob) in self.entries.items() if mode in (FILE, EXECUTABLE)}
        rows = self._asked(list(files.values()), "--batch-check=%(objectsize)").split(b"\n")
        return {path: int(row) if row.isdigit() else 0 for path, row in zip(files, rows, strict=False)}

    def on_disk(self, path: str) -> bool:
        """Tell whether a path lies on the disk, in the index or not."""
        return os.path.lexists(self.root / path)

    def _git(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        return git.run(*OFFLINE, *arguments, cwd=self.root, stdin=stdin, env=self._environment)

    @cached_property
    def _environment(self) -> dict[str, str]:
        """git's index of this very commit, where a hook names one that lies in this repository's git directory."""
        named = os.environ.get("GIT_INDEX_FILE")
        calm = {"GIT_NO_LAZY_FETCH": "1"}
        if not named:
            return calm
        directory = git.answers("rev-parse", "--absolute-git-dir", cwd=self.root)
        full = os.path.realpath(self.root / named)
        if directory and full.startswith(os.path.realpath(directory) + os.sep):
            return {**calm, "GIT_INDEX_FILE": full}
        return calm


@dataclass(frozen=True)
class WorkTree(Index):
    """The paths of the index with the bytes that lie on the disk; what was deleted there is not there."""

    @cached_property
    def entries(self) -> dict[str, tuple[str, str]]:
        """The mode and the blob id of each path that is tracked and still on the disk."""
        there = Index(self.root).entries
        changed = self._git(*git.unfiltered(self.root), "diff-files", "--name-only", "-z").decode(
            "utf-8", "surrogateescape"
        )
        found = dict(there)
        for path in set(changed.split("\0")) & there.keys():
            if not self.on_disk(path):
                del found[path]
            elif there[path][0] in (FILE, EXECUTABLE):
                found[path] = (there[path][0], blob_id(self._disk(path)))
        return found

    def stream(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the bytes of `paths`, without those that can't be read."""
        read = ((path, self._disk(path)) for path in paths)
        return ((path, data) for path, data in read if path not in self.unread)

    def sizes(self) -> dict[str, int]:
        """Return the size of each file in bytes."""
        return {path: self._size(path) for path, (mode, _) in self.entries.items() if mode in (FILE, EXECUTABLE)}

    def _size(self, path: str) -> int:
        try:
            return os.lstat(self.root / path).st_size
        except OSError:
            return 0

    def _disk(self, path: str) -> bytes:
        try:
            if os.path.islink(self.root / path):
                return os.fsencode(os.readlink(self.root / path))
            handle = os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(handle, "rb") as file:
                return file.read(100_000_000)
        except FileNotFoundError:
            found = self._blobs([Index(self.root).blob(path)])[0]  # a sparse checkout leaves it to the index
            self.unread.update({path: ABSENT} if found is None else {})
            return found or b""
        except OSError as error:
            self.unread[path] = f"it can't be read: {(error.strerror or 'no file').lower()}"
            return b""

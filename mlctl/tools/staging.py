"""Folders of our own: they become what was asked for, or vanish, whatever ends the run."""

from __future__ import annotations

import atexit
import contextlib
import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mlctl.tools.errors import Unable, printable
from mlctl.tools.files import remove, settle
from mlctl.tools.signals import held
from mlctl.tools.swap import vacate

STAGING = ".mlctl-new-"
_PASSING: dict[Path, Callable[[Path], None]] = {}


@contextlib.contextmanager
def temporary(prefix: str = "mlctl-", parent: Path | None = None) -> Iterator[Path]:
    """Yield a new folder of our own, in `parent` or among the temporary ones; it vanishes with all that lies in it."""
    root = Path(parent or tempfile.gettempdir(), f"{prefix}{os.urandom(8).hex()}")
    with _passing(root, remove):
        root.mkdir(0o700)
        yield root


@contextlib.contextmanager
def _passing(path: Path, end: Callable[[Path], None]) -> Iterator[None]:
    """See that `path` meets its `end`: after the block, or as the process ends where a signal broke in on that."""
    _PASSING[path] = end
    try:
        yield
    finally:
        with held():
            end(path)
            if not os.path.lexists(path):
                _PASSING.pop(path, None)


@atexit.register
def _pass() -> None:
    for path, end in reversed(_PASSING.items()):
        end(path)


@contextlib.contextmanager
def staging(target: Path) -> Iterator[Path]:
    """Yield a new folder, named as `target` and in one beside it; all that is not renamed away vanishes again."""
    with _parents(target.parent):
        _sweep(target.parent)
        with temporary(STAGING, target.parent) as root:
            handle = os.open(root, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                inner = root / target.name
                inner.mkdir()
                yield inner
            finally:
                os.close(handle)


def become(root: Path, target: Path) -> None:
    """Make the staged folder `root` be `target`: an absent or an empty folder, in one step."""
    settle(root)
    try:
        os.rename(root, target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            raise Occupied(target) from error
        raise
    with contextlib.suppress(OSError):  # it is there by now, whatever the disk says
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Occupied(Unable):
    """The folder that was asked for is there already, and is not an empty one."""

    def __init__(self, target: Path) -> None:
        what = "is a symbolic link" if target.is_symlink() else "is there already"
        super().__init__(
            f"'{printable(str(target))}' {what}",
            "name a folder that is absent or empty; an existing repository comes in by `mlctl adopt`",
        )


@contextlib.contextmanager
def _parents(folder: Path) -> Iterator[None]:
    """Make `folder`; those made for it that stay empty vanish again, the innermost first."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    with contextlib.ExitStack() as stack:
        for parent in reversed(missing):
            stack.enter_context(_passing(parent, vacate))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unable(
                f"'{printable(str(folder))}' can't be made ({error.strerror})", "name a folder that you may write"
            ) from error
        yield


def _sweep(parent: Path) -> None:
    """Remove what an earlier run that was killed left staged in `parent`: nobody holds its lock any more."""
    for left in parent.glob(STAGING + "*"):
        with contextlib.suppress(OSError):
            if left.lstat().st_mtime > time.time() - 60:
                continue  # its owner may not hold the lock yet
            handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(left)
            finally:
                os.close(handle)

"""Changes of the disk that happen in one step each: files that change places, that appear, a lock that a kill frees."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlctl.tools import files, signals


def exchange(first: Path, second: Path) -> None:
    """Let two files change places in one step; where the system can't, by way of a link."""
    if _rename(first, second, 2):
        return
    aside = first.with_name(first.name + ".aside")
    with signals.held():
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)
        os.link(second, aside, follow_symlinks=False)
        os.replace(first, second)
        os.replace(aside, first)


def appear(first: Path, second: Path) -> None:
    """Rename `first` to `second`, which must not be there: raise `FileExistsError`."""
    if not _rename(first, second, 1):
        with signals.held():
            os.link(first, second, follow_symlinks=False)
            os.unlink(first)


def _rename(first: Path, second: Path, flags: int) -> bool:
    """Call renameat2; tell whether the system and its file system know it."""
    import ctypes

    call = getattr(files.system(), "renameat2", None)
    if call is None:
        return False
    if call(-100, os.fsencode(first), -100, os.fsencode(second), ctypes.c_uint(flags)) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(number, os.strerror(number), str(second))


@contextlib.contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the lock file `path` against other runs; yield whether it was free. A killed run frees it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield True
    finally:
        os.close(handle)


def together(root: Path, texts: Mapping[str, bytes]) -> None:
    """Write files below `root`, of which the last one decides; where one can't be written, all is put back."""
    before = {path: (root / path).read_bytes() if (root / path).is_file() else None for path in texts}
    try:
        for path, data in texts.items():
            files.replace(root / path, data)
    except BaseException:
        for path, old in before.items():
            with contextlib.suppress(OSError):
                discard(root / path) if old is None else files.replace(root / path, old)
                prune((root / path).parent, root)
        raise


def prune(folder: Path, stop: Path) -> None:
    """Remove the empty `folder` and its empty parents below `stop`."""
    while folder != stop and stop in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def vacate(folder: Path) -> None:
    """Remove a folder of ours, if it is there and empty."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def append(path: Path, line: bytes) -> None:
    """Add a line to a file, whole or not at all."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    try:
        size = os.fstat(handle).st_size
        try:
            if os.write(handle, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        except OSError:
            os.truncate(handle, size)
            raise
    finally:
        os.close(handle)


def link(target: str, path: Path) -> None:
    """Make a symbolic link."""
    os.symlink(target, path)


def discard(path: Path) -> None:
    """Remove a file of ours, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def prune_all(folder: Path) -> None:
    """Remove `folder` where it holds nothing but folders."""
    for at, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(at)


def umask() -> int:
    """Return the rights that new files do not get."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask

"""Bare clones of platforms: built aside, marked complete, renamed; a damaged one is made again once."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mlctl.core.settings import home
from mlctl.tools import files, git, swap
from mlctl.tools.errors import Unable, printable
from mlctl.tools.staging import temporary

MARK = "mlctl-complete"
HEAD = "refs/mlctl/HEAD"
ABANDONED = 24 * 3600
SECONDS = 300
Result = TypeVar("Result")


class Unreachable(Unable):
    """A platform that git can't reach, and of which no copy is kept."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(
            f"the platform '{printable(name)}' can't be reached: {printable(said)}",
            "check the address, your network and your right to read it, then try again",
        )


@dataclass(frozen=True)
class Clone:
    """A bare clone at `directory`; `stale` is why it could not be brought up to date, if so."""

    directory: Path
    stale: str = ""


def clone(origin: str, name: str, fresh: bool = True, key: str = "") -> Clone:
    """Return the bare clone of `origin` (a URL or a bundle), brought up to date if `fresh`.

    `name` tells it to people; `key` tells clones of one origin apart that must not share a place.
    """
    directory = home("cache") / "platforms" / (hashlib.sha256((key or origin).encode()).hexdigest()[:24] + ".git")
    if not (directory / MARK).exists():
        _build(origin, name, directory)
    elif fresh:
        return Clone(directory, _refreshed(directory))
    return Clone(directory)


def mended(found: Clone, origin: str, name: str, use: Callable[[Clone], Result], key: str = "") -> Result:
    """Return `use(found)`; where git finds the clone damaged, make the clone again, once."""
    try:
        return use(found)
    except Unable:
        if _sound(found.directory):
            raise
        files.remove(found.directory)
        return use(clone(origin, name, key=key))


def _build(origin: str, name: str, directory: Path) -> None:
    try:
        directory.parent.mkdir(0o700, parents=True, exist_ok=True)
        _sweep(directory.parent)
        with temporary("tmp-", directory.parent) as aside:
            clone = ("clone", "--quiet", "--bare", "--template=", "--no-local", "--end-of-options")
            git.run(*clone, origin, str(aside / "it"), source=True, env=git.REACHING, timeout=SECONDS)
            files.replace(aside / "it" / MARK, f"{time.time():.0f}\n".encode())
            _put(aside / "it", directory)
    except git.GitFailed as error:
        raise Unreachable(name, error.said) from error
    except OSError as error:
        raise Unable(
            f"the cache '{printable(str(directory.parent))}' can't be written ({error.strerror})",
            "set XDG_CACHE_HOME to a folder that you may write",
        ) from error


def _put(built: Path, directory: Path) -> None:
    try:
        os.rename(built, directory)
    except OSError:
        if not (directory / MARK).exists():
            files.remove(directory)
            os.rename(built, directory)


def _refreshed(directory: Path) -> str:
    """Bring the clone up to date, one run at a time; return why it could not be, or nothing."""
    try:
        with open(directory / MARK, "rb") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX)
            try:
                _updated(directory)
            except git.GitFailed as error:
                if "lock" not in error.said or not _freed(directory):
                    raise
                _updated(directory)
    except git.GitFailed as error:
        return error.said or "git failed"
    except OSError as error:
        return error.strerror or "the copy can't be read"
    return ""


def _freed(directory: Path) -> bool:
    """Remove git's locks from a clone that this run alone brings up to date; tell whether a killed one had left any."""
    left = [*directory.rglob("*.lock")]
    for lock in left:
        swap.discard(lock)
    return bool(left)


def _updated(directory: Path) -> None:
    try:
        _fetch(directory, f"+HEAD:{HEAD}")
    except git.GitFailed as error:
        if "remote ref HEAD" not in error.said:
            raise
        _fetch(directory)  # the remote's HEAD names a branch that it does not have


def _fetch(directory: Path, *more: str) -> None:
    git.run("--git-dir", str(directory), "fetch", "--quiet", "--force", "--prune", "--no-tags", "--no-auto-maintenance",
            "--no-recurse-submodules", "--no-write-fetch-head", "origin", "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*", *more, source=True, env=git.REACHING, timeout=SECONDS)  # fmt: skip


def _sound(directory: Path) -> bool:
    return git.answers("--git-dir", str(directory), "fsck", source=True) is not None


def _sweep(parent: Path) -> None:
    """Remove what a run that was killed left here a day ago or more."""
    for left in parent.glob("tmp-*"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - ABANDONED:
                files.remove(left)

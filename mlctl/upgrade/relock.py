"""Locks a project's packages again, where an upgrade changes what they are locked from and nobody touched the lock."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager

from mlctl.core.record import LOCK
from mlctl.tools import files, git, uv
from mlctl.tools.errors import MlctlError
from mlctl.tools.staging import temporary
from mlctl.upgrade.project import Project

Read = Callable[[str], bytes | None]
Busy = Callable[[str], AbstractContextManager[object]]
FROM = re.compile(r"(.*/)?(pyproject\.toml|uv\.toml)|constraints\.txt")
ALSO = ("README.md", ".python-version")


class NotLocked(MlctlError):
    """Why a lock stays as it is, and what its owner does about it."""


def relocked(
    project: Project, changed: Collection[str], conflicted: Collection[str], safe: bool, read: Read, busy: Busy
) -> bytes | None:
    """Return the new `uv.lock` of a project, of which `read` returns the files after the upgrade; nothing if it fits.

    Only the files that packages are declared in are laid out for uv, in a folder of their own, so that no code of the
    project is there. Raises `NotLocked` where the lock may be stale and is left alone.
    """
    old = project.at_head(uv.FILE)
    if old is None or not any(FROM.fullmatch(path) for path in changed):
        return None
    if any(FROM.fullmatch(path) for path in conflicted):
        raise NotLocked("uv.lock may be stale", "once the conflicts are resolved, run `uv lock`")
    if not safe:
        raise NotLocked("uv.lock may be stale: the platform is not on your trust list", "run `uv lock`")
    if not _untouched(project):
        raise NotLocked("uv.lock may be stale, and is kept: you changed it since mlctl locked it", "run `uv lock`")
    with temporary("mlctl-lock-") as root, busy("locking the packages again (uv lock)"):
        files.put(root / uv.FILE, old)
        for path in {*project.entries, *changed}:
            data = read(path) if FROM.fullmatch(path) or path in ALSO else None
            if data is not None:
                files.put(root / path, data)
        why = uv.lock(root)
        if why:
            raise NotLocked(f"uv.lock may be stale: {why}", "run `uv lock`")
        new = (root / uv.FILE).read_bytes()
    return None if new == old else new


def _untouched(project: Project) -> bool:
    """Tell whether the last commit that changed the lock changed the record too: then mlctl made it."""
    asked = (
        "log",
        "-1",
        "--format=",
        "--name-only",
        "-z",
        "--full-diff",
        "HEAD",
        "--",
        f":(top,literal){project.prefix}{uv.FILE}",
    )
    try:
        out = project.run(*asked)
    except git.GitFailed:  # a partial clone that would have to fetch its history
        return False
    return f"{project.prefix}{LOCK}" in out.decode("utf-8", "surrogateescape").split("\0")

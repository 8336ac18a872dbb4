"""A project's own git repository and its first commit."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mlctl.core.record import FOLDER as RECORD
from mlctl.tools import git

NOBODY = {
    "GIT_AUTHOR_NAME": "mlctl", "GIT_AUTHOR_EMAIL": "mlctl@localhost",
    "GIT_COMMITTER_NAME": "mlctl", "GIT_COMMITTER_EMAIL": "mlctl@localhost",
}  # fmt: skip
# what a user has configured for other commits neither joins this one nor stops it
PLAIN = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.excludesFile=/dev/null", "-c", "core.attributesFile=/dev/null"),
    *("-c", "core.fsmonitor=false", "-c", "core.autocrlf=false", "-c", "core.safecrlf=false"),
    *("-c", "maintenance.auto=false"),
)


def enclosing(folder: Path) -> str:
    """Return the work tree that `folder` lies in, or nothing; a missing folder counts as its nearest parent."""
    while not folder.is_dir():
        folder = folder.parent
    return git.answers("rev-parse", "--show-toplevel", cwd=folder) or ""


def first_commit(root: Path, message: str, executables: Iterable[str] = ()) -> str:
    """Make `root` a repository with all its files committed; return the commit. Needs no configured identity.

    `executables` are committed as such also where the file system keeps no modes.
    """
    if not (root / ".git").exists():
        branch = git.answers("config", "--get", "init.defaultBranch") or "main"
        git.run("init", "--quiet", f"--initial-branch={branch}", cwd=root)
    git.run(*PLAIN, "add", "--all", cwd=root)
    if (root / RECORD).is_dir():
        git.run(*PLAIN, "add", "--force", "--", RECORD, cwd=root)  # an upgrade reads it there, whatever is ignored
    _mark(root, set(executables))
    commit = (*PLAIN, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "--allow-empty", "--cleanup=verbatim")
    try:
        git.run(*commit, "-m", message, cwd=root)
    except git.GitFailed:
        git.run(*commit, "-m", message, cwd=root, env=NOBODY | _dated())
    return git.text("rev-parse", "HEAD", cwd=root)


def _mark(root: Path, executables: set[str]) -> None:
    """Say in the index which files are executable where git found that the file system does not."""
    if executables and git.answers("config", "--bool", "core.fileMode", cwd=root) == "false":
        paths = executables & set(git.run("ls-files", "-z", cwd=root).decode().split("\0"))
        git.run("update-index", "-z", "--chmod=+x", "--stdin", cwd=root, stdin="\0".join(sorted(paths)).encode())


def _dated() -> dict[str, str]:
    return {name: os.environ[name] for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE") if name in os.environ}

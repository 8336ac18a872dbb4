"""Real git repositories: every commit has the same identity and date, so that its id is the same each time."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

DATE = "2026-01-01T00:00:00+00:00"
IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"), ("DATE", DATE))
}


def git(folder: Path, *arguments: str, **environment: str) -> str:
    """Return what `git *arguments` prints in `folder`, stripped; no configuration of the machine counts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    calm = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, **IDENTITY, **environment}
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments], cwd=folder, env=kept | calm, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def make_repo(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """Make `folder` a repository on the branch `main`, with one commit if there are `files`; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for path, text in (files or {}).items():
        write(folder, path, text)
    if files:
        commit(folder, "Start")
    return folder


def write(folder: Path, path: str, text: str | bytes, executable: bool = False) -> Path:
    """Write a file below `folder`, with the folders that it needs; return its path."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    if executable:
        file.chmod(0o755)
    return file


def append(folder: Path, path: str, text: str) -> Path:
    """Add `text` at the end of a file."""
    with (folder / path).open("a") as file:
        file.write(text)
    return folder / path


def remove(folder: Path, path: str) -> None:
    """Remove a file, or a folder and all below it."""
    if (folder / path).is_dir():
        shutil.rmtree(folder / path)
    else:
        (folder / path).unlink()


def commit(folder: Path, message: str = "Change", **environment: str) -> str:
    """Commit all that lies in `folder`; return the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", message, **environment)
    return git(folder, "rev-parse", "HEAD")


def tag(folder: Path, name: str, annotated: bool = True) -> str:
    """Tag the current commit; return the commit."""
    git(folder, "tag", *(["-a", "-m", name] if annotated else []), "--", name)
    return git(folder, "rev-parse", "HEAD")

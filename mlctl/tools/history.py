"""What GitPython reads for us: where a repository on the disk came from."""

from __future__ import annotations

from pathlib import Path


def origin(folder: Path) -> str:
    """Return the URL of the remote `origin` of the repository at `folder`, or nothing."""
    import git

    try:
        with git.Repo(folder, search_parent_directories=False) as repository:
            return next((str(remote.url) for remote in repository.remotes if remote.name == "origin"), "")
    except (git.GitError, OSError, ValueError):
        return ""

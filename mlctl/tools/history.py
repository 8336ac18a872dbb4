"""What GitPython reads for us: where a repository on the disk came from."""

from __future__ import annotations

import configparser
import os
from pathlib import Path

from mlctl.tools.git import binary


def origin(folder: Path) -> str:
    """Return the URL of the remote `origin` of the repository at `folder`, or nothing."""
    os.environ |= {"GIT_PYTHON_GIT_EXECUTABLE": binary(), "GIT_PYTHON_REFRESH": "quiet"}  # else any git of the PATH
    import git

    try:
        with git.Repo(folder, search_parent_directories=False) as repository:
            return str(repository.config_reader("repository").get_value('remote "origin"', "url", ""))
    except (git.GitError, configparser.Error, OSError, ValueError):
        return ""

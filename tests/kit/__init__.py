"""The test kit: real repositories, small templates, the real mlctl."""

from tests.kit.git import append, commit, git, make_repo, remove, tag, write
from tests.kit.oracle import refused, snapshot
from tests.kit.platform import FILES, TOP, platform, release, tree
from tests.kit.run import SCRIPT, Mlctl, Result, home
from tests.kit.team import team
from tests.kit.template import template

__all__ = [
    "FILES", "SCRIPT", "TOP", "Mlctl", "Result", "append", "commit", "git", "home", "make_repo", "platform", "refused",
    "release", "remove", "snapshot", "tag", "team", "template", "tree", "write",
]  # fmt: skip

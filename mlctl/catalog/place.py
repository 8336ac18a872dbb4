"""Which platform is meant: the one that was named, the one that lies here, else the one that `mlctl new` uses."""

from __future__ import annotations

from pathlib import Path

from mlctl.core.platform import FOLDER, SETTINGS, WORKTREE, Platform, find
from mlctl.core.settings import settings
from mlctl.core.source import EMBEDDED, parse
from mlctl.tools.errors import Invalid, Unable, printable


class Elsewhere(Unable):
    """A platform that does not lie here, where one is to be changed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"'{printable(name)}' does not lie in a folder of yours", "name its own folder by `-p`")


class Plain(Invalid):
    """A plain cookiecutter template where a platform is wanted."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{printable(name)}' is no platform: it has no {SETTINGS}",
            "name one by `-p`, or start one with `mlctl platform init DIRECTORY`",
        )


def place(here: Path, source: str = "", ref: str = "") -> Platform:
    """Return the platform `source` at `ref`; by default the uncommitted work in `here`, else that of `mlctl new`.

    Raises `Plain` for a template without units, and what `core.platform.find` raises.
    """
    own = any((here / folder / SETTINGS).is_file() for folder in ("", FOLDER))
    if own and not source:
        found = find(parse(".", here), ref or WORKTREE)
    else:
        found = find(parse(source or settings().platform or EMBEDDED, here), ref)
    if found.settings is None:
        raise Plain(found.source.name)
    return found


def own(here: Path, source: str = "") -> tuple[Platform, Path]:
    """Return the platform that lies in the folder `source` (by default `here`) as it is, and its folder."""
    found = place(here, source, WORKTREE)
    root = here / (source or ".")
    root = root / found.tree.folder if found.tree.folder else root
    if not (root / SETTINGS).is_file():
        raise Elsewhere(found.source.name)
    return found, root

"""Looks, before anything is written, whether a path of the plan holds what git does not have."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from mlctl.core.record import PROJECT
from mlctl.core.tree import EXECUTABLE, LINK
from mlctl.tools.errors import printable, word
from mlctl.upgrade.ends import Ends, ends
from mlctl.upgrade.plan import Plan, Write
from mlctl.upgrade.project import InTheWay, Project, several


class Occupied(InTheWay):
    """A link or a submodule of the team's where the template puts a file, or a folder with one."""

    def __init__(self, what: str, path: str) -> None:
        super().__init__(
            f"the {what} '{printable(path)}' lies where the template puts a file",
            f"move it away: `git mv {word(path)} NEW-PLACE`, commit, then run `mlctl upgrade` again",
        )


def preflight(plan: Plan, project: Project, rules: Ends) -> None:
    """Raise where a path to be written holds what git does not have: changes, or an untracked file."""
    taken, dirty = _obstacles(plan, project, rules)
    if taken:
        raise InTheWay(
            f"{_untracked(taken)} {'are' if len(taken) > 1 else 'is'} in the way: {several(taken)}",
            "move or commit what is in the way, then run `mlctl upgrade` again",
        )
    if dirty:
        raise InTheWay(
            f"uncommitted changes are in the way: {several(dirty)}",
            "commit or stash them, then run `mlctl upgrade` again",
        )


def foreseen(plan: Plan, project: Project) -> list[str]:
    """Return what would keep a plan from being carried out, as notes."""
    rules = ends(project, [write.path[len(project.prefix) :] for write in plan.writes])
    taken, dirty = _obstacles(plan, project, rules)
    told = [f"{_untracked(taken)}: {several(taken)}"] if taken else []
    told += [f"uncommitted changes: {several(dirty)}"] if dirty else []
    return [f"in the way of the upgrade itself: {line}" for line in told]


def _untracked(paths: list[str]) -> str:
    return "files that git does not track" if len(paths) > 1 else "a file that git does not track"


def _obstacles(plan: Plan, project: Project, rules: Ends) -> tuple[list[str], list[str]]:
    """Return the paths of a plan where an untracked file lies, and those with changes that are not committed."""
    taken, dirty = [], []
    gone = {write.path for write in plan.writes if write.after is None}
    for write in plan.writes:
        place = project.top / write.path
        behind = _behind(project, write.path, gone)
        if behind:
            taken.append(behind)
        elif write.before is None:
            folder = place.is_dir() and not place.is_symlink()
            fits = _emptied(project, place, gone) if folder else _same(project, write, rules)
            if os.path.lexists(place) and not fits:
                taken.append(write.path)
        elif not _as_at_head(project, write, rules):
            dirty.append(write.path)
    return taken, dirty


def _same(project: Project, write: Write, rules: Ends) -> bool:
    """Tell whether an untracked file is byte for byte the one that would come."""
    place = project.top / write.path
    if write.after is None or place.is_symlink() or not place.is_file():
        return False
    data = place.read_bytes()
    executable = not rules.modes or bool(place.stat().st_mode & 0o100) == (write.after[0] == EXECUTABLE)
    return executable and write.after[1] in (
        _blob(project, data),
        _blob(project, rules.stored(_name(project, write), data)),
    )


def _name(project: Project, write: Write) -> str:
    return write.path[len(project.prefix) :]


def _behind(project: Project, path: str, gone: set[str]) -> str:
    """Return the parent of `path` that is a link, or a file that does not go; nothing where all are folders."""
    parts = path.split("/")
    for number in range(1, len(parts)):
        parent = "/".join(parts[:number])
        try:
            mode = os.lstat(f"{project.top}/{parent}").st_mode
        except FileNotFoundError:
            return ""
        if not stat.S_ISDIR(mode):
            return "" if parent in gone and not stat.S_ISLNK(mode) else parent
    return ""


def _emptied(project: Project, folder: Path, gone: set[str]) -> bool:
    """Tell whether all that lies in a folder is removed by the plan."""
    there = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
    return all(os.path.relpath(name, project.top) in gone for name in there)


def _as_at_head(project: Project, write: Write, rules: Ends) -> bool:
    assert write.before is not None
    place = project.top / write.path
    if not os.path.lexists(place):
        return write.path in project.unchecked
    path = write.path[len(project.prefix) :]
    if path == PROJECT:
        return place.read_bytes() == project.intent_text
    if place.is_symlink():
        return write.before == (LINK, _blob(project, os.fsencode(os.readlink(place))))
    if not place.is_file() or write.before[0] == LINK:
        return False
    if rules.modes and (write.before[0] == EXECUTABLE) != bool(place.stat().st_mode & 0o100):
        return False
    data = place.read_bytes()
    return write.before[1] in (_blob(project, data), _blob(project, rules.stored(path, data)))


def _blob(project: Project, data: bytes) -> str:
    return hashlib.new(project.algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

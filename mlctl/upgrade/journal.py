"""The journal of an upgrade: what each path was and shall be. Its rename into place is the decision."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mlctl.core.tree import EXECUTABLE, FILE, LINK
from mlctl.tools import files
from mlctl.tools.errors import Unable, printable
from mlctl.upgrade.project import Project

NAME, LOCKED = "upgrade.json", "upgrade.lock"
APPLYING, APPLIED, ABORTING, COMMITTING = "applying", "applied", "aborting", "committing"


@dataclass(frozen=True)
class Step:
    """A path of the work tree: its digest before and after ("" = absent), and the slot that holds the other one."""

    path: str
    before: str
    after: str
    slot: str
    conflicted: bool = False


@dataclass(frozen=True)
class Journal:
    """An upgrade that was decided on; `entries` are the lines of the index after it, `old` those before it.

    `unchecked` are the paths that a sparse checkout left out of the work tree, `prefix` is the project's place in it,
    `folders` are those that it makes.
    """

    phase: str
    id: str
    head: str
    start: str
    end: str
    tree: str
    message: str
    steps: tuple[Step, ...]
    entries: tuple[str, ...]
    old: tuple[str, ...]
    modes: bool = True
    commit: str = ""
    unchecked: tuple[str, ...] = ()
    prefix: str = ""
    folders: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the work tree."""
        return tuple(step.path for step in self.steps)


class Damaged(Unable):
    """A journal that can't be read."""


def slots(project: Project, name: str) -> Path:
    """Return the folder that holds the other one of each path, on the file system of the work tree."""
    state = project.state
    state.mkdir(parents=True, exist_ok=True)
    near = os.stat(state).st_dev == os.stat(project.root).st_dev
    return (state if near else project.root / ".mlctl") / f"upgrade-{name}"


def load(project: Project) -> Journal | None:
    """Return the journal that is there, if any."""
    path = project.state / NAME
    try:
        data: dict[str, Any] = json.loads(path.read_bytes())
        steps = tuple(Step(**step) for step in data.pop("steps"))
        entries, old = tuple(data.pop("entries")), tuple(data.pop("old"))
        unchecked, folders = tuple(data.pop("unchecked", ())), tuple(data.pop("folders", ()))
        found = Journal(steps=steps, entries=entries, old=old, unchecked=unchecked, folders=folders, **data)
        words = (found.phase, found.id, found.head, found.start, found.end, found.tree, found.message, found.commit)
        if not all(isinstance(word, str) for word in (*words, found.prefix, *entries, *old, *unchecked, *folders)):
            raise TypeError
        return found
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged(
            f"the journal {printable(str(path))} can't be read", "look at `git status`, then remove that file"
        ) from error


def save(project: Project, journal: Journal, phase: str, commit: str = "") -> Journal:
    """Put the journal in place, at `phase`; return it."""
    changed = replace(journal, phase=phase, commit=commit or journal.commit)
    files.replace(project.state / NAME, json.dumps(asdict(changed)).encode("utf-8", "surrogateescape"))
    return changed


def drop(project: Project, journal: Journal) -> None:
    """Forget an upgrade that is over: the journal, its held objects and its slots."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(project.state / NAME)
    from mlctl.upgrade.refs import release

    release(project, journal.id)
    sweep(project)


def sweep(project: Project) -> None:
    """Remove what runs that were killed before they decided left behind."""
    for folder in {project.state, project.root / ".mlctl"}:
        for left in folder.glob("upgrade-*"):
            files.remove(left)


def digest(path: Path, modes: bool = True) -> str:
    """Return the kind and the SHA-256 of a file; "" where there is none, "folder" for a folder."""
    try:
        facts = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if stat.S_ISLNK(facts.st_mode):
        return marked(LINK, os.fsencode(os.readlink(path)))
    if not stat.S_ISREG(facts.st_mode):
        return "folder"
    mode = EXECUTABLE if modes and facts.st_mode & stat.S_IXUSR else FILE
    return marked(mode, path.read_bytes(), modes)


def marked(mode: str, data: bytes, modes: bool = True) -> str:
    """Return the digest of a file with `mode` and bytes `data`; where modes do not count, only of the bytes."""
    return f"{mode if modes or mode == LINK else FILE}:{hashlib.sha256(data).hexdigest()}"

"""Starts a platform repository of one's own: the embedded platform, with what its maintainers need around it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlctl import __version__
from mlctl.catalog.pins import Unresolved, pin
from mlctl.core import constraints, units
from mlctl.core.ask import ask
from mlctl.core.platform import SETTINGS, WORKTREE, Platform, find
from mlctl.core.render import render
from mlctl.core.source import EMBEDDED, Kind, Source, parse
from mlctl.core.template import Answers, Template
from mlctl.core.tree import EXECUTABLE, FOLDER, LINK
from mlctl.new.repository import enclosing, first_commit
from mlctl.new.scaffold import free
from mlctl.tools import git
from mlctl.tools.comments import edited
from mlctl.tools.console import Terminal
from mlctl.tools.errors import Unable
from mlctl.tools.files import Entry, write
from mlctl.tools.staging import become, staging

HERE = Path(__file__).parent / "start"
STANDARDS = "standards/standards.yml"
FIRST = "v1.0.0"
Busy = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Started:
    """A platform that was started: its folder, number of files, first release, and what was not done and why."""

    target: Path
    files: int
    origin: str
    release: str
    notes: tuple[str, ...]


def start(
    target: Path, given: dict[str, str], terminal: Terminal | None, lock: bool, history: bool, here: Path, busy: Busy
) -> Started:
    """Return the platform made at `target` with the answers `given`; a failure leaves nothing behind.

    `lock` resolves its packages against the index of this machine, `history` makes a repository and its first release.
    """
    free(target, here)
    carried = find(parse(EMBEDDED, here))
    template = _template(carried)
    answers = ask(template, {template.naming: target.name, **given}, terminal)
    files = _files(carried, template, answers)
    notes: list[str] = []
    with staging(target) as root:
        write(root, files)
        if lock:
            with busy("resolving the packages against your index (uv pip compile)"):
                notes += _pinned(root)
        outer = enclosing(target.parent) if history else ""
        if outer:
            notes.append(f"'{outer}' is a repository already: no new one was made, and nothing was released")
        elif history:
            first_commit(root, f"Start {target.name} from the platform of mlctl {__version__}")
            git.run("tag", FIRST, cwd=root)
        become(root, target)
    return Started(target, len(files), carried.version.name, FIRST if history and not outer else "", tuple(notes))


def _template(carried: Platform) -> Template:
    """Return the template of what is put around a platform; versions come from the platform itself."""
    around = find(Source(Kind.FOLDER, str(HERE)), WORKTREE)
    found = units.template(around, "")
    return replace(found, context=lambda answers, chosen: constraints.context([carried], ()))


def _files(carried: Platform, template: Template, answers: Answers) -> dict[str, Entry]:
    """Return all files: those of the platform under its new name, and those around it."""
    carried.tree.load()
    files = {
        path: Entry(carried.tree.read(path), mode == EXECUTABLE)
        for path, mode in carried.tree.modes().items()
        if mode not in (FOLDER, LINK)
    }
    changes: dict[str, dict[tuple[str | int, ...], Any]] = {
        SETTINGS: {("name",): answers["project_slug"]},
        STANDARDS: {("approver",): answers["owner"]},
    }
    for path, change in changes.items():
        if path in files:
            files[path] = Entry(edited(files[path].data, change, path))
    return files | render(template, answers, {"_mlctl": __version__}).files


def _pinned(root: Path) -> list[str]:
    """Resolve the packages of the platform at `root`; return why that could not be."""
    try:
        found = pin(find(Source(Kind.FOLDER, str(root)), WORKTREE), root)
    except (Unresolved, Unable) as error:
        return [f"the tested versions are those of mlctl {__version__}: {error.sentence}"]
    return [f"{len(found.moved)} tested versions differ under your index"] if found.moved else []


def told(target: Path) -> str:
    """Return how the target is called from here."""
    place = os.path.relpath(target)
    return place if not place.startswith("../..") else str(target)

"""Makes a project: staged beside its target with record, lock and first commit, then renamed into place."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlctl.core.layers import names
from mlctl.core.record import LOCK, PROJECT, STANDARDS, Place, named, record
from mlctl.core.render import POST, PRE, Rendering, render
from mlctl.core.source import Kind
from mlctl.core.template import Answers, Template
from mlctl.core.tree import EXECUTABLE, FOLDER, LINK, Folder
from mlctl.new.repository import enclosing, first_commit
from mlctl.tools import uv
from mlctl.tools.cookiecutter import is_hook, run_hook
from mlctl.tools.errors import Unable, printable
from mlctl.tools.files import Entry, without_collisions, write
from mlctl.tools.staging import Occupied, become, staging

Busy = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Wish:
    """How a project is to be made: where (nothing = the template's own name in `here`), and what to leave out.

    `refs` are those of the layers, as they were asked for; `doubted` is the one of several layers that is not trusted.
    """

    here: Path
    directory: Path | None = None
    refs: tuple[str, ...] = ()
    trusted: bool = False
    hooks: bool = True
    git: bool = True
    lock: bool = True
    dry: bool = False
    doubted: str = ""


@dataclass(frozen=True)
class Scaffold:
    """A project that was made, or would be: its folder, its paths, what was not done and why, what to type next."""

    target: Path
    kind: str
    version: str
    source: str
    units: tuple[str, ...]
    paths: tuple[str, ...]
    commit: str | None
    locked: bool
    notes: tuple[str, ...]
    next: tuple[str, ...]
    dry: bool
    places: tuple[Place, ...] = ()


def scaffold(template: Template, answers: Answers, wish: Wish, busy: Busy) -> Scaffold:
    """Return the project made from `template` with `answers` as `wish` says; a failure leaves nothing behind."""
    facts = _facts(template, wish)
    rendering = render(template, answers, facts, wish.trusted, wish.hooks)
    without_collisions([*rendering.files, PROJECT, LOCK, STANDARDS])
    target = wish.directory or wish.here / rendering.top
    free(target, wish.here)
    places, notes = _places(template, wish, target)
    made = Scaffold(
        target, template.kind, template.platform.version.name, places[0].source, template.names(answers),
        paths=tuple(sorted(rendering.files)), commit=None, locked=False, notes=notes, next=rendering.next,
        dry=wish.dry, places=places,
    )  # fmt: skip
    if wish.dry:
        return made
    return _made(template, answers, wish, busy, rendering, made)


def _places(template: Template, wish: Wish, target: Path) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    """Return how each layer is recorded, and a warning for each that others can't follow."""
    told = [named(platform, target) for platform in template.platforms]
    refs = [*wish.refs, *[""] * len(told)]
    called = names(template.platforms)
    places = tuple(Place(source, refs[number], called[number]) for number, (source, _) in enumerate(told))
    return places, tuple(warning for _, warning in told if warning)


def free(target: Path, here: Path) -> None:
    """Raise `Occupied` where `target` is there and no empty folder, `Unable` where it is `here` or can't be made."""
    if os.path.realpath(target) in (os.path.realpath(here), os.path.realpath(".")):
        raise Unable("a project can't be made in the current folder", "name another: `mlctl new DIRECTORY`")
    try:
        if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
            raise Occupied(target)
        os.stat(os.path.join(next(parent for parent in target.parents if parent.exists()), ""))
    except OSError as error:
        raise Unable(
            f"'{printable(str(target))}' can't be made ({error.strerror})", "name a folder that you may write"
        ) from error


def _made(
    template: Template, answers: Answers, wish: Wish, busy: Busy, rendering: Rendering, made: Scaffold
) -> Scaffold:
    notes, commit = list(made.notes), None
    try:
        with staging(made.target) as root:
            _fill(root, rendering)
            ran = template.hooks if wish.trusted and wish.hooks else ()
            if ran:
                rendering = replace(rendering, files=_files(root))
            kept = record(template, answers, rendering, made.places, ran)
            write(root, {path: Entry(text.encode()) for path, text in kept.files().items()})
            locked = _locked(template, answers, root, wish, busy, notes)
            outer = enclosing(made.target.parent) if wish.git else ""
            if outer:
                notes.append(f"'{outer}' is a repository already: no new one was made; commit the project there")
            elif wish.git:
                message = f"Start {made.target.name} from {template.kind or made.source} {made.version}"
                executables = [path for path, entry in rendering.files.items() if entry.executable]
                commit = first_commit(root, message, executables)
            become(root, made.target)
    except OSError as error:
        raise Unable(
            f"'{printable(str(made.target))}' can't be written ({error.strerror})",
            "free space or rights there, then try again",
        ) from error
    return replace(made, paths=tuple(sorted(rendering.files)), commit=commit, locked=locked, notes=tuple(notes))


def _fill(root: Path, rendering: Rendering) -> None:
    """Write the rendering below `root` between the template's hooks."""

    def run(hook: str) -> None:
        for name, script in rendering.scripts.items():
            if is_hook(name) == hook:
                run_hook(name, script, root)

    run(PRE)
    write(root, rendering.files, rendering.folders)
    run(POST)


def _files(root: Path) -> dict[str, Entry]:
    """Return the files below `root` as a hook left them, without its repository."""
    tree = Folder(root)
    return {
        path: Entry(tree.read(path), mode == EXECUTABLE)
        for path, mode in tree.modes().items()
        if mode not in (FOLDER, LINK)
    }


def _locked(template: Template, answers: Answers, root: Path, wish: Wish, busy: Busy, notes: list[str]) -> bool:
    """Lock the project's packages where a unit says that it is locked; add to `notes` why not."""
    if not wish.lock or not any(uv.FILE in unit.generated for unit in template.units(answers)):
        return False
    who = f"'{printable(wish.doubted)}'" if wish.doubted else "its platform"
    why = f"`uv lock` may run the project's code, and {who} is not on your trust list"
    if wish.trusted:
        with busy("locking the packages under the platform's tested versions (uv lock)"):
            why = uv.lock(root)
    if why:
        notes.append(
            f"the packages are not locked: {why}; constraints.txt holds the tested versions, run `uv lock` later"
        )
    return not why


def _facts(template: Template, wish: Wish) -> dict[str, Any]:
    """Return the private variables that cookiecutter adds; a platform's own units get none of the machine's paths."""
    if template.composed:
        return {}
    source = template.platform.source
    parent = wish.directory.parent if wish.directory else wish.here
    home = source.location if source.kind is Kind.FOLDER else source.name
    where = os.path.join(home, template.folder) if template.folder else home
    return {
        "_template": where if template.folder else source.name,
        "_output_dir": os.path.abspath(parent),
        "_repo_dir": where,
        "_checkout": next(iter(wish.refs), "") or None,
    }

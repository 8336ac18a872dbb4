"""The user's repository as an upgrade sees it: its HEAD, its record, and what stands in the way of a merge."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mlctl.core.recall import Fact, Intent, fact, intent
from mlctl.core.record import FOLDER, LOCK, PROJECT, STANDARDS
from mlctl.core.tree import MODULE
from mlctl.tools import git
from mlctl.tools.errors import Unable, printable, word

UNDER_WAY = {
    "MERGE_HEAD": "merge", "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert", "rebase-merge": "rebase",
    "rebase-apply": "rebase", "BISECT_LOG": "bisect",
}  # fmt: skip
OURS = "your-project"
WHOLE = "whole"
MARKERS = (b"<<<<<<< ", b">>>>>>> ")


class NoProject(Unable):
    """A folder that no committed record speaks of."""

    def __init__(self, here: Path) -> None:
        there = (here / PROJECT).is_file()
        super().__init__(
            f"'{printable(str(here))}' is no project of a platform: there is no committed {PROJECT}",
            "commit the project, then try again" if there else
            "go to the project, or put this repository under a platform with `mlctl adopt`",
        )  # fmt: skip


class NoLock(Unable):
    """A project whose lock is not committed beside its intent."""

    def __init__(self, root: Path) -> None:
        there = os.path.lexists(root / LOCK)
        super().__init__(
            f"{LOCK} is not committed, and tells what the project was made from",
            f"commit it: `git add --force {LOCK}`" if there else
            f"bring it back from a commit of `git log -- {LOCK}`; or adopt anew: `git rm -r {FOLDER}`, commit, "
            "`mlctl adopt`",
        )  # fmt: skip


class NotHere(Unable):
    """A record that is committed, and does not lie in the work tree."""

    def __init__(self, folder: Path, here: Path) -> None:
        place = os.path.relpath(folder / FOLDER, here)
        sparse = git.answers("config", "--get", "core.sparseCheckout", cwd=folder, source=True) == "true"
        how = "sparse-checkout add" if sparse else "checkout HEAD --"
        super().__init__(f"the record {printable(place)} is committed, and is not checked out",
                         f"bring it back: `git {how} {word(place)}`, then try again")  # fmt: skip


class InTheWay(Unable):
    """A state of the repository in which nothing may be merged."""


@dataclass(frozen=True)
class Project:
    """A project at `top`/`prefix`; `head` and `tree` are the commit and the tree of HEAD, `git` its git directory."""

    top: Path
    prefix: str
    git: Path
    objects: Path
    algorithm: str
    head: str
    tree: str
    blobs: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def root(self) -> Path:
        """The folder of the project."""
        return self.top / self.prefix

    @property
    def state(self) -> Path:
        """Where an upgrade keeps its journal: in the git directory of this work tree."""
        return self.git / "mlctl"

    def run(
        self, *arguments: str, stdin: bytes | None = None, env: dict[str, str] | None = None,
        fine: tuple[int, ...] = (0,),
    ) -> bytes:  # fmt: skip
        """Return what git prints at the top of the repository; nothing of its configuration is run."""
        words = (*git.unfiltered(self.top), *arguments)
        return git.run(*words, cwd=self.top, stdin=stdin, env=env, source=True, fine=fine)

    @cached_property
    def entries(self) -> dict[str, tuple[str, str]]:
        """The files of HEAD below the project: mode and blob by path, relative to the project."""
        return {path: entry for path, entry in self._listed.items() if entry[0] != MODULE}

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The submodules of HEAD below the project, relative to it."""
        return tuple(path for path, entry in self._listed.items() if entry[0] == MODULE)

    @cached_property
    def _listed(self) -> dict[str, tuple[str, str]]:
        only = ("--", f":(literal){self.prefix}") if self.prefix else ()
        found = listed(self.run("ls-tree", "-r", "-z", self.tree, *only))
        return {path.removeprefix(self.prefix): entry for path, entry in found.items()}

    @cached_property
    def unchecked(self) -> frozenset[str]:
        """The paths of the repository that a sparse checkout leaves out of the work tree."""
        if not (self.git / "info" / "sparse-checkout").exists():
            return frozenset()
        out = self.run("ls-files", "-t", "-z").decode("utf-8", "surrogateescape")
        return frozenset(line[2:] for line in out.split("\0") if line.startswith("S "))

    def read(self, names: Iterable[str]) -> Mapping[str, bytes]:
        """Return the blobs of those ids that are there, read in one process."""
        wanted = sorted(set(names) - self.blobs.keys())
        if wanted:
            asked = "".join(f"{name}\n" for name in wanted).encode()
            self.blobs.update(contents(self.run("cat-file", "--batch", "--buffer", stdin=asked)))
        return self.blobs

    def at_head(self, path: str) -> bytes | None:
        """Return the bytes of a file at HEAD, relative to the project."""
        if path not in self.entries:
            return None
        name = self.entries[path][1]
        return self.read([name])[name]

    @cached_property
    def fact(self) -> Fact:
        """The lock as HEAD has it."""
        self.read(self.entries[path][1] for path in (LOCK, PROJECT, STANDARDS) if path in self.entries)
        data = self.at_head(LOCK)
        if data is None and PROJECT in self.entries:
            raise NoLock(self.root)
        if data is None:
            raise NoProject(self.root)
        return fact(_unmarked(data, LOCK), LOCK)

    @property
    def whole(self) -> bool:
        """Whether the lock is known to be one that an upgrade wrote or held true: not one that git merged of two."""
        return self._known == self.entries.get(LOCK, ("", ""))[1]

    def remember(self, lock: str) -> None:
        """Note the blob of a lock that is known to be whole; of a plain template none has to be."""
        from mlctl.tools.files import replace

        if self.fact.units and lock != self._known:
            with contextlib.suppress(OSError):  # then it is looked at once more
                replace(self.state / WHOLE, lock.encode())

    @property
    def _known(self) -> str:
        place = self.state / WHOLE
        return place.read_text(errors="replace") if place.is_file() else ""

    @cached_property
    def intent(self) -> Intent:
        """The intent as the work tree has it: editing it is one way to ask for an upgrade."""
        return intent(self.intent_text, PROJECT)

    @cached_property
    def intent_text(self) -> bytes:
        """The text of `project.yml` in the work tree."""
        from mlctl.tools.files import read_bounded
        from mlctl.tools.yaml import LIMIT

        if self.at_head(PROJECT) is None:
            raise NoProject(self.root)
        text = read_bounded(self.root / PROJECT, LIMIT, PROJECT)
        return _unmarked(text, PROJECT)


def locate(here: Path) -> Path:
    """Return the folder of the project that `here` lies in; raise `NoProject`, or `NotHere` for one not checked out."""
    above = [here, *here.parents]
    for number, folder in enumerate(above, 1):
        if (folder / FOLDER).is_dir():
            return folder
        if (folder / ".git").exists():
            for lost in above[:number]:
                if git.answers("rev-parse", "-q", "--verify", f"HEAD:./{PROJECT}", cwd=lost, source=True):
                    raise NotHere(lost, here)
            break
    raise NoProject(here)


def open_project(folder: Path) -> Project:
    """Return the project in `folder`; raise `InTheWay` where there is no repository or no commit."""
    asked = ("rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-path", "objects")
    place = (*asked, "--show-object-format", "--show-prefix")
    try:
        said = git.text(*place, "HEAD^{commit}", "HEAD^{tree}", cwd=folder, source=True).split("\n")
        if len(said) != 7:
            raise InTheWay(
                f"a line break is in the path '{printable(str(folder))}'", "move the project, then try again"
            )
        return Project(Path(said[0]), said[4], Path(said[1]), Path(said[2]), said[3], said[5], said[6])
    except git.GitFailed:
        pass
    try:
        git.text(*place, cwd=folder, source=True)
    except git.GitFailed as error:
        if "dubious" in error.said:
            raise
        raise InTheWay(
            f"'{printable(str(folder))}' is in no git repository", "run `git init` and commit, then try again"
        ) from error
    raise InTheWay("the repository has no commit", "make a first commit, then try again")


def listed(out: bytes) -> dict[str, tuple[str, str]]:
    """Return mode and id by path of what `ls-tree -r -z` prints."""
    found = {}
    for line in out.decode("utf-8", "surrogateescape").split("\0"):
        if line:
            facts, _, path = line.partition("\t")
            mode, _, name = facts.split()
            found[path] = (mode, name)
    return found


def contents(out: bytes) -> dict[str, bytes]:
    """Return the blobs in what `cat-file --batch` prints, by id; absent ones are left out."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        name, *facts = out[at:end].decode().split()
        at = end + 1
        if len(facts) == 2:
            size = int(facts[1])
            found[name] = out[at : at + size]
            at += size + 1
    return found


def ready(project: Project) -> None:
    """Raise `InTheWay` where a merge could not start from HEAD: something under way, or anything staged."""
    for name, what in UNDER_WAY.items():
        if os.path.lexists(project.git / name):
            raise InTheWay(f"a {what} is under way", f"finish or abort the {what}, then run `mlctl upgrade` again")
    if os.path.lexists(project.git / "index.lock"):
        raise InTheWay("another git process holds the index", "wait for it, or remove a stale .git/index.lock")
    out = project.run("diff-index", "--cached", "--name-only", "-z", "--ignore-submodules", "HEAD", "--")
    staged = [path for path in out.decode("utf-8", "surrogateescape").split("\0") if path]
    if staged:
        raise InTheWay(
            f"the index holds {len(staged)} staged change{'s' * (len(staged) > 1)}: {several(staged)}",
            "commit or unstage them, then run `mlctl upgrade` again",
        )


def resolved(project: Project, given: Mapping[str, tuple[str, str, int]]) -> None:
    """Raise `InTheWay` where files that the template `given` and the team edited hold an earlier upgrade's markers."""
    edited = {path for path in given if project.entries.get(path, given[path][:2])[1] != given[path][1]}
    with contextlib.suppress(git.GitFailed):  # a partial clone that would have to fetch them
        project.read(project.entries[path][1] for path in edited)
    left = [path for path in sorted(edited) if marked(project.blobs.get(project.entries[path][1], b""), OURS)]
    if left:
        raise InTheWay(
            f"conflict markers of an earlier upgrade are committed in {several(left)}",
            "resolve and commit them, then run `mlctl upgrade` again",
        )


def marked(data: bytes, ours: str = "") -> bool:
    """Tell whether lines of a file begin with git's conflict markers, the first of them naming the side `ours`."""
    first, last = MARKERS
    if first not in data or last not in data:
        return False
    lines = data.split(b"\n")
    return any(li.startswith(first + ours.encode()) for li in lines) and any(li.startswith(last) for li in lines)


def _unmarked(text: bytes, name: str) -> bytes:
    """Return the text of a file of the record; raise `InTheWay` where it holds the markers of a merge."""
    if marked(text):
        raise InTheWay(
            f"{name} holds conflict markers",
            f"take one side of the record whole: `git checkout --ours {FOLDER}` or `--theirs`, `git add {FOLDER}`, "
            "commit, then run `mlctl upgrade`",
        )
    return text


def several(paths: Iterable[str], most: int = 3) -> str:
    """Return the first of `paths`, and dots where there are more."""
    first = [printable(path) for path in paths]
    return ", ".join(first[:most]) + (", …" if len(first) > most else "")

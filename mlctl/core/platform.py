"""A platform at one version: found by its source and a ref, identified by the id of its tree."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlctl.core import cache
from mlctl.core.source import Kind, Source
from mlctl.core.tree import Commit, Folder, Part, Tree, tree_id
from mlctl.tools import git, yaml
from mlctl.tools.errors import Unable, printable

if TYPE_CHECKING:
    from packaging.version import Version as Number

SETTINGS = "platform.yml"
WORKTREE = "worktree"
FOLDER = "templates"
FEW = 1000
PACKAGE = Path(__file__).resolve().parent.parent
BUNDLE = PACKAGE / "embedded" / "platform.bundle"
PRE = "newest, pre-releases too"
_REF = re.compile(r"\w[\w./+@-]*")
_COMMIT = re.compile(r"[0-9a-f]{4,64}")


class NoSuchVersion(Unable):
    """A ref that the platform does not have."""

    def __init__(self, ref: str, source: Source, known: list[str]) -> None:
        there = f"it has {', '.join(known[:5])}" if known else "it has no release"
        super().__init__(
            f"'{printable(source.name)}' has no version '{printable(ref)}'",
            f"name one of its tags, branches or commits; {printable(there)}",
        )


class NoCommit(Unable):
    """A repository that has no release, and no commit that its HEAD names."""

    def __init__(self, source: Source) -> None:
        super().__init__(
            f"'{printable(source.name)}' has no release, and its HEAD names no commit",
            "commit something there, or name a branch by `--ref`",
        )


@dataclass(frozen=True)
class Version:
    """A version of a platform: `name` for people, `tree` its identity, `commit` where it was found, if in git."""

    name: str
    tree: str
    commit: str | None = None


@dataclass(frozen=True)
class Platform:
    """The files of a platform at a version; `stale` is why its last copy had to serve, if so."""

    source: Source
    version: Version
    tree: Part
    stale: str = ""

    def part(self, folder: str) -> Part:
        """Return what lies in `folder` of the platform."""
        return Part(self.tree.whole, "/".join(name for name in (self.tree.folder, folder) if name))

    @cached_property
    def document(self) -> yaml.Document | None:
        """Its `platform.yml`; nothing for a plain cookiecutter template."""
        return yaml.document(self.tree.read(SETTINGS), SETTINGS) if SETTINGS in self.tree.modes() else None

    @property
    def settings(self) -> dict[str, Any] | None:
        """What `platform.yml` says; nothing for a plain cookiecutter template."""
        return self.document.said if self.document else None


def find(source: Source, ref: str = "", ahead: bool = True) -> Platform:
    """Return the platform of `source` at `ref`: by default its newest release, else its HEAD, else the folder itself.

    For the ref `PRE`, pre-releases are releases. Where not `ahead`, its files are read only once they are wanted.
    Raises `Unreachable`, `NoSuchVersion` and `NoCommit`.
    """
    if source.kind is Kind.EMBEDDED:
        return _embedded(source, ref, ahead)
    if source.kind is Kind.FOLDER:
        return _local(source, Path(source.location), ref, ahead)
    if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", ref):
        with contextlib.suppress(NoSuchVersion):
            return _cloned(source, source.location, ref, ahead, fresh=False)
    return _cloned(source, source.location, ref, ahead)


def _cloned(
    source: Source, origin: str, ref: str, ahead: bool, fresh: bool = True, key: str = ""
) -> Platform:  # fmt: skip
    found = cache.clone(origin, source.name, fresh, key)
    return cache.mended(found, origin, source.name, lambda it: _at(source, it.directory, ref, ahead, it.stale), key)


def _embedded(source: Source, ref: str, ahead: bool) -> Platform:
    """Return the platform that this mlctl carries: the checkout in development, else the bundle of its history."""
    if (PACKAGE.parent / FOLDER / SETTINGS).exists() and (PACKAGE.parent / ".git").exists():
        return _local(source, PACKAGE.parent, ref, ahead)
    try:
        digest = hashlib.sha256(BUNDLE.read_bytes()).hexdigest()
    except OSError as error:
        raise Unable(
            "this mlctl carries no platform", "install mlctl from a built package or a git checkout"
        ) from error
    return _cloned(source, str(BUNDLE), ref, ahead, fresh=False, key=digest)


def _local(source: Source, folder: Path, ref: str, ahead: bool) -> Platform:
    """Return the platform in a folder: of its git history, or the files as they are."""
    directory = repository(folder)
    if directory and ref != WORKTREE:
        try:
            return _at(source, directory, ref, ahead)
        except NoCommit:
            if directory == folder:
                raise
    if ref not in ("", WORKTREE, PRE):
        raise NoSuchVersion(ref, source, [])
    tree = _platform_folder(Folder(folder, unignored(folder, directory) if directory else None))
    return Platform(source, Version(WORKTREE, tree_id(tree)), tree)


def repository(folder: Path) -> Path | None:
    """Return where git keeps the history of `folder`, itself where it is a bare repository; nothing without one."""
    own = folder / ".git"
    if own.is_file():
        return Path(git.text("rev-parse", "--absolute-git-dir", cwd=folder, source=True))
    bare = (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()
    return own if own.is_dir() else folder if bare else None


def unignored(folder: Path, directory: Path) -> frozenset[str]:
    """Return the paths in the work tree `folder` that git does not ignore; `directory` is where its history lies."""
    place = ("--git-dir", str(directory), "--work-tree", str(folder))
    out = git.run(*place, "ls-files", "-co", "--exclude-standard", "-z", cwd=folder, source=True)
    return frozenset(path for path in out.decode("utf-8", "surrogateescape").split("\0") if path)


def _at(source: Source, directory: Path, ref: str, ahead: bool, stale: str = "") -> Platform:
    """Return the platform of the repository at `directory` at `ref`."""
    tags = [] if ref not in ("", PRE) else releases(directory, ref == PRE)
    wanted = tags[0] if tags else ref if ref not in ("", PRE) else "HEAD"
    found = _resolved(directory, wanted)
    if not found and wanted == "HEAD":
        raise NoCommit(source)
    if not found:
        raise NoSuchVersion(wanted, source, releases(directory))
    commit, whole, inner, deep = found
    tree = Part(Commit(directory, whole), FOLDER if deep else "")
    if ahead and (SETTINGS in tree.modes() or len(tree.modes()) <= FEW):
        tree.load()
    named = wanted == "HEAD" or (_COMMIT.fullmatch(wanted) and commit.startswith(wanted))
    name = _short(commit) if named else wanted
    return Platform(source, Version(name, inner if deep else whole, commit), tree, stale)


def _short(commit: str) -> str:
    """Return a commit by its first digits, so many that nobody takes them for a release: "9190229291b3" is a beta."""
    return next((commit[:size] for size in range(12, len(commit)) if not versions([commit[:size]])), commit)


def _resolved(directory: Path, ref: str) -> tuple[str, str, str, bool] | None:
    """Return the commit that `ref` names, its tree, that of its `templates/`, and whether this is the platform.

    All in one process, tags before branches. Nothing where there is none, or for a name that git may not be asked.
    """
    if not _REF.fullmatch(ref) or ".." in ref or "@{" in ref:
        return None
    names = [f"refs/tags/{ref}", f"refs/heads/{ref}", f"refs/remotes/origin/{ref}"]
    if ref == "HEAD":
        names = [cache.HEAD, "HEAD"]
    elif _COMMIT.fullmatch(ref):
        names.append(ref)
    parts = ("^{commit}", "^{tree}", f":{FOLDER}", f":{SETTINGS}", f":{FOLDER}/{SETTINGS}")
    asked = "".join(f"{name}{part}\n" for name in names for part in parts)
    form = "--batch-check=%(objecttype) %(objectname)"
    out = git.run("--git-dir", str(directory), "cat-file", form, stdin=asked.encode(), source=True)
    lines = out.decode("utf-8", "replace").splitlines()
    for commit, tree, inner, own, deep in zip(*(lines[number::5] for number in range(5)), strict=True):
        if commit.startswith("commit ") and tree.startswith("tree "):
            found = deep.startswith("blob ") and not own.startswith(("blob ", "tree "))
            return commit.partition(" ")[2], tree.partition(" ")[2], inner.partition(" ")[2], found
    return None


def releases(directory: Path, pre: bool = False) -> list[str]:
    """Return the tags of the repository that are releases, newest first; pre-releases are some where `pre`."""
    out = git.text("--git-dir", str(directory), "for-each-ref", "--format=%(refname:strip=2)", "refs/tags", source=True)
    return [tag for number, tag in versions(out.splitlines()) if pre or not number.is_prerelease]


def versions(tags: Iterable[str]) -> list[tuple[Number, str]]:
    """Return those of `tags` that name versions, with their numbers, newest first."""
    from packaging.version import InvalidVersion
    from packaging.version import Version as Number

    found = []
    for tag in tags:
        with contextlib.suppress(InvalidVersion):
            if _REF.fullmatch(tag):
                found.append((Number(tag.rpartition("/")[2]), tag))
    return sorted(found, reverse=True)


def _platform_folder(whole: Tree) -> Part:
    """Return the part of a repository that is the platform: `templates/` where `platform.yml` lies there, else all."""
    modes = whole.modes()
    return Part(whole, FOLDER if SETTINGS not in modes and f"{FOLDER}/{SETTINGS}" in modes else "")


def relative(location: str, start: Path) -> str:
    """Return the folder `location` as it is recorded: relative to the project at `start`."""
    return os.path.relpath(location, start)

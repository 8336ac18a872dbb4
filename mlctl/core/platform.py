"""A platform at one version: found by its source and a ref, identified by the id of its tree."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mlctl.core import cache
from mlctl.core.source import Kind, Source
from mlctl.core.tree import Commit, Folder, Part, Tree, tree_id
from mlctl.tools import git, yaml
from mlctl.tools.errors import Unable, printable

SETTINGS = "platform.yml"
WORKTREE = "worktree"
PACKAGE = Path(__file__).resolve().parent.parent


class NoSuchVersion(Unable):
    """A ref that the platform does not have."""

    def __init__(self, ref: str, source: Source, known: list[str]) -> None:
        there = f"it has {', '.join(known[:5])}" if known else "it has no release"
        super().__init__(
            f"'{printable(source.name)}' has no version '{printable(ref)}'",
            f"name one of its tags, branches or commits by `--ref`; {printable(there)}",
        )


@dataclass(frozen=True)
class Version:
    """A version of a platform: `name` for people, `tree` its identity, `commit` where it was found, if in git."""

    name: str
    tree: str
    commit: str | None = None


@dataclass(frozen=True)
class Platform:
    """The files of a platform at a version; `home` is a folder of the disk where its source is one."""

    source: Source
    version: Version
    tree: Part
    stale: str = ""

    def part(self, folder: str) -> Part:
        """Return what lies in `folder` of the platform."""
        return Part(self.tree.whole, "/".join(name for name in (self.tree.folder, folder) if name))

    @cached_property
    def settings(self) -> dict[str, Any] | None:
        """What `platform.yml` says; nothing for a plain cookiecutter template."""
        if SETTINGS not in self.tree.modes():
            return None
        return yaml.mapping(yaml.load(self.tree.read(SETTINGS), SETTINGS), SETTINGS)


def find(source: Source, ref: str = "", pre: bool = False) -> Platform:
    """Return the platform of `source` at `ref`: by default its newest release, else its HEAD, else the folder itself.

    Pre-releases count where `pre`.
    Raises `Unreachable` and `NoSuchVersion`.
    """
    if source.kind is Kind.EMBEDDED:
        return _embedded(source, ref, pre)
    if source.kind is Kind.FOLDER:
        return _local(source, Path(source.location), ref, pre)
    full = bool(re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", ref))
    found = cache.clone(source.location, source.name, fresh=not full)
    return cache.mended(found, source.location, source.name, lambda d: _at(source, d, ref, found.stale, pre))


def _embedded(source: Source, ref: str, pre: bool) -> Platform:
    """Return the platform that this mlctl carries: the checkout in development, else the bundle of its history."""
    if (PACKAGE.parent / "templates" / SETTINGS).exists() and (PACKAGE.parent / ".git").exists():
        return _local(source, PACKAGE.parent, ref, pre)
    bundle = PACKAGE / "embedded" / "platform.bundle"
    if not bundle.exists():
        raise Unable("this mlctl carries no platform", "install mlctl from a built package or a git checkout")
    stamp = bundle.stat()
    origin = f"{bundle}"
    name = f"{origin}#{stamp.st_size}-{stamp.st_mtime_ns}"
    found = cache.clone(origin, source.name, fresh=False, key=name)
    return cache.mended(found, origin, source.name, lambda d: _at(source, d, ref, "", pre), key=name)


def _local(source: Source, folder: Path, ref: str, pre: bool) -> Platform:
    """Return the platform in a folder: of its git history, or the files as they are."""
    own = (folder / ".git").exists()
    directory = git.answers("rev-parse", "--absolute-git-dir", cwd=folder, source=True) if own else None
    if directory and ref != WORKTREE and (ref or _has_head(directory)):
        return _at(source, Path(directory), ref, "", pre)
    if ref and ref != WORKTREE:
        raise NoSuchVersion(ref, source, [])
    only = _unignored(folder) if directory else None
    tree = _platform_folder(Folder(folder, only))
    return Platform(source, Version(WORKTREE, tree_id(tree)), tree)


def _has_head(directory: str) -> bool:
    return git.answers("--git-dir", directory, "rev-parse", "--verify", "-q", "HEAD", source=True) is not None


def _unignored(folder: Path) -> frozenset[str]:
    out = git.run("ls-files", "-co", "--exclude-standard", "-z", cwd=folder, source=True)
    return frozenset(path for path in out.decode("utf-8", "surrogateescape").split("\0") if path)


def _at(source: Source, directory: Path, ref: str, stale: str, pre: bool = False) -> Platform:
    """Return the platform of the repository at `directory` at `ref`."""
    tags = releases(directory, pre)
    wanted = ref or (tags[0] if tags else "HEAD")
    commit = _commit(directory, wanted)
    if commit is None:
        raise NoSuchVersion(wanted, source, tags)
    whole = Commit(directory, git.text("--git-dir", str(directory), "rev-parse", f"{commit}^{{tree}}", source=True))
    tree = _platform_folder(whole)
    identity = whole.id
    if tree.folder:
        identity = git.text("--git-dir", str(directory), "rev-parse", f"{commit}:{tree.folder}", source=True)
    name = wanted if wanted != "HEAD" and not commit.startswith(wanted) else commit[:12]
    return Platform(source, Version(name, identity, commit), tree, stale)


def _commit(directory: Path, ref: str) -> str | None:
    """Return the commit that `ref` names: a tag before a branch; nothing for a name that git may not be asked."""
    if not re.fullmatch(r"\w[\w./+@-]*", ref) or ".." in ref or "@{" in ref:
        return None
    names = [f"refs/tags/{ref}", f"refs/heads/{ref}", f"refs/remotes/origin/{ref}"]
    if ref == "HEAD" or re.fullmatch(r"[0-9a-f]{7,64}", ref):
        names.append(ref)
    for name in names:
        asked = ("rev-parse", "--verify", "-q", f"{name}^{{commit}}")
        found = git.answers("--git-dir", str(directory), *asked, source=True)
        if found:
            return found
    return None


def releases(directory: Path, pre: bool = False) -> list[str]:
    """Return the tags of the repository that are releases, newest first; pre-releases are some where `pre`."""
    out = git.text("--git-dir", str(directory), "for-each-ref", "--format=%(refname:strip=2)", "refs/tags", source=True)
    if not out:
        return []
    from packaging.version import InvalidVersion
    from packaging.version import Version as Number

    numbered = []
    for tag in out.splitlines():
        try:
            number = Number(tag.rpartition("/")[2])
        except InvalidVersion:
            continue
        if (pre or not number.is_prerelease) and tag.isprintable():
            numbered.append((number, tag))
    return [tag for _, tag in sorted(numbered, reverse=True)]


def _platform_folder(whole: Tree) -> Part:
    """Return the part of a repository that is the platform: `templates/` where `platform.yml` lies there, else all."""
    modes = whole.modes()
    return Part(whole, "templates" if SETTINGS not in modes and f"templates/{SETTINGS}" in modes else "")


def relative(location: str, start: Path) -> str:
    """Return the folder `location` as it is recorded: relative to the project at `start`."""
    return os.path.relpath(location, start)

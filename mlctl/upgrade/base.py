"""What the template gave last time: by the manifest in the lock, else by rendering again, never by a guess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from mlctl.core.recall import Manifest
from mlctl.core.record import manifest
from mlctl.core.tree import blob_id
from mlctl.tools import git
from mlctl.tools.errors import Unable, printable
from mlctl.upgrade.offer import Offer, recorded
from mlctl.upgrade.project import Project


class Lost(Unable):
    """The version that a project was made from can't be had, and nothing else tells what it gave."""


class Base:
    """The base of a merge: `manifest` tells mode and blob of each path, `read` the bytes of those that can be had.

    Without `hooks` it is what the template alone gave, whatever its hooks made of that: as the other side of the merge.
    """

    def __init__(self, project: Project, safe: bool, again: Offer | None = None, hooks: bool = True) -> None:
        self.project = project
        self.safe = safe
        self.again = again
        self.hooks = hooks

    @cached_property
    def offer(self) -> Offer | None:
        """The offer of last time, at the very tree; nothing where it is lost."""
        return self.again or recorded(self.project.fact, self.project.root, self.safe, self.hooks)

    @cached_property
    def manifest(self) -> Manifest:
        """Mode, blob and layer by path."""
        known = self.project.fact.manifest
        if known is not None and (self.hooks or not self.project.fact.hooks_ran):
            return known
        if self.offer is None:
            fact = self.project.fact.first
            raise Lost(
                f"the version {printable(fact.version)} of '{printable(fact.source)}' can't be had, and the record "
                "does not tell what it gave",
                "make that version reachable again, or adopt the project anew: `mlctl adopt`",
            )
        return manifest(self.offer.template, self.offer.answers, self.offer.rendering)

    @cached_property
    def sources(self) -> Mapping[str, str]:
        """The template file of each path; nothing where the version is lost."""
        return self.offer.rendering.sources if self.offer else {}

    @cached_property
    def rendered(self) -> Mapping[str, bytes]:
        """What rendering again gives, where it gives what the manifest tells."""
        files = self.offer.rendering.files if self.offer else {}
        return {p: e.data for p, e in files.items() if p in self.manifest and blob_id(e.data) == self.manifest[p][1]}

    def load(self, paths: Iterable[str]) -> None:
        """Read all of `paths` at once from the user's repository."""
        names = {self.manifest[path][1] for path in paths if path in self.manifest}
        if self.project.algorithm != "sha1":
            return
        try:
            self._absent.update(names - self.project.read(names).keys())
        except git.GitFailed:  # a partial clone that would have to fetch them
            self._absent.update(names)

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a path as the template gave it, or nothing where they can't be had."""
        if path not in self.manifest:
            return None
        name = self.manifest[path][1]
        if self.project.algorithm == "sha1":
            if name not in self.project.blobs and name not in self._absent:
                self.load([path])
            if name in self.project.blobs:
                return self.project.blobs[name]
        return self.rendered.get(path)

    @cached_property
    def _absent(self) -> set[str]:
        return set()

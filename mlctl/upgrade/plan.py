"""A plan: everything an upgrade would do to every path, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mlctl.tools.files import Entry


class Action(StrEnum):
    """What happens to a path."""

    ADDED = "added"
    UPDATED = "updated"
    MERGED = "merged"
    MOVED = "moved"
    DELETED = "deleted"
    CONFLICTED = "conflicted"
    KEPT_DELETED = "kept-deleted"
    SEEDED = "seeded"
    KEPT = "kept"
    LOST = "not-reproducible"
    SETTLED = "settled"


IDLE = frozenset([Action.KEPT_DELETED, Action.KEPT, Action.LOST])


@dataclass(frozen=True)
class Change:
    """A path of the project, what happens to it, where it came from if moved, and why."""

    path: str
    action: Action
    from_path: str = ""
    why: str = ""


@dataclass(frozen=True)
class Stage:
    """An unmerged entry of the index."""

    mode: str
    blob: str
    number: int
    path: str


@dataclass(frozen=True)
class Write:
    """A path of the repository before and after: mode and blob, nothing where it is absent."""

    path: str
    before: tuple[str, str] | None
    after: tuple[str, str] | None


@dataclass(frozen=True)
class Version:
    """A version of the platform by name and tree."""

    name: str
    tree: str


@dataclass(frozen=True)
class Step:
    """A layer of the project, and the way that it goes; it comes where there is no `start`, it leaves without `end`."""

    name: str
    source: str
    start: Version | None
    end: Version | None


@dataclass(frozen=True)
class Plan:
    """What an upgrade would do: `tree` is the very tree that apply writes, `pack` holds its new objects.

    `start` and `end` are those of the first layer that moves; `steps` tells of each.
    """

    project: str
    source: str
    start: Version
    end: Version
    head: str
    tree: str
    changes: tuple[Change, ...]
    stages: tuple[Stage, ...] = ()
    writes: tuple[Write, ...] = ()
    seeds: Mapping[str, Entry] = field(default_factory=dict)
    commit: str = ""
    pack: bytes = b""
    message: str = ""
    notes: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    diff: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing is left to a person."""
        return not self.stages

    @property
    def idle(self) -> bool:
        """Whether there is nothing to write."""
        return not self.writes and not self.seeds

"""A job of continuous integration, whatever forge runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlctl.core.project import Project
from mlctl.tools import foreign
from mlctl.tools.foreign import Table
from mlctl.tools.yaml import Malformed

MOST = 5_000
NOTE = re.compile(r"(?m)(^|\s)#[^\n]*$")
CHANGES = frozenset(("pull_request", "pull_request_target", "merge_group"))


@dataclass(frozen=True)
class Job:
    """What a job runs and the jobs it waits for; `file` and `line` say where it stands, `triggers` what starts it."""

    name: str
    file: str
    line: int
    runs: tuple[str, ...]
    needs: tuple[str, ...] = ()
    stage: int = 0
    triggers: frozenset[str] = frozenset()

    @property
    def on_changes(self) -> bool:
        """Whether it runs for a pull or merge request."""
        return bool(self.triggers & CHANGES)


def read(project: Project, path: str) -> Table:
    """Return a CI file as data, keys and scalars as written (`on` stays `on`); nothing where it can't be read."""
    try:
        found = foreign.documents(project.shared(path), path)
    except Malformed:
        return Table()
    return found[0] if found and isinstance(found[0], Table) else Table()


def table(value: Any) -> Table:
    """Return `value` where it is a table, else an empty one."""
    return value if isinstance(value, Table) else Table()


def flat(value: Any) -> list[Any]:
    """Return what stands in nested lists, in order and not without end."""
    found: list[Any] = []
    todo = [value]
    while todo and len(found) < MOST:
        here = todo.pop()
        if isinstance(here, list):
            todo += here[::-1]
        elif here is not None:
            found.append(here)
    return found


def names(value: Any) -> tuple[str, ...]:
    """Return the jobs that `needs` names: a text, a list of them, or tables with the key `job`."""
    return tuple(str(one.get("job", "")) if isinstance(one, dict) else str(one) for one in flat(value))


def at(said: Table, key: str) -> int:
    """Return the line on which a key stands, 1 where that is not known."""
    return int(getattr(said, "lines", {}).get(key, 1))


def scalars(value: Any) -> Iterator[str]:
    """Yield the texts of a table's values."""
    for one in table(value).values():
        yield from (str(inner) for inner in flat(one) if not isinstance(inner, dict))


def plain(text: str) -> str:
    """Return commands without what is a comment to a shell and to YAML."""
    return NOTE.sub(r"\1", text)

"""The project against its own rendering: what its team changed, and what might go back to the platform."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mlctl.core.layers import untrusted
from mlctl.core.settings import settings
from mlctl.core.source import parse
from mlctl.tools.console import Console
from mlctl.upgrade import journal
from mlctl.upgrade.base import Base
from mlctl.upgrade.project import InTheWay, locate, open_project
from mlctl.upgrade.scratch import Content, scratch


@dataclass(frozen=True)
class Drift:
    """A patch from the rendering to the project, the paths in it, and those whose rendering can't be had."""

    project: str
    patch: str
    paths: tuple[str, ...]
    lost: tuple[str, ...]


def drift(here: Path, trust: bool = False) -> Drift:
    """Return how the project at `here` differs from what the template gave, as HEAD has it."""
    project = open_project(locate(here))
    made = journal.load(project)
    if made is not None and made.phase != journal.APPLIED:
        raise InTheWay("an earlier upgrade was stopped half-way", "run `mlctl upgrade` to finish it")
    sources = [parse(one.source, project.root) for one in project.fact.layers]
    safe = trust or not untrusted(sources, settings().trust)
    base = Base(project, safe)
    head = project.entries
    changed = sorted(path for path, entry in base.manifest.items() if head.get(path) != entry[:2])
    base.load(changed)
    given: dict[str, Content | None] = {}
    lost = []
    for path in changed:
        data = base.read(path)
        if data is None:
            lost.append(path)
        else:
            given[project.prefix + path] = (base.manifest[path][0], data)
    with scratch(project) as place:
        place.commits({"base": given}, project.tree)
        asked = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "-M", "refs/heads/base", project.tree)
        patch = place.run(*asked).decode("utf-8", "replace") if given else ""
    return Drift(project.root.name, patch, tuple(p for p in changed if p not in lost), tuple(lost))


def show(found: Drift, as_json: bool, console: Console) -> None:
    """Print the patch, or JSON alone."""
    if as_json:
        value = {
            "schema": "mlctl.diff/1", "project": found.project, "paths": list(found.paths), "lost": list(found.lost),
            "patch": found.patch,
        }  # fmt: skip
        console.document(json.dumps(value, indent=2, ensure_ascii=False))
        return
    for path in found.lost:
        console.say(f"note: what the template gave for '{path}' can't be had")
    if found.patch:
        console.document(found.patch.rstrip("\n"))
    else:
        console.say("the project is as the template gave it")

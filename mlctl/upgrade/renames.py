"""Where the team moved files that the template gave: the same bytes came, or a like file, where one is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from mlctl.core.tree import LINK, blob_id
from mlctl.upgrade import moves
from mlctl.upgrade.base import Base
from mlctl.upgrade.project import Project

Pairs = dict[str, str]  # a path of the template, and where the team has it


def by_team(project: Project, base: Base, gone: Collection[str], mine: Iterable[str], sure: Collection[str]) -> Pairs:
    """Return where each of the paths `gone` is among those that are `mine`; those of `sure` only by their bytes."""
    mine = list(mine)
    if not gone or not mine:
        return {}
    found = _same_bytes(project, base, gone, mine)
    rest = [path for path in gone if path not in found and path not in sure]
    if rest:
        sizes = _sizes(project, mine)
        fitting = [s for p in rest if (data := base.read(p)) for s in (len(data) // 2, len(data) * 2)]
        near = [p for p in mine if fitting and min(fitting) <= sizes.get(p, -1) <= max(fitting)]
        project.read(project.entries[p][1] for p in near)
        free = [p for p in near if p not in found.values() and project.entries[p][0] != LINK]
        found.update(moves.alike(rest, free, base.read, project.at_head, moves.SURE))
    return found


def met(project: Project, base: Base, gone: Iterable[str], template: Mapping[str, str]) -> Pairs:
    """Return those of the paths `gone` that the team moved to the very place where the template moves them."""
    there = {path: template[path] for path in gone if template.get(path) in project.entries}
    project.read(project.entries[aim][1] for aim in there.values())
    return {path: aim for path, aim in there.items() if moves.alike([path], [aim], base.read, project.at_head)}


def _same_bytes(project: Project, base: Base, gone: Iterable[str], mine: Iterable[str]) -> Pairs:
    """Return the pairs of paths that hold the same bytes, and no other path does; no bytes say nothing."""
    ids: dict[str, tuple[list[str], list[str]]] = {}
    for path in gone:
        ids.setdefault(base.manifest[path][1], ([], []))[0].append(path)
    for path in mine:
        ids.setdefault(project.entries[path][1], ([], []))[1].append(path)
    ids.pop(blob_id(b""), None)
    return {before[0]: after[0] for before, after in ids.values() if len(before) == len(after) == 1}


def _sizes(project: Project, paths: list[str]) -> dict[str, int]:
    """Return the bytes of each path at HEAD, where they are there."""
    asked = "".join(f"{project.entries[path][1]}\n" for path in paths).encode()
    out = project.run("cat-file", "--batch-check=%(objectsize)", "--buffer", stdin=asked)
    return {p: int(s) for p, s in zip(paths, out.decode().splitlines(), strict=False) if s.isdigit()}

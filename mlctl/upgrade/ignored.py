"""Rendered files that the merged `.gitignore` hides and git does not track: seeded where absent, never merged."""

from __future__ import annotations

import os

from mlctl.tools import files
from mlctl.tools.staging import temporary
from mlctl.upgrade.plan import Action, Change
from mlctl.upgrade.scratch import Scratch
from mlctl.upgrade.sides import Matter, Sides

NAME = ".gitignore"


def without_ignored(both: Sides, matter: Matter, place: Scratch) -> None:
    """Take the ignored paths out of the merge; those that are absent from the disk become seeds."""
    rendered, head = matter.offer.rendering.files, matter.project.entries
    asked = [path for path in rendered if path not in head and not _moved(both, path)]
    rules = _rules(both, matter)
    if not asked or not rules:
        return
    hidden = _hidden(asked, rules, place)
    both.told[:] = [one for one in both.told if one.path not in hidden]
    for path in sorted(hidden):
        both.triples.pop(path, None)
        there = os.path.lexists(matter.project.root / path)
        given = matter.base.manifest.get(path)
        entry = rendered[path]
        if there:
            if path not in matter.base.manifest:
                both.told.append(Change(path, Action.KEPT, "", "yours is there, and git ignores it"))
        elif given is None:
            both.seeds[path] = entry
            both.told.append(Change(path, Action.SEEDED, "", "git ignores it"))


def _moved(both: Sides, path: str) -> bool:
    return path in both.triples and bool(both.triples[path].at)


def _rules(both: Sides, matter: Matter) -> dict[str, bytes]:
    """Return the `.gitignore` files of the project as the merge will leave them, near enough to ask."""
    found: dict[str, bytes] = {}
    project = matter.project
    for path in [p for p in (*project.entries, *both.triples) if p.rpartition("/")[2] == NAME]:
        ours = project.at_head(path) or b""
        triple = both.triples.get(path)
        old = set(triple.base[1].splitlines()) if triple and triple.base else set()
        new = triple.theirs[1].splitlines() if triple and triple.theirs else []
        gone = old - set(new) if triple and triple.theirs else set()
        lines = [line for line in ours.splitlines() if line not in gone]
        found[path] = b"\n".join([*lines, *(line for line in new if line not in lines and line not in old)]) + b"\n"
    return found


def _hidden(paths: list[str], rules: dict[str, bytes], place: Scratch) -> set[str]:
    with temporary("mlctl-ignored-") as root:
        for path, data in rules.items():
            files.put(root / path, data)
        asked = "\0".join(paths).encode("utf-8", "surrogateescape")
        out = place.run("check-ignore", "--no-index", "-z", "--stdin", stdin=asked, fine=(0, 1), tree=str(root))
    return {path for path in out.decode("utf-8", "surrogateescape").split("\0") if path}

"""Carries a plan out: prepared aside, decided by one rename, then path by path, the index last."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from mlctl.core.tree import EXECUTABLE, LINK
from mlctl.tools import files, swap
from mlctl.upgrade import journal as log
from mlctl.upgrade.ends import Ends, ends
from mlctl.upgrade.journal import Journal, Step, digest, marked, slots
from mlctl.upgrade.moves import parents
from mlctl.upgrade.plan import Plan, Write
from mlctl.upgrade.preflight import preflight
from mlctl.upgrade.project import InTheWay, Project, open_project, ready, several
from mlctl.upgrade.recover import staged
from mlctl.upgrade.refs import build_index, hold, release
from mlctl.upgrade.steps import Third, backward, forward


def apply(plan: Plan, project: Project) -> Journal:
    """Write what `plan` says; return the journal. The work tree is untouched where anything stands in the way."""
    now = open_project(project.root)
    if now.head != plan.head:
        raise InTheWay("HEAD moved while the upgrade was planned", "run `mlctl upgrade` again")
    ready(now)
    rules = ends(project, [w.path[len(project.prefix) :] for w in plan.writes])
    preflight(plan, project, rules)
    if plan.pack:
        project.run("index-pack", "--stdin", "--fix-thin", stdin=plan.pack)
    name = secrets.token_hex(6)
    hold(project, name, plan.commit)
    made = _prepared(plan, project, rules, name)
    try:
        preflight(plan, project, rules)  # what was written since the first look would count as the file before
    except InTheWay:
        release(project, name)
        log.sweep(project)
        raise
    files.settle(slots(project, name))
    log.save(project, made, log.APPLYING)
    return finish(project, made, strict=True)[0]


def finish(project: Project, made: Journal, strict: bool = False) -> tuple[Journal, list[str]]:
    """Do what is left of a decided upgrade; return the paths that hold a third content and were left alone.

    Where `strict`, one such path takes everything back and raises.
    """
    try:
        left = forward(project, made, strict)
        build_index(project, made.entries, made.unchecked)
    except BaseException as error:  # Ctrl-C, too, leaves everything as it was
        if not strict:
            raise
        changed = {*_taken_back(project, made), *([error.path] if isinstance(error, Third) else [])}
        if changed:
            raise InTheWay(
                f"changed while the upgrade ran, and left alone: {several(sorted(changed))}; all else is as it was",
                "save your work, then run `mlctl upgrade` again",
            ) from error
        raise
    files.replace(project.git / "MERGE_MSG", made.message.encode())
    return log.save(project, made, log.APPLIED), left


def _taken_back(project: Project, made: Journal) -> list[str]:
    """Bring every path, and the index where it was changed, back; forget the upgrade. Return the paths left alone."""
    left = backward(project, made)
    if staged(project, made):
        build_index(project, made.old, made.unchecked)
    log.drop(project, made)
    return left


def _prepared(plan: Plan, project: Project, rules: Ends, name: str) -> Journal:
    """Return the journal of a plan, the new files laid ready in their slots."""
    cut, folder = len(project.prefix), slots(project, name)
    folder.mkdir(parents=True)
    every = (*plan.writes, *_shown(plan, project))
    blobs = project.read(write.after[1] for write in every if write.after)
    unmerged = {stage.path for stage in plan.stages}
    steps: list[Step] = []
    for write in every:
        place = project.top / write.path
        before = digest(place, rules.modes)
        if write.before and not before and write.path not in unmerged:
            continue  # only a part of the tree is checked out
        slot, after = f"{len(steps):05d}", ""
        if write.after:
            data = rules.written(write.path[cut:], blobs[write.after[1]])
            after = marked(write.after[0], data, rules.modes)
            if after != before:
                _lay(folder / slot, write.after[0], data, place)
        steps.append(Step(write.path, before, after, slot, write.path in unmerged))
    for path, entry in plan.seeds.items():
        slot, mode = f"{len(steps):05d}", EXECUTABLE if entry.executable else "100644"
        _lay(folder / slot, mode, entry.data, project.root / path)
        steps.append(Step(project.prefix + path, "", marked(mode, entry.data, rules.modes), slot))
    unchecked = project.unchecked & {write.path for write in every}
    folders = {folder for step in steps if step.after for folder in parents(step.path)}
    return Journal(
        log.APPLYING, name, plan.head, plan.start.name, plan.end.name, plan.tree, plan.message, tuple(steps),
        _entries(plan), _old(plan), rules.modes, unchecked=tuple(sorted(unchecked)), prefix=project.prefix,
        folders=tuple(sorted(folder for folder in folders if not (project.top / folder).is_dir())),
    )  # fmt: skip


def _shown(plan: Plan, project: Project) -> list[Write]:
    """Return the team's files in conflicts that only the index would tell: they are not checked out."""
    hidden = project.unchecked - {write.path for write in plan.writes}
    ours = [(s.path, (s.mode, s.blob)) for s in plan.stages if s.number == 2 and s.path in hidden]
    return [Write(path, blob, blob) for path, blob in ours]


def _lay(slot: Path, mode: str, data: bytes, place: Path) -> None:
    """Put the new file of a path into its slot, with the rights that the old one has."""
    if mode == LINK:
        swap.link(os.fsdecode(data), slot)
        return
    files.put(slot, data)
    rights = place.stat().st_mode & 0o777 if place.is_file() and not place.is_symlink() else 0o666 & ~swap.umask()
    executable = (rights & 0o444) >> 2 if mode == EXECUTABLE else 0
    slot.chmod((rights & ~0o111) | executable)


def _entries(plan: Plan) -> tuple[str, ...]:
    """Return the lines that bring the index to the plan: stages 1 to 3 for what is unmerged."""
    unmerged = {stage.path for stage in plan.stages}
    null = "0" * len(plan.head)
    lines = [
        f"{write.after[0]} {write.after[1]} 0\t{write.path}" if write.after else f"0 {null} 0\t{write.path}"
        for write in plan.writes
        if write.path not in unmerged
    ]
    lines += [f"0 {null} 0\t{path}" for path in sorted(unmerged)]
    return tuple(lines + [f"{s.mode} {s.blob} {s.number}\t{s.path}" for s in plan.stages])


def _old(plan: Plan) -> tuple[str, ...]:
    """Return the lines that bring the index back to HEAD."""
    null = "0" * len(plan.head)
    before = {write.path: write.before for write in plan.writes}
    unmerged = {stage.path for stage in plan.stages} - before.keys()
    lines = [f"0 {null} 0\t{path}" for path in (*before, *sorted(unmerged))]
    lines += [f"{old[0]} {old[1]} 0\t{path}" for path, old in before.items() if old]
    return tuple(
        lines + [f"{s.mode} {s.blob} 0\t{s.path}" for s in plan.stages if s.path in unmerged and s.number == 2]
    )

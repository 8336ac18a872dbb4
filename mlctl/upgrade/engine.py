"""Makes the plan of an upgrade: sides, git's merge of them, what is settled, the record; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlctl.core.ask import Asker
from mlctl.core.record import LOCK, PROJECT, STANDARDS, Layer, manifest, record
from mlctl.core.source import address
from mlctl.core.template import Unknown
from mlctl.core.tree import FILE, blob_id
from mlctl.tools import uv
from mlctl.tools.comments import edited
from mlctl.upgrade.aim import Aim, aim, pairs
from mlctl.upgrade.base import Base
from mlctl.upgrade.ends import Ends, ends
from mlctl.upgrade.ignored import without_ignored
from mlctl.upgrade.levels import Level
from mlctl.upgrade.offer import Offer
from mlctl.upgrade.plan import Action, Change, Plan, Stage, Step, Version, Write
from mlctl.upgrade.project import OURS, Project, ready, resolved
from mlctl.upgrade.releases import changelog, precedes
from mlctl.upgrade.relock import NotLocked, relocked
from mlctl.upgrade.report import changes, explained, writes
from mlctl.upgrade.request import Request
from mlctl.upgrade.scratch import Content, Merged, Scratch, label, scratch
from mlctl.upgrade.sides import Matter, Sides, sides

if TYPE_CHECKING:
    from mlctl.upgrade.settle.file import Settled

STALE = "the record holds files of another version, as where git merged two branches: they are brought to this one"


def plan(request: Request, project: Project, asker: Asker | None) -> Plan:
    """Return what `request` would do to `project`; raise where something stands in the way of any merge."""
    ready(project)
    goal = aim(request, project, asker)
    _restorable(request, project, goal.offer)
    if _stale(project, goal):
        goal = replace(goal, notes=(*goal.notes, STALE))
    elif idle(request, project, goal):
        return _plan(project, goal, tree=project.tree)
    base = Base(project, goal.safe, _again(project, goal), request.hooks)
    resolved(project, base.manifest)
    rules = ends(project, [*base.manifest, *goal.offer.rendering.files])
    matter = Matter(project, base, goal.offer, rules, frozenset(request.restore), goal.left)
    both = sides(matter)
    with scratch(project) as place:
        without_ignored(both, matter, place)
        return _merged(project, goal, both, place, rules, request)


def _stale(project: Project, goal: Aim) -> bool:
    """Tell whether the record, at this very version, holds files as another one gave them.

    Only of units, which two branches change apart from each other. A secret is in no record, and what chance has a
    part in differs from itself: neither tells anything.
    """
    offer, given = goal.offer, project.fact.manifest
    if not offer.template.composed or given is None or any(question.secret for question in offer.template.questions):
        return False
    if not (_as_before(project, goal) and _answered(project, goal)):
        return False
    now = manifest(offer.template, offer.answers, offer.rendering)
    other = [path for path, entry in given.items() if path in now and entry[:2] != now[path][:2]]
    again = manifest(offer.template, offer.answers, replace(offer).rendering) if other else {}
    return any(again.get(path) == now[path] for path in other)


def _restorable(request: Request, project: Project, offer: Offer) -> None:
    """Raise `Unknown` where something is to be brought back that the template does not give, or that is there."""
    for path in request.restore:
        if path not in offer.rendering.files or path in project.entries:
            gone = sorted(offer.rendering.files.keys() & (project.fact.manifest or {}).keys() - project.entries.keys())
            raise Unknown("file to bring back called", path, gone)


def idle(request: Request, project: Project, goal: Aim) -> bool:
    """Tell whether there is nothing to do: the same trees, answers and units, and no wish."""
    fact, offer = project.fact, goal.offer
    kept = _answered(project, goal)
    unoffered = fact.manifest is None or request.restore or goal.offer.rendering.files.keys() - fact.manifest.keys()
    secrets = {question.name for question in offer.template.questions if question.secret}
    known = ({q.name for q in offer.template.questions if q.settable} - secrets) & offer.answers.keys()
    if secrets & pairs(request.said).keys():
        return False
    moved = any(one.moved for one in goal.levels)
    return bool(_as_before(project, goal) and kept and known <= fact.answers.keys() and not moved and not unoffered)


def _answered(project: Project, goal: Aim) -> bool:
    """Tell whether every answer is the recorded one."""
    return all(goal.offer.answers.get(name) == value for name, value in _asked(project, goal).items())


def _asked(project: Project, goal: Aim) -> Mapping[str, object]:
    """Return the recorded answers to what is asked: another tool's record may hold those that a later version asks."""
    names = {question.name for question in goal.offer.template.questions}
    return {name: value for name, value in project.fact.answers.items() if name in names}


def _as_before(project: Project, goal: Aim) -> bool:
    """Tell whether every layer is at its old tree, with its old units."""
    there = [one.platform.version.tree for one in goal.levels]
    names = [goal.offer.template.names(goal.offer.answers, number) for number in range(len(there))]
    fact = project.fact
    same = there == [one.tree for one in fact.layers] and names == [one.units for one in fact.layers]
    return same and goal.offer.template.kind == fact.first.kind


def _again(project: Project, goal: Aim) -> Offer | None:
    """Return the old offer where it is the new one's own tree: nothing has to be looked up."""
    fact, offer = project.fact, goal.offer
    if not _as_before(project, goal) or dict(offer.answers) != _asked(project, goal):
        return None
    return replace(offer, hooks=offer.hooks and bool(fact.hooks_ran)) if fact.manifest is None else None


def _merged(project: Project, goal: Aim, both: Sides, place: Scratch, rules: Ends, request: Request) -> Plan:
    theirs = label(_plan(project, goal, "").end.name)
    place.commits(_branches(project, both, theirs), project.tree)
    merged = place.merge(theirs)
    settled, unmerged = _settled(place, merged, _both_changed(project, both), theirs)
    own = _record(project, goal)
    last: dict[str, Content | None] = {p: (_mode(unmerged, p), s.data) for p, s in settled.items()}
    last.update({project.prefix + path: (FILE, data) for path, data in own.items()})
    commit, tree = place.commits({"merged": last}, merged.tree)
    done = {path for path, one in settled.items() if not one.left}
    stages = tuple(stage for stage in unmerged if stage.path not in done)
    found = writes(place, project.tree, tree)
    told = changes(project, both, found, stages, merged.kinds, {p: settled[p].why for p in done})
    lock, notes = _lock(project, goal, place, found, stages, request)
    if lock is not None:
        commit, tree = place.commits({"merged": {project.prefix + uv.FILE: (FILE, lock)}}, tree)
        found = writes(place, project.tree, tree)
        told = (*told, Change(uv.FILE, Action.UPDATED, "", "locked again under the new constraints"))
    pack = b"" if request.dry else place.run("pack-objects", "--all", "--local", "--stdout", "-q", "--revs", stdin=b"")
    diff = (
        place.run("diff", "--no-color", "--no-ext-diff", "--no-textconv", "-M", project.tree, tree)
        if request.diff
        else b""
    )
    made = _plan(project, goal, tree)
    if made.start.tree == made.end.tree:
        gone = "it is no part of the project any more"
        told = tuple(replace(one, why=gone) if one.action is Action.DELETED else one for one in told)
    return replace(
        made, changes=explained(told, goal.offer), stages=stages, writes=found, seeds=both.seeds, pack=pack,
        commit=commit, diff=diff.decode("utf-8", "replace"), notes=(*made.notes, *notes),
    )  # fmt: skip


def _lock(
    project: Project, goal: Aim, place: Scratch, found: Sequence[Write], stages: Sequence[Stage], request: Request
) -> tuple[bytes | None, list[str]]:
    """Return the packages locked again where that is needed and may be done, and a note where it is left to people."""
    cut = len(project.prefix)
    now = {write.path[cut:]: write.after[1] if write.after else "" for write in found}

    def read(path: str) -> bytes | None:
        return project.at_head(path) if path not in now else place.read([now[path]])[now[path]] if now[path] else None

    try:
        return relocked(project, now, {stage.path[cut:] for stage in stages}, goal.safe, read, request.busy), []
    except NotLocked as error:
        return None, [f"{error.sentence}: {error.hint}"]


def _settled(
    place: Scratch, merged: Merged, both: list[str], theirs: str
) -> tuple[dict[str, Settled], tuple[Stage, ...]]:
    """Return what is settled of the paths that both sides changed, and what stays unmerged."""
    if not both and not merged.stages:
        return {}, ()
    from mlctl.upgrade.settle.tree import settle_all

    return settle_all(place, merged, both, (OURS, theirs))


def _plan(project: Project, goal: Aim, tree: str) -> Plan:
    name, found = project.root.name, steps(project, goal)
    way = next((step for step in found if step.start and step.end and step.start != step.end), found[0])
    start, end = way.start or Version("", ""), way.end or Version("", "")
    where = next((address(one.place.source) for one in goal.levels if one.place.name == way.name), way.source)
    message = f"Upgrade {name} to {end.name} of {where}\n"
    if start.tree == end.tree:
        message = f"Change what {name} is made of, at {end.name} of {where}\n"
    notes, log = list(goal.notes), []
    for one in goal.levels:
        notes += _told(one)
        log += changelog(one.platform, one.was.version, one.platform.version.name) if one.was else []
    return Plan(
        name, way.source, start, end, project.head, tree, (), message=message, notes=tuple(notes), log=tuple(log),
        steps=found,
    )  # fmt: skip


def steps(project: Project, goal: Aim) -> tuple[Step, ...]:
    """Return the way of each layer: those that stay or come, then those that leave."""
    found = [
        Step(
            one.place.name, one.platform.source.name, Version(one.was.version, one.was.tree) if one.was else None,
            Version(one.platform.version.name, one.platform.version.tree),
        )
        for one in goal.levels
    ]  # fmt: skip
    stay = [one.was for one in goal.levels if one.was]
    gone = [one for one in project.fact.layers if one not in stay]
    return (*found, *(Step(one.name, one.source, Version(one.version, one.tree), None) for one in gone))


def _told(one: Level) -> Iterator[str]:
    """Yield what is odd about the way of a layer."""
    was, version = one.was, one.platform.version
    if was and was.version == version.name and was.tree != version.tree:
        yield f"the version {version.name} was moved: it holds other files than the ones you have"
    if was and was.commit and version.commit and precedes(version.name, was.version):
        yield f"this goes back from {was.version} to {version.name}"


def _branches(project: Project, both: Sides, theirs: str) -> dict[str, dict[str, Content | None]]:
    """Return the three sides as changes to the tree of HEAD."""
    base: dict[str, Content | None] = {}
    ours: dict[str, Content | None] = {}
    new: dict[str, Content | None] = {}
    for path, place in both.carried.items():
        mode, name = project.entries[path]
        for side in (base, ours, new):
            side[project.prefix + path] = None
            side[project.prefix + place] = (mode, name)
    for triple in both.triples.values():
        if triple.at and triple.at != triple.path:
            for side in (base, ours, new):
                side[project.prefix + triple.at] = None
    for triple in both.triples.values():
        path = project.prefix + triple.path
        base[path], ours[path], new[path] = triple.base, triple.ours, triple.theirs
    return {"base": base, OURS: ours, theirs: new}


def _both_changed(project: Project, both: Sides) -> list[str]:
    """Return the paths of the repository that the team and the template changed, each in its way."""
    return [
        project.prefix + t.path
        for t in both.triples.values()
        if t.base and t.ours and t.theirs and t.base[1] != t.theirs[1] and blob_id(t.base[1]) != t.ours[1]
    ]


def _mode(unmerged: Iterable[Stage], path: str) -> str:
    modes = {s.number: s.mode for s in unmerged if s.path == path}
    return modes[3] if 1 in modes and modes[1] == modes[2] else modes[2]


def _record(project: Project, goal: Aim) -> Mapping[str, bytes]:
    """Return the record's files after the upgrade; the words in `project.yml` around its values stay."""
    intent, offer = project.intent, goal.offer
    kept = record(offer.template, offer.answers, offer.rendering, [one.place for one in goal.levels], offer.ran)
    if not offer.template.composed:
        asked = _asked(project, goal)
        rest = {name: value for name, value in project.fact.answers.items() if name not in asked}
        kept = replace(kept, answers={**rest, **kept.answers})
    files = {path: text.encode() for path, text in kept.files().items()}
    answers = dict(kept.answers)
    wanted = [(one.source, one.ref, one.units, one.called) for one in intent.layers]
    found = [(one.source, one.ref or "", one.units, one.name) for one in kept.layers]
    same = wanted == found and dict(intent.answers) == answers
    changes: dict[tuple[str | int, ...], object] = {**_layers(project, kept.layers), ("answers",): answers}
    changes |= {(key,): value for key, value in kept.facts.items() if isinstance(value, dict)}
    files[PROJECT] = project.intent_text if same else edited(project.intent_text, changes, PROJECT)
    if STANDARDS not in files and project.at_head(STANDARDS) is not None:
        files[STANDARDS] = project.at_head(STANDARDS) or b""
    return {path: files[path] for path in (PROJECT, LOCK, STANDARDS) if path in files}


def _layers(project: Project, kept: Sequence[Layer]) -> dict[tuple[str | int, ...], object]:
    """Return the layers as changes to the list in `project.yml`: those that left are taken out, new ones come last."""
    names = [one.name for one in project.intent.layers]
    left = [number for number, name in enumerate(names) if number and name not in [one.name for one in kept]]
    changes: dict[tuple[str | int, ...], object] = {("layers", number): None for number in reversed(left)}
    for number, one in enumerate(kept):
        values = {"source": one.source, "ref": one.ref, "units": list(one.units)}
        values |= {"kind": one.kind} if not number else {}
        values |= {"name": one.name} if one.name else {}
        if number >= len(names) - len(left):
            changes["layers", number] = {"name": one.name, **values}
        else:
            changes |= {("layers", number, key): value for key, value in values.items()}
    return changes

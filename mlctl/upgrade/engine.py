"""Makes the plan of an upgrade: sides, git's merge of them, what is settled, the record; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mlctl.core.ask import Asker
from mlctl.core.record import LOCK, PROJECT, STANDARDS, named, record
from mlctl.core.tree import FILE, blob_id
from mlctl.tools.comments import edited
from mlctl.upgrade.aim import Aim, Request, aim
from mlctl.upgrade.base import Base
from mlctl.upgrade.ends import Ends, ends
from mlctl.upgrade.ignored import without_ignored
from mlctl.upgrade.offer import Offer
from mlctl.upgrade.plan import Plan, Stage, Version
from mlctl.upgrade.project import OURS, Project, ready, resolved
from mlctl.upgrade.releases import changelog
from mlctl.upgrade.report import changes, explained, writes
from mlctl.upgrade.scratch import Content, Scratch, label, scratch
from mlctl.upgrade.settle.tree import settle_all
from mlctl.upgrade.sides import Matter, Sides, sides


def plan(request: Request, project: Project, asker: Asker | None) -> Plan:
    """Return what `request` would do to `project`; raise where something stands in the way of any merge."""
    ready(project)
    goal = aim(request, project, asker)
    if idle(request, project, goal):
        return _plan(project, goal, tree=project.tree)
    base = Base(project, goal.safe, _again(project, goal))
    resolved(project, base.manifest)
    rules = ends(project, [*base.manifest, *goal.offer.rendering.files])
    matter = Matter(project, base, goal.offer, rules, frozenset(request.restore), goal.dropped)
    both = sides(matter)
    with scratch(project) as place:
        without_ignored(both, matter, place)
        return _merged(project, goal, both, place, rules, request)


def idle(request: Request, project: Project, goal: Aim) -> bool:
    """Tell whether there is nothing to do: the same tree, answers and units, and no wish."""
    fact, offer = project.fact, goal.offer
    same = offer.platform.version.tree == fact.tree and offer.units == fact.units and offer.template.kind == fact.kind
    kept = {n: v for n, v in offer.answers.items() if n in fact.answers} == dict(fact.answers)
    unoffered = fact.manifest is None or request.restore or goal.offer.rendering.files.keys() - fact.manifest.keys()
    known = {q.name for q in offer.template.questions if q.settable and not q.secret} & offer.answers.keys()
    moved = request.platform or project.intent.source != fact.source
    return bool(same and kept and known <= fact.answers.keys() and not moved and not unoffered)


def _again(project: Project, goal: Aim) -> Offer | None:
    """Return the old offer where it is the new one's own tree: nothing has to be looked up."""
    fact, offer = project.fact, goal.offer
    if offer.platform.version.tree != fact.tree or offer.units != fact.units or dict(offer.answers) != fact.answers:
        return None
    return replace(offer, hooks=bool(fact.hooks_ran)) if fact.manifest is None else None


def _merged(project: Project, goal: Aim, both: Sides, place: Scratch, rules: Ends, request: Request) -> Plan:
    theirs = label(goal.offer.platform.version.name)
    place.commits(_branches(project, both, theirs), project.tree)
    merged = place.merge(theirs)
    settled, unmerged = settle_all(place, merged, _both_changed(project, both), (OURS, theirs))
    own = _record(project, goal.offer, bool(request.platform))
    last: dict[str, Content | None] = {p: (_mode(unmerged, p), s.data) for p, s in settled.items()}
    last.update({project.prefix + path: (FILE, data) for path, data in own.items()})
    place.commits({"merged": last}, merged.tree)
    done = {path for path, one in settled.items() if not one.left}
    stages = tuple(stage for stage in unmerged if stage.path not in done)
    commit, tree = place.run("rev-parse", "refs/heads/merged", "refs/heads/merged^{tree}").decode().split()
    found = writes(place, project.tree, tree)
    told = changes(project, both, found, stages, merged.kinds, {p: settled[p].why for p in done})
    pack = b"" if request.dry else place.run("pack-objects", "--all", "--local", "--stdout", "-q", "--revs", stdin=b"")
    diff = (
        place.run("diff", "--no-color", "--no-ext-diff", "--no-textconv", "-M", project.tree, tree)
        if request.diff
        else b""
    )
    return replace(
        _plan(project, goal, tree), changes=explained(told, goal.offer), stages=stages, writes=found,
        seeds=both.seeds, pack=pack, commit=commit, diff=diff.decode("utf-8", "replace"),
    )  # fmt: skip


def _plan(project: Project, goal: Aim, tree: str) -> Plan:
    fact, version = project.fact, goal.offer.platform.version
    log = tuple(changelog(goal.offer.platform, fact.version, version.name))
    source = goal.offer.platform.source.name
    name = project.root.name
    message = f"Upgrade {name} to {version.name} of {source}\n"
    if fact.tree == version.tree:
        message = f"Change what {name} is made of, at {version.name} of {source}\n"
    notes = list(goal.notes)
    if fact.version == version.name and fact.tree != version.tree:
        notes.append(f"the version {version.name} was moved: it holds other files than the ones you have")
    if fact.commit and version.commit and _older(fact.version, version.name):
        notes.append(f"this goes back from {fact.version} to {version.name}")
    return Plan(
        name, source, Version(fact.version, fact.tree), Version(version.name, version.tree), project.head, tree, (),
        message=message, notes=tuple(notes), log=log,
    )  # fmt: skip


def _older(start: str, end: str) -> bool:
    from mlctl.upgrade.releases import precedes

    return precedes(end, start)


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


def _record(project: Project, offer: Offer, moved: bool) -> Mapping[str, bytes]:
    """Return the record's files after the upgrade; the words in `project.yml` around its values stay."""
    intent = project.intent
    source = named(offer.platform, project.root)[0] if moved else intent.source
    kept = record(offer.template, offer.answers, offer.rendering, source, offer.ref, offer.ran)
    files = {path: text.encode() for path, text in kept.files().items()}
    answers = dict(kept.answers)
    changes: dict[tuple[str | int, ...], object] = {
        ("layers", 0, "kind"): kept.layers[0].kind, ("layers", 0, "units"): list(offer.units), ("answers",): answers,
        ("layers", 0, "ref"): offer.ref or None, ("layers", 0, "source"): source,
    }  # fmt: skip
    changes |= {(key,): value for key, value in kept.facts.items() if isinstance(value, dict)}
    same = not moved and intent.ref == offer.ref and intent.units == offer.units and dict(intent.answers) == answers
    files[PROJECT] = project.intent_text if same else edited(project.intent_text, changes, PROJECT)
    if STANDARDS not in files and project.at_head(STANDARDS) is not None:
        files[STANDARDS] = project.at_head(STANDARDS) or b""
    return {path: files[path] for path in (PROJECT, LOCK, STANDARDS) if path in files}

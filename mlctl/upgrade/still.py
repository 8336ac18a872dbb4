"""Tells, before a file of a platform is read, that there is nothing to upgrade."""

from __future__ import annotations

from mlctl.core.platform import PRE, find
from mlctl.core.recall import Given, Wanted
from mlctl.core.source import parse
from mlctl.upgrade import releases
from mlctl.upgrade.plan import Plan, Step, Version
from mlctl.upgrade.project import Project
from mlctl.upgrade.request import Request


def still(request: Request, project: Project) -> Plan | None:
    """Return the plan that does nothing, where every layer is at its newest tree and nobody wishes anything else.

    Nothing where that takes a closer look.
    """
    fact, intent = project.fact, project.intent  # the lock first: it is read with its neighbours in one process
    wishes = (request.to, request.platform, request.said, request.restore, request.layer, request.ref)
    if (
        request.verb != "upgrade"
        or any(wishes)
        or fact.manifest is None
        or not fact.complete
        or (fact.units and not project.whole)
        or len(intent.layers) != len(fact.layers)
    ):
        return None
    if dict(intent.answers) != dict(fact.answers):
        return None
    steps = []
    for wanted, was in zip(intent.layers, fact.layers, strict=True):
        step = _step(request, project, wanted, was) if _as_it_was(wanted, was) else None
        if step is None:
            return None
        steps.append(step)
    first = steps[0]
    version = first.end or Version("", "")
    return Plan(
        project.root.name, first.source, version, version, project.head, project.tree, (), steps=tuple(steps)
    )  # fmt: skip


def _as_it_was(wanted: Wanted, was: Given) -> bool:
    """Tell whether what people want of a layer is what they got."""
    same = (wanted.source, wanted.units, wanted.called) == (was.source, was.units, was.called)
    ref = wanted.ref in ("", was.version, was.commit) and (not wanted.ref or releases.is_release(wanted.ref))
    return same and ref and wanted.kind in ("", was.kind)


def _step(request: Request, project: Project, wanted: Wanted, was: Given) -> Step | None:
    """Return the way of a layer whose newest version is the one that it has; nothing for any other."""
    source = parse(wanted.source, project.root)
    found = find(source, PRE if request.pre else "", ahead=False)
    request.seen[source] = found
    if found.version.tree != was.tree or found.version.name != was.version or found.stale:
        return None
    version = Version(was.version, was.tree)
    return Step(wanted.name, source.name, version, version)

"""Runs an upgrade from its request to its result: recovery first, then the plan, then apply."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mlctl.core.record import LOCK
from mlctl.tools.console import Console, Terminal, interactive
from mlctl.upgrade.plan import Plan
from mlctl.upgrade.project import InTheWay, Project, locate, open_project
from mlctl.upgrade.recover import Outcome, Waiting, abort, alone, commit, recovered, resume, staged
from mlctl.upgrade.request import Request
from mlctl.upgrade.still import still


@dataclass(frozen=True)
class Result:
    """A plan, whether it was carried out, and the commit if one was made."""

    plan: Plan
    applied: bool = False
    commit: str = ""


def run(request: Request, dry: bool, commits: bool, console: Console) -> Result:
    """Return what came of `request`; `dry` writes nothing, `commits` commits a clean result."""
    request = replace(request, busy=console.busy)
    project = open_project(locate(request.here))
    terminal = Terminal() if request.ask and interactive() else None
    if dry:
        return Result(_foreseen(_planned(replace(request, dry=True), _undisturbed(project), terminal), project))
    with alone(project):
        waiting, told = recovered(project)
        for line in told:
            console.say(f"note: {line}")
        if waiting:
            raise Waiting(project, waiting)
        if told:
            project = open_project(project.root)
        made = _planned(request, project, terminal)
        if made.idle:
            project.remember(project.entries[LOCK][1])
            return Result(made)
        from mlctl.upgrade.apply import apply

        journal = apply(made, project)
        for write in made.writes:
            if write.path == project.prefix + LOCK and write.after:
                project.remember(write.after[1])
        done = commit(project, journal).commit if commits and made.clean else ""
    return Result(made, True, done)


def end(here: Path, back: bool) -> Outcome:
    """Return how a begun upgrade ended: aborted where `back`, else committed."""
    project = open_project(locate(here))
    with alone(project):
        return abort(project) if back else resume(project)


def _planned(request: Request, project: Project, terminal: Terminal | None) -> Plan:
    """Return the plan; the engine is started only where there may be something to do."""
    quiet = still(request, project)
    if quiet:
        return quiet
    from mlctl.upgrade.engine import plan

    return plan(request, project, terminal)


def _foreseen(made: Plan, project: Project) -> Plan:
    """Return the plan with a note of what would stand in its way."""
    if made.idle:
        return made
    from mlctl.upgrade.preflight import foreseen

    return replace(made, notes=(*made.notes, *foreseen(made, project)))


def _undisturbed(project: Project) -> Project:
    from mlctl.upgrade.journal import APPLIED, load

    made = load(project)
    if made is not None and made.phase != APPLIED:
        raise InTheWay("an earlier upgrade was stopped half-way", "run `mlctl upgrade` to finish it")
    if made is not None and made.head == project.head and staged(project, made):
        raise Waiting(project, made)
    return project

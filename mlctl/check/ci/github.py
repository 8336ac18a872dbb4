"""GitHub's workflows as a graph: called workflows, composite actions, matrices and inputs are followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlctl.check.ci.job import Job, at, flat, names, read, scalars, table
from mlctl.core.project import Project
from mlctl.tools.foreign import Table

WORKFLOWS = (".github/workflows/*.yml", ".github/workflows/*.yaml")
NEVER = re.compile(r"^\s*(\$\{\{\s*)?false(\s*\}\})?\s*$", re.I)
VALUE = re.compile(r"\$\{\{\s*(matrix|inputs|env)\.([\w-]+)\s*\}\}")
DEEPEST = 6
Known = Mapping[str, str]


def jobs(project: Project) -> Iterator[Job]:
    """Yield the jobs that some event starts; a workflow that is only called runs where it is called."""
    for path in project.everywhere(*WORKFLOWS):
        said = read(project, path)
        started = frozenset(triggers(said)) - {"workflow_call"}
        if started:
            yield from _jobs(project, path, {}, started, "", (), ())


def triggers(said: Table) -> dict[str, Table]:
    """Return what `on` names, each with its filters."""
    on = said.get("on", said.get("true"))
    if isinstance(on, Table):
        return {name: table(how) for name, how in on.items()}
    return {str(name): Table() for name in flat(on)}


def on_changes(said: Table) -> bool:
    """Tell whether a workflow runs for a change: for pull requests, or for every push."""
    found = triggers(said)
    every = "push" in found and not {"branches", "tags", "branches-ignore"} & found["push"].keys()
    return every or not found.keys().isdisjoint(("pull_request", "pull_request_target", "merge_group"))


def _jobs(
    project: Project, path: str, inputs: Known, started: frozenset[str], before: str, wait: tuple[str, ...],
    way: tuple[str, ...],
) -> Iterator[Job]:  # fmt: skip
    """Yield the jobs of one workflow; `before` is what their names begin with, `wait` what the first of them need."""
    said = read(project, path)
    if on_changes(said):
        started = started | {"pull_request"}
    every = table(said.get("jobs"))
    for name, job in every.items():
        job = table(job)
        if NEVER.match(str(job.get("if", ""))):
            continue
        known = {**_named("inputs", inputs), **_values(said, job)}
        needs = tuple(f"{before}{one}" for one in names(job.get("needs"))) or wait
        called = _local(str(job.get("uses", "")))
        if called and called not in way and len(way) < DEEPEST and project.shared(called):
            given = {key: _filled(str(value), known) for key, value in table(job.get("with")).items()}
            given = {**_defaults(table(triggers(read(project, called)).get("workflow_call"))), **given}
            yield from _jobs(project, called, given, started, f"{before}{name}/", needs, (*way, path))
            continue
        ran = tuple(_steps(project, job, known, ())) or tuple(_used(job, known))
        yield Job(f"{before}{name}", path, at(every, name), ran, needs, triggers=started)


def _steps(project: Project, said: Table, known: Known, way: tuple[str, ...]) -> Iterator[str]:
    """Yield what the steps of a job or of a composite action run, those of the repository's own actions in place."""
    for step in flat(said.get("steps")):
        step = table(step)
        if NEVER.match(str(step.get("if", ""))):
            continue
        action = _action(project, str(step.get("uses", "")))
        if action and action not in way and len(way) < DEEPEST:
            document = read(project, action)
            if "steps" not in table(document.get("runs")):
                yield from _used(step, known)
            given = {key: _filled(str(value), known) for key, value in table(step.get("with")).items()}
            inner = {**known, **_named("inputs", {**_defaults(document), **given})}
            yield from _steps(project, table(document.get("runs")), inner, (*way, action))
        elif "run" in step:
            yield _filled(str(step["run"]), {**known, **_named("env", table(step.get("env")))})
        else:
            yield from _used(step, known)


def _used(step: Table, known: Known) -> Iterator[str]:
    """Yield what a step uses, with what it hands over."""
    if step.get("uses"):
        yield _filled(" ".join([str(step["uses"]), *scalars(step.get("with"))]), known)


def _local(used: str) -> str:
    """Return the path of a workflow of this repository that is called, nothing for another's."""
    return used[2:] if used.startswith("./") and used.endswith((".yml", ".yaml")) else ""


def _action(project: Project, used: str) -> str:
    """Return the file of an action of this repository, nothing for another's."""
    folder = used[2:].strip("/") if used.startswith("./") else ""
    found = (f"{folder}/action.{end}" for end in ("yml", "yaml")) if folder else iter(())
    return next((path for path in found if project.shared(path)), "")


def _defaults(said: Table) -> dict[str, str]:
    """Return what the inputs of a workflow or an action are where nobody says."""
    every = table(said.get("inputs"))
    return {name: str(table(one).get("default", "")) for name, one in every.items()}


def _values(said: Table, job: Table) -> dict[str, str]:
    """Return what a job's matrix and environment hold: every value of the matrix, one after another."""
    matrix: dict[str, list[str]] = {}
    rows = table(table(job.get("strategy")).get("matrix"))
    for key, value in rows.items():
        for one in flat(value):
            pairs = one.items() if isinstance(one, dict) else [(key, one)]
            for name, inner in pairs:
                matrix.setdefault(str(name), []).append(str(inner))
    joined = {name: " ".join(dict.fromkeys(found)) for name, found in matrix.items()}
    return {**_named("matrix", joined), **_named("env", table(said.get("env"))), **_named("env", table(job.get("env")))}


def _named(kind: str, said: Mapping[str, Any]) -> dict[str, str]:
    return {f"{kind}.{name}": str(value) for name, value in said.items()}


def _filled(text: str, known: Known) -> str:
    return VALUE.sub(lambda found: known.get(f"{found[1]}.{found[2]}", found[0])[:2_000], text)

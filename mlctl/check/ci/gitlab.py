"""GitLab's pipelines as a graph: include, extends, !reference, defaults and child pipelines are followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlctl.check.ci.job import Job, at, flat, names, read, table
from mlctl.core.project import Project
from mlctl.tools.foreign import Reference, Table

ROOT = ".gitlab-ci.yml"
NO_JOBS = frozenset(("default", "include", "stages", "variables", "workflow", "spec", "image", "services", "cache",
                     "before_script", "after_script"))  # fmt: skip
SCHEDULED = re.compile(r"CI_PIPELINE_SOURCE\s*==\s*[\"']schedule")
OTHERWISE = re.compile(r"CI_PIPELINE_SOURCE\s*==\s*[\"'](schedule|web|trigger|api|pipeline|push)|CI_COMMIT_TAG")
DEEPEST = 8


class Pipeline:
    """All that a pipeline's file and its includes say: jobs by name, each with where it stands."""

    def __init__(self, project: Project, path: str) -> None:
        self.project, self.path = project, path
        self.said: dict[str, Any] = {}
        self.places: dict[str, tuple[str, int]] = {}
        self.files: list[str] = []
        self.elsewhere: list[str] = []
        self._take(path)

    def _take(self, path: str) -> None:
        """Take in a file after what it includes, so that its own words win."""
        if path in self.files:
            return
        self.files.append(path)
        said = read(self.project, path)
        for one in flat(said.get("include")):
            self._include(one)
        for name, value in said.items():
            old = self.said.get(name)
            self.said[name] = _merged(old, value) if isinstance(value, Table) and isinstance(old, Table) else value
            self.places[name] = (path, at(said, name))

    def _include(self, one: Any) -> None:
        local = one.get("local") if isinstance(one, dict) else one
        globs = [str(path).lstrip("/") for path in flat(local)]
        if isinstance(one, dict) and local is None:
            self.elsewhere += [str(value) for value in one.values() if not isinstance(value, dict)]
        for glob in globs:
            if "://" in glob:
                self.elsewhere.append(glob)
            for path in self.project.everywhere(glob):
                self._take(path)

    def job(self, name: str, way: tuple[str, ...] = ()) -> Table:
        """Return a job with what it extends."""
        found = Table()
        own = table(self.said.get(name))
        for base in (str(one) for one in flat(own.get("extends"))):
            if base not in way and len(way) < DEEPEST:
                found = _merged(found, self.job(base, (*way, name)))
        return _merged(found, own)

    def script(self, job: Table, key: str, depth: int = 0) -> list[str]:
        """Return the lines of a job's script, references resolved."""
        said = job.get(key)
        if said is None and key != "script":
            said = table(self.said.get("default")).get(key, self.said.get(key))
        found = []
        for one in flat(list(said) if isinstance(said, list) else said):
            if isinstance(one, Reference) and len(one) > 1 and depth < DEEPEST:
                found += self.script(self.job(one[0]), one[1], depth + 1)
            elif not isinstance(one, (Reference, dict)):
                found.append(str(one))
        return found


def jobs(project: Project, path: str = ROOT, before: str = "", way: tuple[str, ...] = ()) -> Iterator[Job]:
    """Yield the jobs of a pipeline and of its child pipelines; those that only others extend are none."""
    if not project.shared(path) or path in way or len(way) > DEEPEST:
        return
    there = Pipeline(project, path)
    order = [str(one) for one in flat(there.said.get("stages"))] or ["build", "test", "deploy"]
    if there.elsewhere:
        yield Job(f"{before}include", path, at(read(project, path), "include"), tuple(there.elsewhere))
    for name in there.said:
        job = there.job(name)
        if name.startswith(".") or name in NO_JOBS or not job.keys() & {"script", "trigger", "extends", "run"}:
            continue
        for child in _children(job):
            yield from jobs(project, child, f"{before}{name}/", (*way, path))
        lines = [line for key in ("before_script", "script", "after_script") for line in there.script(job, key)]
        file, line = there.places[name]
        stage = str(job.get("stage", "test"))
        yield Job(f"{before}{name}", file, line, tuple(lines), names(job.get("needs")),
                  order.index(stage) if stage in order else 0, _triggers(job))  # fmt: skip


def _children(job: Table) -> list[str]:
    """Return the files of the child pipelines that a job starts."""
    trigger = job.get("trigger")
    said = flat(trigger.get("include")) if isinstance(trigger, Table) else []
    return [str(one.get("local", "") if isinstance(one, dict) else one).lstrip("/") for one in said]


def _triggers(job: Table) -> frozenset[str]:
    """Return what starts a job: changes, unless each of its rules asks for something else."""
    said = [str(table(rule).get("if", "")) for rule in flat(job.get("rules")) if table(rule).get("when") != "never"]
    said += ["$CI_PIPELINE_SOURCE == 'schedule'" for one in _only(job) if one == "schedules"]
    said += [str(one) for one in _only(job) if one != "schedules"]
    scheduled = {"schedule"} if any(SCHEDULED.search(one) for one in said) else set()
    changes = {"pull_request"} if not said or any(not OTHERWISE.search(one) for one in said) else set()
    return frozenset(scheduled | changes)


def _only(job: Table) -> list[Any]:
    only = job.get("only")
    return flat(only.get("refs")) if isinstance(only, Table) else flat(only)


def _merged(under: Any, over: Table) -> Table:
    """Return the table `over` on top of `under`, tables in them merged, lists replaced."""
    found = Table(table(under))
    found.line, found.lines = over.line, {**getattr(under, "lines", {}), **getattr(over, "lines", {})}
    for key, value in over.items():
        old = found.get(key)
        found[key] = _merged(old, value) if isinstance(value, Table) and isinstance(old, Table) else value
    return found

"""Actions: what runs in CI is what somebody looked at, with no more rights than it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlctl.check import ci
from mlctl.check.ci import github
from mlctl.check.ci.job import flat, read, table
from mlctl.check.rule import Finding, rule
from mlctl.core.project import Project
from mlctl.core.standards import Standards
from mlctl.tools.foreign import Table

PATH = ".github/workflows/ci.yml"
PINNED = "on: push\npermissions: {contents: read}\njobs:\n  a:\n    steps:\n      - uses: org/tool@" + "3f" * 20 + "\n"
TOLD = "          echo '${{ github.event.issue.title }}'\n"
COMMIT = re.compile(r"@[0-9a-f]{40}$")
SAID = re.compile(
    r"\$\{\{[^}]*(github\.head_ref|github\.event\.(?:issue|pull_request|discussion)\.(?:title|body|head\.ref|head\.label)"
    r"|github\.event\.(?:comment|review|review_comment)\.body|github\.event\.(?:head_commit|commits\S*)\.message)"
)
HEAD = re.compile(r"github\.event\.pull_request\.head\.|github\.head_ref|refs/pull/")


@rule(
    "SEC106",
    "actions are hardened",
    stage="shared",
    severity="warning",
    passes=[
        {PATH: PINNED},
        {PATH: PINNED.replace("org/tool@" + "3f" * 20, "actions/checkout@v4")},
        {PATH: "on: push\njobs: {a: {permissions: {}, steps: [{uses: ./.github/actions/a}, {run: make}]}}"},
        {PATH: "on: push\njobs: {a: {steps: [{run: uvx zizmor .}, {uses: a/b@v1}]}}"},
        {".gitlab-ci.yml": "t:\n  script: [pytest]\n"},
        {PATH: PINNED.replace("on: push\npermissions: {contents: read}", "on: {workflow_call: {}}")},
    ],
    fails=[
        {PATH: PINNED.replace("3f" * 20, "v2")},
        {PATH: PINNED.replace("permissions: {contents: read}\n", "")},
        {PATH: PINNED.replace("{contents: read}", "write-all")},
        {PATH: PINNED + "      - run: |\n" + TOLD},
        {PATH: PINNED.replace("on: push", "on: pull_request_target") +
         "      - uses: actions/checkout@v4\n        with: {ref: '${{ github.event.pull_request.head.sha }}'}\n"},
    ],
)  # fmt: skip
def actions_are_hardened(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    An action that moves under its tag, or a title that becomes a command, runs with the rights of your pipeline.

    Pin others' actions to a commit, say `permissions: {contents: read}`, and let CI run `uvx zizmor .github`.
    """
    if ci.runs(project, r"\bzizmor\b") or "zizmor" in ci.hooks(project):
        return
    for path in project.everywhere(*github.WORKFLOWS):
        said = read(project, path)
        jobs = table(said.get("jobs"))
        called = set(github.triggers(said)) == {"workflow_call"}  # with the rights of its caller
        yield from () if called else _rights(path, said, jobs)
        steps = [table(step) for job in jobs.values() for step in flat(table(job).get("steps"))]
        yield from _moving(path, [*map(table, jobs.values()), *steps], standards.names("trusted_actions"))
        for step in steps:
            yield from _told(path, step, "pull_request_target" in github.triggers(said))


def _rights(path: str, said: Table, jobs: Table) -> Iterator[Finding]:
    """Yield a finding where a workflow's token may do more than somebody decided."""
    broad = [one for one in (said, *map(table, jobs.values())) if one.get("permissions") == "write-all"]
    if broad:
        yield Finding(f"/{path}", "its token may write everything", broad[0].lines.get("permissions", 0))
    elif jobs and "permissions" not in said and not all("permissions" in table(job) for job in jobs.values()):
        yield Finding(f"/{path}", "nothing says which `permissions` its token has", said.lines.get("jobs", 0))


def _moving(path: str, users: list[Table], trusted: list[str]) -> Iterator[Finding]:
    """Yield one finding for the actions of others that are used by a name that can move."""
    found = []
    for one in users:
        used = str(one.get("uses", "")) if not isinstance(one.get("uses"), (dict, list)) else ""
        owner = used.partition("/")[0]
        if (
            "@" in used
            and not used.startswith(("./", "docker://"))
            and owner not in trusted
            and not COMMIT.search(used)
        ):
            found.append((used, one.lines.get("uses", 0)))
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield Finding(f"/{path}", f"{found[0][0]}{more} may change under its name", found[0][1])


def _told(path: str, step: Table, for_strangers: bool) -> Iterator[Finding]:
    """Yield a finding where a stranger's words become a command, or his commit is checked out with rights."""
    run: Any = step.get("run")
    said = SAID.search(run) if isinstance(run, str) else None
    if said and isinstance(run, str):
        within = run.count("\n", 0, said.start()) + (1 if "\n" in run else 0)
        yield Finding(f"/{path}", f"`{said[1]}` becomes part of a command", step.lines.get("run", 0) + within)
    checkout = str(step.get("uses", "")).startswith("actions/checkout@")
    if for_strangers and checkout and HEAD.search(str(table(step.get("with")).get("ref", ""))):
        yield Finding(f"/{path}", "a stranger's commit is checked out with this repository's rights", step.line)

"""CI read as a graph: what runs is what can be reached from what some event starts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mlctl.check import ci
from mlctl.core.project import Drawn, Project

MAIN, GITLAB = ".github/workflows/ci.yml", ".gitlab-ci.yml"
CHANGE = "on: pull_request\n"


def there(files: Mapping[str, str]) -> Project:
    return Project(Drawn(files))


def step(run: str) -> str:
    return f"{CHANGE}jobs:\n  a:\n    steps:\n      - run: {run}\n"


INPUTS, RUN = "inputs: {what: {default: pytest}}", "steps: [{run: 'uv run ${{ inputs.what }}'}]"
CALLED = f"on: {{workflow_call: {{{INPUTS}}}}}\njobs: {{t: {{{RUN}}}}}\n"
ACTION = f"{INPUTS}\nruns:\n  using: composite\n  {RUN}\n"
MATRIX = CHANGE + "jobs: {a: {strategy: {matrix: {tool: [ruff, pytest]}}, steps: [{run: 'uvx ${{ matrix.tool }}'}]}}"
USES = CHANGE + "jobs: {a: {steps: [{uses: ./.github/actions/t}]}}"
CALLS = CHANGE + "jobs: {a: {uses: ./.github/workflows/t.yml}}"
OTHER, LOCAL, HOOKS = ".github/workflows/t.yml", ".github/actions/t/action.yml", ".pre-commit-config.yaml"
TWO_HOOKS = "repos:\n- repo: local\n  hooks:\n  - id: lint\n    entry: ruff\n  - id: test\n    entry: pytest\n"
CHILD = "t:\n  trigger:\n    include: [{local: child.yml}]\n"
BASE = ".base:\n  script: [uv run pytest]\n"
RUNS = {
    "a step": {MAIN: step("uv run pytest")},
    "a called workflow": {MAIN: CALLS, OTHER: CALLED},
    "its input": {
        MAIN: CALLS.replace("t.yml", "t.yml, with: {what: pytest -q}"),
        OTHER: CALLED.replace("pytest", "true"),
    },
    "a composite action": {MAIN: USES, LOCAL: ACTION},
    "a matrix": {MAIN: MATRIX},
    "a matrix of tables": {MAIN: MATRIX.replace("tool: [ruff, pytest]", "include: [{tool: pytest}]")},
    "an anchor": {MAIN: f"x: &s [{{run: pytest}}]\n{CHANGE}jobs: {{a: {{steps: *s}}}}"},
    "a target": {MAIN: step("make check"), "Makefile": "check: test\n\ttrue\ntest:\n\tuv run pytest\n"},
    "the first target": {MAIN: step("make"), "Makefile": "all:\n\tpytest\nother:\n\ttrue\n"},
    "another folder's target": {MAIN: step("make -C api test"), "api/Makefile": "test:\n\tpytest\n"},
    "a recipe": {MAIN: step("just test"), "justfile": "test: lint\n    pytest\nlint:\n    ruff\n"},
    "a script": {MAIN: step("bash ci/run.sh"), "ci/run.sh": "set -e\npytest\n"},
    "a script's script": {MAIN: step("make t"), "Makefile": "t:\n\t./run.sh\n", "run.sh": "pytest\n"},
    "a Python script": {MAIN: step("python ci/all.py"), "ci/all.py": "run(['pytest'])\n"},
    "tox": {MAIN: step("tox"), "tox.ini": "[testenv]\ncommands = pytest\n"},
    "nox": {MAIN: step("nox -s tests"), "noxfile.py": "session.run('pytest')\n"},
    "a task table": {MAIN: step("poe test"), "pyproject.toml": "[tool.poe.tasks]\ntest = 'pytest'\n"},
    "a package script": {MAIN: step("npm run test"), "package.json": '{"scripts": {"test": "pytest"}}'},
    "compose": {MAIN: step("docker compose up"), "compose.yml": "services: {a: {command: pytest}}\n"},
    "the hooks": {MAIN: step("uvx pre-commit run -a"), HOOKS: "repos: [{hooks: [{entry: pytest}]}]"},
    "the hook that it names": {MAIN: step("pre-commit run test --all-files"), HOOKS: TWO_HOOKS},
    "GitLab": {GITLAB: "t:\n  script: [pytest]\n"},
    "an include": {GITLAB: "include: /ci/t.yml\n", "ci/t.yml": "t:\n  script:\n    - pytest\n"},
    "an include by glob": {GITLAB: "include: [{local: 'ci/*.yml'}]\n", "ci/t.yml": "t:\n  script: pytest\n"},
    "extends": {GITLAB: BASE + "t:\n  extends: .base\n"},
    "extends of extends": {GITLAB: BASE + ".b:\n  extends: [.base]\nt:\n  extends: .b\n  stage: test\n"},
    "a reference": {GITLAB: BASE + "t:\n  script:\n    - true\n    - !reference [.base, script]\n"},
    "a default": {GITLAB: "default:\n  before_script: [pytest]\nt:\n  script: ['true']\n"},
    "a child pipeline": {GITLAB: CHILD, "child.yml": "c:\n  script: pytest\n"},
    "a merge key": {GITLAB: ".a: &a\n  script: [pytest]\nt:\n  <<: *a\n"},
    "another forge": {".circleci/config.yml": "jobs: {a: {steps: [{run: pytest}]}}"},
    "what can't be read": {MAIN: "on: push\njobs: [\n  run: pytest\n"},
}  # fmt: skip
RUNS_NOT = {
    "a comment": {MAIN: step("true # pytest")},
    "a name": {MAIN: f"{CHANGE}jobs: {{a: {{name: pytest, steps: [{{run: 'true'}}]}}}}"},
    "a job that never runs": {MAIN: f"{CHANGE}jobs: {{a: {{if: false, steps: [{{run: pytest}}]}}}}"},
    "a workflow that nobody calls": {MAIN: step("true"), OTHER: CALLED},
    "an action that nobody uses": {MAIN: step("true"), LOCAL: ACTION},
    "another target": {MAIN: step("make lint"), "Makefile": "lint:\n\truff\ntest:\n\tpytest\n"},
    "a tool's settings": {MAIN: step("hatch build"), "pyproject.toml": "[tool.pytest.ini_options]\na = 1\n"},
    "a Makefile that nobody calls": {MAIN: step("true"), "Makefile": "test:\n\tpytest\n"},
    "make that is installed": {MAIN: step("apt-get install make"), "Makefile": "test:\n\tpytest\n"},
    "another hook": {MAIN: step("pre-commit run lint --all-files"), HOOKS: TWO_HOOKS},
    "a hidden job": {GITLAB: BASE + "t:\n  script: ['true']\n"},
    "a file that is not included": {GITLAB: "t:\n  script: ['true']\n", "ci/t.yml": "t:\n  script: pytest\n"},
    "a circle of workflows": {MAIN: f"{CHANGE}jobs: {{a: {{uses: ./{MAIN}}}}}"},
    "a circle of extends": {GITLAB: "a:\n  extends: b\nb:\n  extends: a\n"},
    "a circle of targets": {MAIN: step("make a"), "Makefile": "a: b\nb: a\n"},
}


@pytest.mark.parametrize("how", RUNS)
def test_ci_runs_what_it_reaches(how: str) -> None:
    assert ci.runs(there(RUNS[how]), r"\bpytest\b")


@pytest.mark.parametrize("how", RUNS_NOT)
def test_ci_does_not_run_what_it_does_not_reach(how: str) -> None:
    assert not ci.runs(there(RUNS_NOT[how]), r"\bpytest\b")


@pytest.mark.parametrize(
    ("on", "changes"),
    [
        ("on: pull_request", True), ("on: [push]", True), ("on:\n  push:\n    branches: [main]", False),
        ("on:\n  schedule: [{cron: '0 4 * * 1'}]", False), ("'on': {merge_group: null}", True),
        ("on: workflow_dispatch", False), ("on:\n  push:\n    paths: ['src/**']", True),
    ],
)  # fmt: skip
def test_what_starts_a_workflow_is_read_as_it_is_written(on: str, changes: bool) -> None:
    project = there({MAIN: f"{on}\njobs: {{a: {{steps: [{{run: pytest}}]}}}}"})
    assert ci.runs(project, "pytest")
    assert ci.runs(project, "pytest", on="pull_request") is changes
    assert bool(ci.on_changes(project)) is changes


def test_what_starts_the_caller_starts_the_called() -> None:
    project = there({MAIN: f"on: schedule\njobs:\n  a:\n    uses: ./{OTHER}\n", OTHER: CALLED})
    assert [(one.name, one.file, one.triggers) for one in ci.jobs(project)] == [("a/t", OTHER, {"schedule"})]


@pytest.mark.parametrize(
    ("rules", "triggers"),
    [
        ("", {"pull_request"}),
        ("  rules:\n    - if: $CI_PIPELINE_SOURCE == \"schedule\"\n", {"schedule"}),
        ("  only: [schedules]\n", {"schedule"}),
        ("  rules:\n    - if: $CI_PIPELINE_SOURCE == 'merge_request_event'\n", {"pull_request"}),
        ("  rules:\n    - {if: $CI_PIPELINE_SOURCE == 'schedule', when: never}\n    - if: $A\n", {"pull_request"}),
    ],
)  # fmt: skip
def test_gitlab_s_rules_tell_what_starts_a_job(rules: str, triggers: set[str]) -> None:
    assert ci.jobs(there({GITLAB: f"t:\n  script: pytest\n{rules}"}))[0].triggers == triggers


def test_a_job_s_own_words_win_over_what_it_includes() -> None:
    project = there({GITLAB: "include: a.yml\nt:\n  script: ruff\n", "a.yml": "t:\n  script: pytest\n  stage: x\n"})
    assert [(one.file, one.line, one.runs) for one in ci.jobs(project)] == [(GITLAB, 2, ("ruff",))]

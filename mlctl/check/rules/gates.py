"""Project: that its tests, its linter and its checks run where nobody can forget them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlctl.check import ci
from mlctl.check.code import code
from mlctl.check.rule import Finding, rule
from mlctl.core.project import Project
from mlctl.core.standards import Standards

WORKFLOW = ".github/workflows/ci.yml"
TESTS = (
    "tests/**/*.py",
    "test/**/*.py",
    "**/test_*.py",
    "**/*_test.py",
    "**/tests.py",
    "**/tests/**/*.py",
    "features/**/*.feature",
    "**/testthat/*.R",
    "**/*_test.go",
    "**/*[._-]test.[jt]s*",
    "**/src/test/**",
    "**/*_test.c*",
    "**/test_*.c*",
    "**/tests/*.rs",
)
CHECKS = r"\bmlctl\b[^\n]*\bcheck\b|\bmlctl-check\b"
RUN_TESTS = (
    r"\b(pytest|unittest|behave|tox|nox|nosetests|py\.test|coverage run|hatch (run )?test|run_tests?|doctest"
    r"|(make|just|task|npm|yarn|poe|pdm|run) ([\w-]+ )*[\w:-]*tests?\b|python3? (\S*/)?test_\w+\.py|testthat)\b"
)


SAID_TESTS = (
    r"--test\b|\b(hatch|poe|inv|invoke|go|cargo|mvnw?|gradlew?|bazel|make|just|nox|tox|pixi|mise)\b[^\n]*(test|cov)"
)


USED = "on: push\njobs: {t: {steps: [{uses: ./.github/actions/b, with: {args: --make --test}}]}}"


@rule(
    "PRJ106",
    "tests exist and CI runs them",
    stage="shared",
    fix="safe",
    passes=[
        {"tests/test_a.py": "", WORKFLOW: "on: push\njobs: {t: {steps: [{run: uv run pytest}]}}"},
        {"tests/test_a.py": "", WORKFLOW: "on: push\njobs: {t: {steps: [{run: 'hatch run a:run-cov -v'}]}}"},
        {"a.py": "", "a_test.go": "", WORKFLOW: "on: push\njobs: {t: {steps: [{run: go test ./...}]}}"},
        {"cookiecutter.json": "{}", "hooks/post_gen_project.py": ""},
        {"test_a.py": "", WORKFLOW: USED, ".github/actions/b/action.yml": "runs: {using: docker, image: b}"},
    ],
    fails=[{"src/a.py": ""}, {"tests/test_a.py": ""}, {"cookiecutter.json": "{}", "a.py": ""}],
)
def tests_exist_and_ci_runs_them(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    What no test holds fast breaks with the next change.

    Write tests in tests/ and let CI run `pytest`.
    """
    if not code(project, standards).python:
        return
    if not project.has(*TESTS):
        yield Finding("tests", "there are no tests")
    elif not ci.runs(project, RUN_TESTS if project.recorded else f"{RUN_TESTS}|{SAID_TESTS}"):
        yield Finding("tests", "CI does not run the tests")


@rule(
    "PRJ107",
    "CI runs on pull requests and runs `mlctl check`",
    stage="shared",
    fix="safe",
    passes=[
        {".github/workflows/ci.yml": "on:\n  pull_request:\njobs: {c: {steps: [{run: mlctl check}]}}"},
        {".gitlab-ci.yml": "check:\n  script: [uvx mlctl check]\n"},
    ],
    fails=[
        {"README.md": ""},
        {".github/workflows/ci.yml": "on:\n  pull_request:\njobs: {c: {steps: [{run: pytest}]}}"},
    ],
)
def ci_checks_pull_requests(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A hook can be skipped and a promise on paper is none: CI is the gate.

    Let CI run `mlctl check` on pull requests; the template's CI does.
    """
    if not ci.files(project):
        yield Finding(".github/workflows", "no CI is configured")
    elif not ci.on_changes(project):
        yield Finding(f"/{ci.files(project)[0]}", "CI does not run on pull requests")
    elif not ci.runs(project, CHECKS, on="pull_request"):
        often = "only elsewhere than on pull requests" if ci.runs(project, CHECKS) else "nowhere"
        yield Finding(f"/{ci.on_changes(project)[0]}", f"CI runs `mlctl check` {often}")


@rule(
    "PRJ108",
    "a linter is configured and wired",
    stage="explore",
    severity="warning",
    passes=[
        {".pre-commit-config.yaml": "repos: [{hooks: [{id: ruff}]}]"},
        {"tox.ini": "commands = flake8"},
        {"a.py": "", WORKFLOW: "on: push\njobs: {t: {steps: [{uses: super-linter/super-linter@v7}]}}"},
        {"a.py": "", WORKFLOW: "on: push\njobs: {t: {steps: [{run: behave features/lint.feature}]}}"},
        {"a.py": "", WORKFLOW: "on: push\njobs: {t: {steps: [{name: run-linting, uses: a/b@v1}]}}"},
    ],
    fails=[{"src/a.py": "x = 1"}, {"src/a.py": "x = 1", "pyproject.toml": "[tool.ruff]\nline-length = 100"}],
)
def a_linter_is_wired(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A linter finds the careless errors before a reviewer spends an hour on them.

    Run ruff in .pre-commit-config.yaml and in CI.
    """
    if not code(project, standards).python:
        return
    names = "|".join(re.escape(name) for name in standards.names("linters"))
    wired = "\n".join([ci.hooks(project), ci.commands(project), _without_settings(ci.built(project))])
    linting = not project.recorded and re.search(r"(?i)(\b|_)lint", ci.written(project))
    if not linting and not re.search(rf"\b({names})\b", wired):
        settings = project.find("**/pyproject.toml", "**/setup.cfg", "**/tox.ini")
        tables = re.compile(rf"(?m)^\[(tool\.)?({names})\b")
        told = next((path for path, text in project.texts(settings) if tables.search(text)), "")
        configured = told or next(
            iter(project.find("**/ruff.toml", "**/.ruff.toml", "**/.flake8", "**/.pylintrc", "**/pylintrc")), ""
        )
        what = "is configured, but no hook and no CI runs it" if configured else "is configured"
        place = configured or ".pre-commit-config.yaml"
        yield Finding(place, f"{'a' if configured else 'no'} linter {what}")


def _without_settings(text: str) -> str:
    """Return a build file's text without what only depends on or sets up a tool."""
    lines = [
        line
        for line in text.splitlines()
        if not re.match(r"\s*\[tool\.(?!poe|pdm\.scripts|hatch|taskipy|pixi)|\s*[\"'][\w-]+[^\"']*[\"'],?$", line)
    ]
    return "\n".join(line for line in lines if not re.match(r"\s*(ruff|flake8|pylint)\s*=", line))

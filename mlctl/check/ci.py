"""What CI and the commit hooks run: workflows of GitHub and GitLab with what they include, read as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlctl.core.project import Project
from mlctl.tools import yaml

WORKFLOWS = (".github/workflows/*.yml", ".github/workflows/*.yaml")
ACTIONS = (".github/actions/**/action.yml", ".github/actions/**/action.yaml")
GITLAB = (".gitlab-ci.yml", ".gitlab/**/*.yml", ".gitlab-ci/**/*.yml", "ci/*.gitlab-ci.yml")
OTHERS = (".circleci/config.yml", "azure-pipelines*.yml", ".azure-pipelines/**/*.yml", "Jenkinsfile", ".travis.yml",
          "bitbucket-pipelines.yml", ".buildkite/*.yml", "**/cloudbuild*.y*ml", "**/cloudbuild/*.y*ml",
          "**/pipelines/*.yml", ".pipelines/*.yml", "appveyor.yml", ".drone.yml", "buildspec.yml")  # fmt: skip
BUILDERS = ("**/Makefile", "makefile", "tox.ini", "noxfile.py", "justfile", "Justfile", "Taskfile.yml", "tasks.py",
            "tasks/*.py", "*.mk", "**/*.sh", "hatch.toml", "pixi.toml", "**/*.just",
            "mise.toml", ".mise.toml", "mise.*.toml", ".mise/**", "package.json")  # fmt: skip
HOOKS = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml", "lefthook.yml", ".lefthook.yml")


@dataclass(frozen=True)
class Job:
    """A job of a workflow: what it runs, and the jobs it waits for; `file` and `line` say where."""

    name: str
    file: str
    line: int
    runs: tuple[str, ...]
    needs: tuple[str, ...]
    stage: int = 0


def files(project: Project) -> list[str]:
    """Return the files of the repository that configure CI."""
    return project.memo("ci.files", lambda: project.everywhere(*WORKFLOWS, *GITLAB, *OTHERS))


def commands(project: Project) -> str:
    """Return the text of all that CI and the build files that it calls run, without comments."""
    return project.memo("ci.commands", lambda: _plain(project, [*files(project), *project.everywhere(*ACTIONS)]))


def built(project: Project) -> str:
    """Return the text of Makefiles, tox, nox and the like, and of the project's own task tables."""

    def read() -> str:
        folder = (f"{project.folder}/",) if project.folder else ()
        names = [*project.everywhere(*BUILDERS), *(project.full(p) for p in project.find(*BUILDERS) if folder)]
        return _plain(project, [*names, project.full("pyproject.toml")])

    return project.memo("ci.built", read)


def hooks(project: Project) -> str:
    """Return the text of the commit hooks' configuration."""
    return project.memo("ci.hooks", lambda: _plain(project, project.everywhere(*HOOKS)))


def runs(project: Project, pattern: str) -> bool:
    """Tell whether CI runs something that matches, itself or by a build file that it calls."""
    found = re.compile(pattern)
    said = commands(project)
    if found.search(said):
        return True
    called = re.search(
        r"\b(make|mise|npm|tox|nox|just|task|invoke|inv|hatch|pixi|poe|pdm|duty|rye|hatch-run)\b|\.sh\b", said
    )
    return bool(called and found.search(built(project)))


def on_changes(project: Project) -> list[str]:
    """Return the CI files that run for a pull or merge request."""
    return [path for path in files(project) if _on_change(project, path)]


def _on_change(project: Project, path: str) -> bool:
    text = _plain(project, [path])
    if ".github/" in path:
        return bool(re.search(r"\bpull_request(_target)?\b|\bmerge_group\b", text)) or bool(
            re.search(r"^\s*[\"']?on[\"']?:\s*(\[[^\]]*\bpush\b|push\b|\n\s+-?\s*push:?\s*(\n|$))", text, re.MULTILINE)
            and not re.search(r"^\s+(branches|tags):", text, re.MULTILINE)
        )
    return True


def jobs(project: Project) -> list[Job]:
    """Return the jobs of GitHub's workflows and GitLab's files that can be read."""
    return project.memo("ci.jobs", lambda: list(_jobs(project)))


def _jobs(project: Project) -> Iterator[Job]:
    for path in project.everywhere(*WORKFLOWS):
        said = read(project, path)
        for name, job in _mapping(said.get("jobs")).items():
            job = _mapping(job)
            steps = [_mapping(step) for step in job.get("steps") or [] if isinstance(step, dict)]
            ran = [str(step.get("run", step.get("uses", ""))) for step in steps] + [str(job.get("uses", ""))]
            yield Job(str(name), path, _line(project, path, str(name)), tuple(ran), _names(job.get("needs")))
    for path in project.everywhere(*GITLAB):
        said = read(project, path)
        order = said.get("stages") if isinstance(said.get("stages"), list) else []
        for name, job in said.items():
            if isinstance(job, dict) and "script" in job:
                ran = [str(line) for key in ("before_script", "script") for line in _flat(job.get(key))]
                stage = order.index(job.get("stage")) if order and job.get("stage") in order else 0
                yield Job(str(name), path, _line(project, path, str(name)), tuple(ran), _names(job.get("needs")), stage)


def read(project: Project, path: str) -> dict[str, Any]:
    """Return a CI file as data, keys as written (`on` stays `on`); nothing where it can't be read."""
    text = re.sub(r"!reference\s*(\[[^\]]*\])", r"\1", project.shared(path))
    try:
        found = yaml.load(text, path, texts=True)
    except yaml.Malformed:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(project: Project, paths: list[str]) -> str:
    text = "\n".join(project.shared(path) for path in dict.fromkeys(paths))
    return re.sub(r"(?m)(^|\s)#[^\n]*$", r"\1", text)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _names(value: Any) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(str(one.get("job", "")) if isinstance(one, dict) else str(one) for one in found)


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    elif value is not None:
        yield value


def _line(project: Project, path: str, name: str) -> int:
    lines = project.shared(path).splitlines()
    return next((at for at, line in enumerate(lines, 1) if line.strip().rstrip(":") == name), 1)

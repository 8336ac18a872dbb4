"""What CI and the commit hooks run, read as a graph from what starts it to the commands at its ends."""

from __future__ import annotations

import re

from mlctl.check.ci import github, gitlab
from mlctl.check.ci.builders import built, called, hooks
from mlctl.check.ci.job import Job, plain, read
from mlctl.core.project import Project

GITLAB = (".gitlab-ci.yml", ".gitlab/**/*.yml", ".gitlab-ci/**/*.yml", "ci/*.gitlab-ci.yml")
ACTIONS = (".github/actions/**/action.yml", ".github/actions/**/action.yaml")
OTHERS = (".circleci/config.yml", "azure-pipelines*.yml", ".azure-pipelines/**/*.yml", "Jenkinsfile", ".travis.yml",
          "bitbucket-pipelines.yml", ".buildkite/*.yml", "**/cloudbuild*.y*ml", "**/cloudbuild/*.y*ml",
          "**/pipelines/*.yml", ".pipelines/*.yml", "appveyor.yml", ".drone.yml", "buildspec.yml")  # fmt: skip
__all__ = ["Job", "built", "commands", "files", "hooks", "jobs", "on_changes", "runs",
           "written"]  # fmt: skip


def files(project: Project) -> list[str]:
    """Return the files of the repository that configure CI."""
    return project.memo("ci.files", lambda: project.everywhere(*github.WORKFLOWS, *GITLAB, *OTHERS))


def jobs(project: Project) -> list[Job]:
    """Return the jobs of GitHub's workflows and GitLab's pipelines that something starts."""
    return project.memo("ci.jobs", lambda: [*github.jobs(project), *gitlab.jobs(project)])


def commands(project: Project, on: str = "") -> str:
    """Return the text of all that CI runs, without comments: on the event `on` alone where one is named."""

    def read_() -> str:
        ran = [line for job in jobs(project) if _started(job, on) for line in job.runs]
        return plain("\n".join([*ran, *(text for text in map(project.shared, _unread(project)) if _told(text, on))]))

    return project.memo(f"ci.commands {on}", read_)


def written(project: Project) -> str:
    """Return the text of all CI files and of the repository's own actions, whether it runs or not, without comments."""
    paths = [*files(project), *project.everywhere(*ACTIONS)]
    return project.memo("ci.written", lambda: plain("\n".join(map(project.shared, paths))))


def runs(project: Project, pattern: str, on: str = "") -> bool:
    """Tell whether CI runs something that matches, itself or by what it calls; `on` names an event."""
    found, said = re.compile(pattern), commands(project, on)
    reached = project.memo(f"ci.called {on}", lambda: called(project, said))
    return bool(found.search(said) or found.search(reached))


def _started(job: Job, on: str) -> bool:
    """Tell whether an event starts a job; what a monitor dispatches counts as scheduled."""
    if on == "pull_request":
        return job.on_changes
    return not on or on in job.triggers or (on == "schedule" and "repository_dispatch" in job.triggers)


def _told(text: str, on: str) -> bool:
    return on != "schedule" or bool(re.search(r"\b(schedules?|cron)\b", text))


def on_changes(project: Project) -> list[str]:
    """Return the CI files that run for a pull or merge request."""
    told = {job.file for job in jobs(project) if job.on_changes}
    return [path for path in files(project) if path in told or path in _unread(project)]


def _unread(project: Project) -> list[str]:
    """Return the CI files that count as they stand: of other forges, or no YAML that can be read."""
    known = (*project.everywhere(*github.WORKFLOWS), gitlab.ROOT)
    broken = [path for path in known if project.shared(path).strip() and not read(project, path)]
    return project.memo("ci.unread", lambda: [*broken, *project.everywhere(*OTHERS)])

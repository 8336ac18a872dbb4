"""Deployment: what runs is exactly what passed, and it runs with as few rights as it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlctl.check import ci
from mlctl.check.ci import Job
from mlctl.check.rule import Finding, rule
from mlctl.core.project import Project
from mlctl.core.standards import Standards

FILES = (
    "Dockerfile",
    "*.Dockerfile",
    "Dockerfile.*",
    "**/Dockerfile",
    "**/*.Dockerfile",
    "**/Dockerfile.*",
    "Containerfile",
)
DEPLOYS = re.compile(
    r"kubectl\s+(apply|set image|rollout)|kustomize\s+edit|helm\s+(upgrade|install)|bentoml\s+deploy"
    r"|(docker|podman|buildah)\s+push"
    r"|gcloud\s+\S+.*\bdeploy\b|az\s+ml\s+online-deployment|aws\s+(sagemaker|ecs|lambda)\s+\S*(create|update|deploy)"
    r"|argocd\s+app\s+sync|\b(publish|promote)\b(?!\s*:)|terraform\s+apply|flyctl\s+deploy",
    re.I,
)
GATES = re.compile(r"\bgate\b|\bdemo\b|validate[-_]model|quality[-_]gate|check[-_]metrics|model[-_]validation", re.I)
SAFE = """\
on: push
jobs:
  gate:
    steps: [{run: churn gate}]
  ship:
    needs: gate
    steps: [{run: kubectl apply -k deploy}]
"""
GITLAB = """\
stages: [gate, ship]
g:
  stage: gate
  script: [churn gate]
s:
  stage: ship
  script: [docker push x]
"""


@rule(
    "DPL101",
    "the image is pinned and does not run as root",
    stage="production",
    passes=[
        {"Dockerfile": "FROM python:3.11-slim AS a\nFROM a\nUSER 10001\n"},
        {"README.md": ""},
        {"Dockerfile": "ARG BASE=python:3.11-slim\nFROM ${BASE}\nUSER app"},
        {"Dockerfile": "FROM scratch\nUSER 1", "Dockerfile.dockerignore": "*\n!src"},
    ],
    fails=[
        {"Dockerfile": "FROM python:latest\nUSER app"},
        {"Dockerfile": "FROM python\nUSER app"},
        {"Dockerfile": "FROM python:3.11"},
        {"Dockerfile": "FROM python:3.11\nUSER root"},
    ],
)
def the_image_is_pinned(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    `latest` is another image tomorrow, and root in a container is one fault away from root outside.

    Name an exact tag or digest in `FROM`, and end the Dockerfile with `USER` and a number.
    """
    for path in project.find(*FILES):
        if path.endswith(".dockerignore"):
            continue
        text = re.sub(r"\\\n", " ", project.text(path))
        defaults = dict(re.findall(r"(?m)^ARG\s+(\w+)=(\S+)", text))
        stages = {name.lower() for name in re.findall(r"(?im)^FROM\s+.*\s+AS\s+(\S+)", text)}
        for found in re.finditer(r"(?im)^FROM\s+(?:--\S+\s+)*(\S+)", text):
            image = _filled(found[1], defaults)
            if image.lower() not in stages and image != "scratch" and "$" not in image and _loose(image):
                yield Finding(path, f"the image {image} is not pinned", text.count("\n", 0, found.start()) + 1)
        last = re.split(r"(?im)^FROM\s", text)[-1]
        user = re.findall(r"(?im)^USER\s+(\S+)", last)
        if not user or user[-1].split(":")[0] in ("root", "0"):
            yield Finding(path, "the container runs as root", text.count("\n") + 1 if not user else 0)


def _filled(image: str, defaults: dict[str, str]) -> str:
    """Return the image with the defaults of its arguments."""
    return re.sub(r"\$\{?(\w+)(?::-([^}]*))?\}?", lambda m: defaults.get(m[1], m[2] or m[0]), image)


def _loose(image: str) -> bool:
    tag = image.rpartition("/")[2]
    return "@sha256:" not in image and (":" not in tag or tag.endswith(":latest"))


@rule(
    "DPL103",
    "nothing is deployed but through the gate",
    stage="production",
    passes=[
        {".github/workflows/d.yml": SAFE},
        {"README.md": ""},
        {".github/workflows/d.yml": "on: push\njobs: {s: {steps: [{run: churn gate}, {run: docker push x}]}}"},
        {".gitlab-ci.yml": GITLAB},
    ],
    fails=[
        {".github/workflows/d.yml": SAFE.replace("    needs: gate\n", "")},
        {".gitlab-ci.yml": "s:\n  script: [helm upgrade x]"},
        {".gitlab-ci.yml": "s:\n  script: [buildah push x]"},
        {".github/workflows/d.yml": "on: push\njobs: {s: {steps: [{run: docker push x}, {run: churn gate}]}}"},
    ],
)
def deployed_only_through_the_gate(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A way around the gate is taken on the day when it matters most.

    Let the job that deploys need the job that runs the gate, in one workflow.
    """
    jobs = ci.jobs(project)
    for job in jobs:
        at = next((n for n, step in enumerate(job.runs) if DEPLOYS.search(step)), -1)
        if at >= 0 and not any(GATES.search(step) for step in job.runs[: at + 1]) and not _after_gate(job, jobs):
            yield Finding(f"/{job.file}", f"the job '{job.name}' deploys without the gate", job.line)


def _after_gate(job: Job, jobs: list[Job]) -> bool:
    """Tell whether a job waits, itself or by others, for one that runs the gate."""
    there = [one for one in jobs if one.file == job.file or "/" in job.name or not job.file.startswith(".github")]
    todo, seen = list(job.needs), set[str]()
    if not job.file.startswith(".github") and not job.needs:
        todo += [one.name for one in there if one.stage < job.stage]
    while todo:
        name = todo.pop()
        for one in (one for one in there if one.name == name or one.name.startswith(f"{name}/")):
            if one.name not in seen:
                seen.add(one.name)
                if any(GATES.search(step) for step in one.runs):
                    return True
                todo += one.needs
    return False

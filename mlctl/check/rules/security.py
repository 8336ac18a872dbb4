"""Security: no secrets in git, and nothing installed from where nobody looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from mlctl.check import ci
from mlctl.check.rule import Finding, rule
from mlctl.core.project import Project
from mlctl.core.standards import Standards

HOOK = {".pre-commit-config.yaml": "repos: [{hooks: [{id: gitleaks}]}]"}
INDEX = re.compile(
    r"(--extra-index-url|--index-url|--find-links|-i\s|--trusted-host|^\s*(?:extra-)?index-url\s*=|^\s*trusted-host\s*=)[=\s]*[\"']?([^\s\"',\\]+)",
    re.M,
)
PLACES = (
    "requirements*.txt",
    "requirements/*.txt",
    "requirements*.in",
    "pip.conf",
    "**/pip.conf",
    "**/Dockerfile",
    "Dockerfile*",
    "environment*.y*ml",
    "Makefile",
    "**/requirements*.txt",
)


@rule(
    "SEC101",
    "secrets are scanned for and no `.env` is in git",
    stage="explore",
    policy="locked",
    passes=[
        HOOK,
        {".github/workflows/a.yml": "on: push\njobs: {a: {steps: [{uses: gitleaks/gitleaks-action@v2}]}}"},
        {**HOOK, ".env.example": "A=", "x/.env.template": ""},
    ],
    fails=[
        {"README.md": ""},
        {"pyproject.toml": "[dependency-groups]\ndev = ['detect-secrets']"},
        {**HOOK, ".env": "A=1"},
        {**HOOK, "app/.env.production": "TOKEN=a"},
    ],
)
def secrets_are_scanned_for(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A secret in git is everybody's, also after it was deleted.

    Add gitleaks to .pre-commit-config.yaml, and take `.env` files out of git with `git rm --cached`.
    """
    names = "|".join(re.escape(name) for name in standards.names("secret_scanners"))
    scans = rf"(?i)(?<!\w)({names})"
    if not re.search(scans, ci.hooks(project)) and not ci.runs(project, scans):
        yield Finding(".pre-commit-config.yaml", "nothing scans for secrets")
    for path in project.paths:
        name = path.rpartition("/")[2]
        if re.fullmatch(
            r"\.env(\.(?!example|sample|template|dist|tpl|default|test|ci|schema)[\w-]+)?", name
        ) and _assigns(project.text(path)):
            yield Finding(path, "this environment file is in git")


def _assigns(text: str) -> bool:
    """Tell whether an environment file gives a value to something."""
    return bool(re.search(r"(?m)^\s*(export\s+)?\w+=[\"']?[^\s\"'#]", text))


@rule(
    "SEC107",
    "packages come only from trusted indexes",
    stage="shared",
    passes=[{"requirements.txt": "a==1"}, {"requirements.txt": "--extra-index-url https://wheels.example/cpu\na"}],
    fails=[
        {"requirements.txt": "--index-url http://wheels.example/simple\na"},
        {"Dockerfile": "RUN pip install --trusted-host wheels.example a"},
    ],
)
def only_trusted_indexes(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    Whoever can answer for an index, or stand in the way to it, puts code into the model.

    Use indexes that the standards list as `trusted_indexes`, over https and without `--trusted-host`.
    """
    trusted = standards.names("trusted_indexes")
    for path in project.find(*PLACES):
        text = re.sub(r"(?m)#.*$", "", project.text(path))
        for found in INDEX.finditer(text):
            why = _distrust(found[1].strip(), found[2], trusted)
            if why:
                yield Finding(path, why, text.count("\n", 0, found.start(2)) + 1)


def _distrust(option: str, value: str, trusted: list[str]) -> str:
    """Return what is wrong with an index, or nothing."""
    host = urlsplit(value).hostname or "" if "://" in value else ""
    if "trusted-host" in option:
        return f"{value} is reached without checking who answers"
    if value.startswith("http://") and host not in ("localhost", "127.0.0.1"):
        return f"the index {host} is reached without TLS"
    if trusted and host and host not in trusted and "$" not in value:
        return f"the index {host} is not one that the standards trust"
    return ""

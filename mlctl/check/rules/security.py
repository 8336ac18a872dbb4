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
HERE = frozenset(("localhost", "127.0.0.1", "::1", "host.docker.internal"))
INDEX = re.compile(
    r"(--(?:extra-)?index-url|--(?:default-)?index|--find-links|(?<=\s)-i(?=\s)|--trusted-host"
    r"|^\s*(?:extra-)?index-url\s*=|^\s*trusted-host\s*=|\b(?:PIP|UV)_[A-Z_]*(?:INDEX|INDEX_URL|TRUSTED_HOST|FIND_LINKS)\b)"
    r"[=:\s]*[\"']?([^\s\"',\\]+)",
    re.M,
)
SOURCE = re.compile(
    r"(?m)^\[\[(?:tool\.(?:uv\.index|poetry\.source|pdm\.source)|source)\]\]\n((?:[^\[\n][^\n]*\n|\n)*)"
)
URL, UNVERIFIED = re.compile(r"(?m)^url\s*=\s*[\"']([^\"']+)"), re.compile(r"(?m)^verify_ssl\s*=\s*false")
DIRECT = re.compile(r"(?:git\+)?(http://[^\s\"'#;]+?(?:\.whl|\.tar\.gz|\.zip|\.git))\b")
INSTALLS = re.compile(r"\b(pip3?|uv|uvx|pipx|conda|mamba|poetry|pdm|pipenv)\s")
DECLARING = (".txt", ".in", ".toml", ".yml", ".yaml", "Pipfile", "pip.conf")
MANIFESTS = ("pyproject.toml", "**/pyproject.toml", "Pipfile", "**/Pipfile", "uv.toml")
PLACES = ("**/requirements*.txt", "**/requirements/*.txt", "**/requirements*.in", "**/pip.conf", "**/Dockerfile*",
          "**/*.[Dd]ockerfile", "**/environment*.y*ml", "**/Makefile", "**/*.sh", *MANIFESTS)  # fmt: skip


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
    passes=[
        {"requirements.txt": "a==1"},
        {"requirements.txt": "--extra-index-url https://wheels.example/cpu\na"},
        {"pyproject.toml": '[[tool.uv.index]]\nname = "cpu"\nurl = "https://wheels.example/cpu"\n'},
        {"requirements.txt": "# --index-url http://wheels.example/simple\na"},
        {"Makefile": "a:\n\tpip install -i http://localhost:3141/simple a\n"},
        {"get.sh": "curl http://weights.example/resnet.tar.gz | tar xz\n"},
    ],
    fails=[
        {"requirements.txt": "--index-url http://wheels.example/simple\na"},
        {"Dockerfile": "RUN pip install --trusted-host wheels.example a"},
        {"Dockerfile": "ENV PIP_EXTRA_INDEX_URL=http://wheels.example/simple"},
        {"pyproject.toml": '[[tool.poetry.source]]\nname = "ours"\nurl = "http://wheels.example/simple"\n'},
        {"Pipfile": '[[source]]\nurl = "https://wheels.example/simple"\nverify_ssl = false\n'},
        {"requirements.txt": "a @ http://wheels.example/a-1.0-py3-none-any.whl"},
        {"get.sh": "uv pip install http://wheels.example/a-1.0.tar.gz\n"},
        {".github/workflows/ci.yml": "jobs: {a: {steps: [{run: pip install -i http://wheels.example/simple a}]}}"},
    ],
)
def only_trusted_indexes(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    Whoever can answer for an index, or stand in the way to it, puts code into the model.

    Use indexes that the standards list as `trusted_indexes`, over https and without `--trusted-host`.
    """
    trusted = standards.names("trusted_indexes")
    for path, text in _sources(project):
        plain = re.sub(r"(?m)(^|\s)#.*$", r"\1", text)
        told = dict[tuple[int, str], None]()
        for found in INDEX.finditer(plain):
            line = plain[plain.rfind("\n", 0, found.start()) + 1 : found.start()]
            why = _distrust(found[1].strip(), found[2], trusted) if found[1] != "-i" or "pip" in line else ""
            if why:
                told[(plain.count("\n", 0, found.start(2)) + 1, why)] = None
        yield from (Finding(path, why, line) for line, why in told)
        for found in DIRECT.finditer(plain):
            line = plain[plain.rfind("\n", 0, found.start()) + 1 : found.start()]
            if urlsplit(found[1]).hostname not in HERE and (_declares(path) or INSTALLS.search(line)):
                yield Finding(path, f"{found[1]} is fetched without TLS", plain.count("\n", 0, found.start()) + 1)
        for table in SOURCE.finditer(plain):
            url = URL.search(table[1])
            lax = UNVERIFIED.search(table[1])
            why = _distrust("url", url[1], trusted) if url else ""
            if lax and url and not why:
                why = f"the index {urlsplit(url[1]).hostname} is reached without checking who answers"
            if why and url:
                yield Finding(path, why, plain.count("\n", 0, table.start(1) + (lax or url).start()) + 1)


def _sources(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the files that say where packages come from, those of the repository's CI too."""
    known = dict.fromkeys(project.find(*PLACES))
    yield from project.texts(known)
    for path in ci.files(project):
        if path not in {project.full(one) for one in known}:
            yield f"/{path}", project.shared(path)


def _declares(path: str) -> bool:
    """Tell whether a file names packages and nothing else that could be fetched."""
    return path[:1] != "/" and path.endswith(DECLARING)


def _distrust(option: str, value: str, trusted: list[str]) -> str:
    """Return what is wrong with an index, or nothing."""
    host = urlsplit(value).hostname or "" if "://" in value else ""
    if "trusted-host" in option.lower().replace("_", "-"):
        return f"{value} is reached without checking who answers" if value not in HERE else ""
    if value.startswith("http://") and host not in HERE:
        return f"the index {host} is reached without TLS"
    if trusted and host and host not in trusted and "$" not in value:
        return f"the index {host} is not one that the standards trust"
    return ""

"""Project: who owns it, what it is for, and that its tests and checks run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlctl.check.code import code
from mlctl.check.rule import Finding, library, rule
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards

OWNERS = ("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
COMMON = frozenset(("the", "and", "to", "of", "in", "a", "is", "for", "with", "this", "are", "you", "on", "it", "that"))


@rule(
    "PRJ101",
    "an owner is declared",
    stage="shared",
    fix="none",
    passes=[
        {PROJECT: "owner: '@team'"},
        {"CODEOWNERS": "* @team"},
        {"pyproject.toml": "[project]\nmaintainers = [{name = 'a'}]"},
        {"setup.py": "setup(author='a team')"},
        {"MAINTAINERS.md": "- a"},
    ],
    fails=[
        {"README.md": ""},
        {PROJECT: "owner:"},
        {PROJECT: "owner:", "pyproject.toml": "[project]\nauthors = [{name = 'a'}]"},
        {"setup.py": "setup(author='')"},
    ],
)
def an_owner_is_declared(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A model without an owner is nobody's when it is wrong.

    Name the team as `owner` in .mlctl/project.yml.
    """
    if project.facts.get("owner") or re.search(r"(?m)^\s+owner:\s*\S", project.text("catalog-info.yaml")):
        return
    if not any(owned for _, owned in _rules(project)) and not (not project.recorded and _authored(project)):
        yield Finding(PROJECT if project.recorded else "pyproject.toml", "nobody is named as the owner")


def _authored(project: Project) -> bool:
    """Tell whether a package names its authors, or a list its maintainers."""
    said = "\n".join(project.text(path) for path in ("pyproject.toml", "setup.py", "setup.cfg"))
    named = re.search(r"(?m)(?:^|[\s(,])(maintainers?|authors?)\s*=\s*[\[{\"'\s]*\w", said)
    return bool(named) or project.has("MAINTAINERS*", "AUTHORS*", "OWNERS", "docs/MAINTAINERS*", ".github/MAINTAINERS*")


@rule(
    "PRJ102",
    "purpose and risk are declared",
    stage="shared",
    severity="warning",
    requires=("TPL101",),
    passes={PROJECT: "purpose: who leaves\nrisk: limited"},
    fails=[{PROJECT: "owner: a"}, {"README.md": ""}],
)
def purpose_and_risk_are_declared(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    What a model may decide, and how bad an error is, tells which promises it must keep.

    Write `purpose` (one sentence) and `risk` (minimal, limited or high) into .mlctl/project.yml.
    """
    lacking = [key for key in ("purpose", "risk") if not project.facts.get(key)]
    if lacking:
        yield Finding(PROJECT if project.recorded else "pyproject.toml", f"it does not say its {' and '.join(lacking)}")


@rule(
    "PRJ103",
    "the README says how to run it, where the data is and whom to ask",
    stage="explore",
    severity="warning",
    passes=[
        {"README.md": "# Churn\nRun `make train`. Data: see datasets.yml. Owner: @team\n```\nmake\n```"},
        {"ReadMe.md": "# Churn\nRun `make train`. Data: see datasets.yml. Owner: @team\n```\nmake\n```"},
        {"README.md": "# Абонентский отток\n" + "Модель предсказывает уход клиента за месяц вперёд.\n" * 12},
    ],
    fails=[{"README.md": "# Churn"}, {"pyproject.toml": ""}],
)
def the_readme_says_what_matters(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    Whoever comes next starts at the README.

    Add a section for each thing that is missing.
    """
    found = project.find("[Rr][Ee][Aa][Dd][Mm][Ee]*", "docs/README*", ".github/README*")
    readme = next((path for path in found if path.lower() in ("readme.md", "readme.rst")), next(iter(found), ""))
    if not readme:
        there = project.unadded("README.md")
        yield Finding("README.md", "it exists but is not added: run `git add`" if there else "there is no README")
        return
    text = project.text(readme)
    asked = {
        what: str(how) for what, how in standards.table("readme").items() if "data" not in what or not library(project)
    }
    lacking = [what for what, how in asked.items() if not re.search(how, text, re.I | re.M)]
    if lacking and _english(text):
        yield Finding(readme, f"it does not say {', '.join(lacking)}")


def _english(text: str) -> bool:
    """Tell whether a text is English, or too short to tell: the words that are looked for are English ones."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?s)```.*?```|https?:\S+", " ", text).lower())
    return len(words) < 60 or sum(word in COMMON for word in words) / len(words) > 0.06


@rule(
    "PRJ104",
    "CODEOWNERS covers the code",
    stage="production",
    fix="safe",
    requires=("PRJ101",),
    passes=[{"CODEOWNERS": "* @team", "src/a.py": ""}, {"CODEOWNERS": "/src/ @team", "src/a.py": ""}],
    fails=[{"src/a.py": ""}, {"CODEOWNERS": "/docs/ @team", "src/a.py": ""}, {"CODEOWNERS": "*", "src/a.py": ""}],
)
def codeowners_covers_the_code(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A change to a model is reviewed by those who answer for it.

    Add a CODEOWNERS line for the uncovered path, for example `* @team`.
    """
    rules = list(_rules(project))
    if not rules:
        yield Finding("CODEOWNERS", "there is no CODEOWNERS file that names anybody")
        return
    paths = [project.full(path) for path in code(project, standards).product]
    bare = next((path for path in paths if not _covered(path, rules)), "")
    if bare:
        yield Finding("CODEOWNERS", f"nobody owns {bare}")


def _rules(project: Project) -> Iterator[tuple[str, bool]]:
    """Yield (pattern, whether it names an owner) of the first CODEOWNERS file there is."""
    return ((pattern, bool(named)) for _, _, pattern, named in _owned(project))


def owners(project: Project, path: str) -> tuple[str, int, list[str]]:
    """Return who CODEOWNERS says owns a path of the repository, with the file and the line that says so."""
    found: tuple[str, int, list[str]] = ("CODEOWNERS", 0, [])
    for file, line, pattern, named in _owned(project):
        if _matches(path, pattern):
            found = (file, line, named)
    return found


def _owned(project: Project) -> Iterator[tuple[str, int, str, list[str]]]:
    """Yield (file, line, pattern, owners) of the first CODEOWNERS file; the owners of a section hold in it."""
    path = next(iter(project.everywhere(*OWNERS)), "") or (
        project.full("CODEOWNERS") if "CODEOWNERS" in project.names else ""
    )
    default: list[str] = []
    for number, line in enumerate(project.shared(path).splitlines(), 1):
        line = line.split("#")[0].strip()
        if line.startswith(("[", "^[")):
            default = line.rpartition("]")[2].split()
        elif line:
            pattern, *named = line.split()
            yield path, number, pattern, named or default


def _covered(path: str, rules: list[tuple[str, bool]]) -> bool:
    """Tell whether the last pattern that matches names an owner, as forges read CODEOWNERS."""
    return next((owned for pattern, owned in reversed(rules) if _matches(path, pattern)), False)


def _matches(path: str, pattern: str) -> bool:
    """Tell whether a pattern of CODEOWNERS is about a path."""
    plain = pattern.strip("/").replace("**/", "*").replace("**", "*").removesuffix("/*")
    start = r"(^|/)" if "/" not in pattern.rstrip("/") else r"^"
    regex = re.escape(plain).replace(r"\*", ".*")
    return pattern in ("*", "/", "/*") or bool(re.search(f"{start}{regex}(/|$)", path))


@rule("PRJ100", "every Python file can be read", stage="explore", passes={"a.py": "x = 1"}, fails={"a.py": "def f(:"})
def every_file_can_be_read(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A file that is no Python is checked by nothing.

    Mend the file, or delete it.
    """
    yield from (finding for number, finding in code(project, standards).findings if number == "PRJ100")

"""Locks: what was resolved agrees with what is declared, by names and versions; no resolver is run."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mlctl.check.rule import Finding, rule
from mlctl.core.project import Project
from mlctl.core.standards import Standards

if TYPE_CHECKING:
    from packaging.requirements import Requirement

MANIFEST = "pyproject.toml"
DECLARED = '[project]\nname = "churn"\nrequires-python = ">=3.11"\ndependencies = ["pandas>=2"]\n'
LOCKED = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "churn"
version = "0.1.0"
source = { editable = "." }
dependencies = [
    { name = "pandas" },
]

[package.metadata]
requires-dist = [{ name = "pandas", specifier = ">=2" }]

[[package]]
name = "pandas"
version = "2.3.0"
"""
PANDAS = '[[package]]\nname = "pandas"\nversion = "2.3.0"\n'
EXTRA, GROUPS = f'{DECLARED}optional-dependencies = {{gpu = ["cupy"]}}\n', '[metadata]\ngroups = ["default"]\n\n'
PYTHONS = tuple(f"3.{minor}.{patch}" for minor in range(6, 24) for patch in (0, 1, 9, 30))
MADE = re.compile(r'(?m)^requires-python = "([^"]*)"')
OWN = re.compile(r'source = \{ (?:editable|virtual|workspace) = "([^"]*)" \}')
ENTRY = re.compile(r"\{ ([^{}]*?) ?\}")
NAMED, VERSION = re.compile(r'name = "([^"]+)"'), re.compile(r'specifier = "([^"]*)"')
PACKAGE = re.compile(r'(?m)^name = "([^"]+)"\r?\nversion = "([^"]+)"')


class Wanted(NamedTuple):
    """What a project declares: names with their versions, `loose` where they come from elsewhere or for some only."""

    name: str
    versions: str
    loose: bool


@rule(
    "TRN102",
    "the lock is fresh",
    stage="shared",
    severity="warning",
    passes=[
        {MANIFEST: DECLARED, "uv.lock": LOCKED},
        {MANIFEST: DECLARED, "uv.lock": ""},
        {MANIFEST: DECLARED.replace(">=3.11", ">=3.11,<3.12"), "uv.lock": LOCKED.replace(">=3.11", "==3.11.*")},
        {MANIFEST: DECLARED, "poetry.lock": '[[package]]\nname = "pandas"\nversion = "2.3.0"\n'},
        {"requirements.in": "pandas>=2\n", "requirements.txt": "numpy==2.1\npandas==2.3.0\n"},
        {MANIFEST: EXTRA, "pdm.lock": GROUPS + PANDAS},
    ],
    fails=[
        {MANIFEST: DECLARED.replace('"pandas>=2"', '"pandas>=2", "polars"'), "uv.lock": LOCKED},
        {MANIFEST: DECLARED.replace("pandas>=2", "pandas>=2.2"), "uv.lock": LOCKED},
        {MANIFEST: DECLARED.replace('["pandas>=2"]', "[]"), "uv.lock": LOCKED},
        {MANIFEST: DECLARED.replace(">=3.11", ">=3.12"), "uv.lock": LOCKED},
        {MANIFEST: DECLARED, "poetry.lock": '[[package]]\nname = "pandas"\nversion = "1.5.3"\n'},
        {MANIFEST: DECLARED, "pdm.lock": '[[package]]\nname = "numpy"\nversion = "2.1"\n'},
        {MANIFEST: EXTRA, "pdm.lock": GROUPS.replace("]", ', "gpu"]') + PANDAS},
        {"requirements.in": "pandas>=2\npolars\n", "requirements.txt": "pandas==2.3.0\n"},
    ],
    requires=("TRN101",),
)
def the_lock_is_fresh(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A lock that contradicts what is declared is resolved anew on the next machine, into other versions.

    Run `uv lock` (or what made the lock) and commit it together with pyproject.toml.
    """
    said = _toml(project.text(MANIFEST))
    if "uv.lock" in project.names:
        yield from _of_uv(project, said)
    for lock in ("poetry.lock", "pdm.lock"):
        if lock in project.names:
            known = {_plain(name): version for name, version in PACKAGE.findall(project.text(lock))}
            groups = _groups(project.text(lock)) if lock == "pdm.lock" else None
            yield from _contradicted(project, MANIFEST, list(_declared(said, groups)), known, lock)
    if {"Pipfile", "Pipfile.lock"} <= project.names:
        wanted = [Wanted(_plain(n), "", not isinstance(v, str)) for n, v in _packages(_toml(project.text("Pipfile")))]
        yield from _contradicted(project, "Pipfile", wanted, _pipenv(project.text("Pipfile.lock")), "Pipfile.lock")
    for path in project.find("requirements*.in", "requirements/*.in"):
        compiled = f"{path[:-3]}.txt"
        if compiled in project.names:
            known = dict(re.findall(r"(?m)^([\w.-]+)(?:\[[^]]*\])?\s*==\s*([^\s;\\]+)", project.text(compiled)))
            wanted = [one for line in project.text(path).splitlines() if (one := _wanted(line.split("#")[0].strip()))]
            yield from _contradicted(project, path, wanted, {_plain(n): v for n, v in known.items()}, compiled)


def _of_uv(project: Project, said: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield how uv.lock's own copy of the declaration differs from the declaration."""
    text, head = project.text("uv.lock"), _table(said, "project")
    blocks = re.split(r"(?m)^\[\[package\]\]\r?\n", text)[1:]
    own = next((b for b in blocks if (found := OWN.search(b)) and found[1] == "."), "")
    made, end = MADE.search(text), head.get("requires-python")
    if made and isinstance(end, str) and not _same(made[1], end, PYTHONS):
        words = f"Python {end} is declared, uv.lock was made for {made[1]}"
        yield Finding(MANIFEST, words, _line(project, "requires-python"))
    if "[package.metadata" not in own or "dependencies" in _list(head.get("dynamic")):
        return
    known: dict[str, set[str]] = {}
    for entry in ENTRY.findall(own.partition("[package.metadata")[2]):
        name, version = NAMED.search(entry), VERSION.search(entry)
        if name and name[1] != _plain(str(head.get("name", ""))):
            known.setdefault(name[1], set()).add(version[1] if version else "")
    wanted = list(_declared(said))
    for one in wanted:
        if one.name not in known:
            yield _unknown(project, MANIFEST, one.name, "uv.lock")
        elif not one.loose and sum(other.name == one.name for other in wanted) == 1 == len(known[one.name]):
            (locked,) = known[one.name]
            if not _same(locked, one.versions):
                words = f"{one.name}{one.versions} is declared, uv.lock was made for {one.name}{locked}"
                yield Finding(MANIFEST, words, _line(project, one.name))
    line = text[: text.find(own)].count("\n")
    for lost in sorted(known.keys() - {one.name for one in wanted}):
        yield Finding("uv.lock", f"it was made for {lost}, which is declared no more", line)


def _unknown(project: Project, path: str, name: str, lock: str) -> Finding:
    return Finding(path, f"{name} is declared, and {lock} does not know of it", _line(project, name, path))


def _contradicted(
    project: Project, path: str, wanted: list[Wanted], known: Mapping[str, str], lock: str
) -> Iterator[Finding]:
    """Yield what is declared and not locked, or locked at a version that was not declared."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    for one in wanted if known else ():
        if one.loose:
            continue
        if one.name not in known:
            yield _unknown(project, path, one.name, lock)
            continue
        try:
            fits = SpecifierSet(one.versions).contains(known[one.name], prereleases=True)
        except (InvalidSpecifier, InvalidVersion):
            continue
        if not fits:
            what = f"{one.name}{one.versions} is declared, {lock} holds {known[one.name]}"
            yield Finding(path, what, _line(project, one.name, path))


def _groups(text: str) -> list[str]:
    """Return the groups that pdm was told to lock."""
    found = re.search(r"(?m)^groups = \[([^]]*)\]", text)
    return re.findall(r'"([^"]+)"', found[1]) if found else []


def _declared(said: Mapping[str, Any], groups: list[str] | None = None) -> Iterator[Wanted]:
    """Yield what pyproject.toml declares, in each of the ways in which that is done; of extras those in `groups`."""
    project, tool = _table(said, "project"), _table(said, "tool")
    own = _plain(str(project.get("name", "")))
    elsewhere = {_plain(name) for name in _table(_table(tool, "uv"), "sources")}
    texts = [*_list(project.get("dependencies"))]
    for name, part in (*_table(project, "optional-dependencies").items(), *_table(said, "dependency-groups").items()):
        texts += _list(part) if groups is None or name in groups else []
    texts += _list(_table(tool, "uv").get("dev-dependencies"))
    for one in filter(None, map(_wanted, texts)):
        if one.name != own:
            yield one._replace(loose=one.loose or one.name in elsewhere)
    poetry = _table(tool, "poetry")
    tables = [poetry, *(g for g in _table(poetry, "group").values() if isinstance(g, Mapping))]
    for group in tables:
        for name, how in (*_table(group, "dependencies").items(), *_table(group, "dev-dependencies").items()):
            if name != "python" and not isinstance(how, (Mapping, list)):
                yield Wanted(_plain(name), "", False)


def _wanted(text: str) -> Wanted | None:
    """Return what a requirement asks for; nothing where it is none."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found: Requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return Wanted(_plain(found.name), str(found.specifier), bool(found.marker or found.url))


def _packages(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for part in ("packages", "dev-packages"):
        yield from _table(said, part).items()


def _pipenv(text: str) -> dict[str, str]:
    """Return the versions that a Pipfile.lock holds by name."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    parts = [said.get(part) for part in ("default", "develop")] if isinstance(said, dict) else []
    return {
        _plain(name): str(how.get("version", "")).removeprefix("==")
        for part in parts if isinstance(part, dict)
        for name, how in part.items() if isinstance(how, dict)
    }  # fmt: skip


def _same(one: str, other: str, among: tuple[str, ...] = ()) -> bool:
    """Tell whether two version bounds are one, in words or for all versions `among` which they choose."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        here, there = SpecifierSet(one), SpecifierSet(other)
    except InvalidSpecifier:
        return True
    return here == there or bool(among and all(here.contains(v) == there.contains(v) for v in among))


def _line(project: Project, name: str, path: str = MANIFEST) -> int:
    """Return the line on which a package is declared."""
    pattern = re.compile(
        rf"(^|[\"'\s]){re.sub('-', '[-_.]+', re.escape(name).replace(chr(92) + '-', '-'))}(?![\w-])", re.I
    )
    lines = project.text(path).splitlines()
    return next((at for at, line in enumerate(lines, 1) if pattern.search(line)), 0)


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _table(said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = said.get(key)
    return found if isinstance(found, Mapping) else {}


def _list(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

"""One pass over the files of a project: what each file breaks by itself, and the facts that project rules ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlctl.check.cache import Cache
from mlctl.check.catalogue import file_rules
from mlctl.check.facts import Facts, facts
from mlctl.check.imports import Graph
from mlctl.check.inline import Inline
from mlctl.check.look import Known, last, look, words
from mlctl.check.rule import Finding, Rule
from mlctl.check.source import TEST, Source
from mlctl.core.index import ABSENT
from mlctl.core.project import Project
from mlctl.core.standards import Standards

LARGEST = 1_000_000
NOTEBOOK = 20_000_000
BINARY = re.compile(
    r"\.(png|jpe?g|gif|ico|webp|pdf|zip|gz|bz2|xz|7z|tar|whl|so|dll|pyc|mp[34]|mov|avi|wav|ttf|otf|woff2?|parquet"
    r"|feather|npy|npz|h5|hdf5|pkl|pickle|joblib|pt|pth|onnx|bin|db|sqlite|xlsx?|skops)$",
    re.I,
)
NEWER = re.compile(
    r"requires-python\s*=\s*[\"'][^\"']*(?:>=|==|~=)\s*3\.(\d+)|^python\s*=\s*[\"'](?:\^|~|>=)?\s*3\.(\d+)"
    r"|target-version\s*=\s*\[?\s*[\"']py3(\d+)|python_version\s*=\s*[\"']?3\.(\d+)|^3\.(\d+)|^FROM\s+\S*python:3\.(\d+)",
    re.M,
)
TESTS = re.compile(r"(^|/)tests?/|(^|/)test_[^/]*$|_test\.py$")


class Code:
    """The files of a project, looked at one by one; results are kept by blob id."""

    def __init__(self, project: Project, standards: Standards, cache: Cache | None = None) -> None:
        self.project, self.standards, self.cache = project, standards, cache or Cache()
        self.findings: list[tuple[str, Finding]] = []
        self.inline: list[Inline] = []
        self.newer: dict[str, str] = {}
        self.seen: dict[str, tuple[str, ...]] = {}
        self.graph = Graph(project.paths, self.facts)

    @property
    def python(self) -> list[str]:
        """The Python files that are no template's."""
        made = "hooks/" if "cookiecutter.json" in self.project.names else "{"
        return [p for p in self.project.paths if p.endswith(".py") and "{" not in p and not p.startswith(made)]

    @property
    def product(self) -> list[str]:
        """The Python files that are neither tests nor examples."""
        return [path for path in self.python if not TEST.search(path)]

    @property
    def tests(self) -> list[str]:
        """The Python files that are tests."""
        return [path for path in self.python if TESTS.search(path)]

    def facts(self, path: str) -> Facts:
        """Return the facts of a Python file."""
        full = self.project.full(path)
        blob = self.project.repository.blob(full)
        known = self.cache.facts(full, blob)
        if known is None:
            known = facts(Source(path, self.project.repository.read(full)))
            if full not in self.project.repository.unread:
                self.cache.put_facts(full, blob, known)
        return known

    def naming(self, wanted: Iterable[str], paths: Iterable[str]) -> Iterator[str]:
        """Yield those of `paths` whose text holds one of `wanted`, which the scan looked for."""
        some = frozenset(wanted)
        yield from (path for path in paths if not some.isdisjoint(self.seen.get(path, ())))

    def importing(self, modules: Iterable[str], paths: Iterable[str]) -> list[str]:
        """Return those of `paths` that import one of `modules` or something in it."""
        wanted = tuple(modules)
        found = []
        for path in self.naming(map(last, wanted), paths):
            names = self.facts(path).modules
            if any(name == one or name.startswith(f"{one}.") for name in names for one in wanted):
                found.append(path)
        return found

    def scan(self, rules: list[Rule]) -> Code:
        """Look at every file that is not yet known; return self."""
        repository, unknown, start = self.project.repository, [], len(self.project.full(""))
        for path in self._readable():
            full = self.project.full(path)
            known = self.cache.file(full, repository.blob(full))
            if known is None:
                unknown.append(full)
            else:
                self._take(path, known)
        wanted, newest = words(self.standards), minor(self.project)
        for full, data in repository.stream(unknown):
            known = look(Source(full[start:], data), rules, self.standards, wanted, newest)
            self.cache.put(full, repository.blob(full), known)
            self._take(full[start:], known)
        for full in (
            full for full in unknown if repository.unread.get(full, ABSENT) != ABSENT and full.endswith(".py")
        ):
            self.findings.append(("PRJ100", Finding(full[start:], repository.unread[full])))
        return self

    def _readable(self) -> Iterator[str]:
        """Yield the files that are text, and not too large to be written by somebody."""
        sizes = self.project.memo("sizes", self.project.repository.sizes)
        for path in self.project.paths:
            limit = NOTEBOOK if path.endswith(".ipynb") else LARGEST
            if not BINARY.search(path) and sizes.get(self.project.full(path), 0) <= limit:
                yield path

    @property
    def noted(self) -> set[str]:
        """The paths in the repository of files in which something was found by itself, or is excused."""
        found = {finding.path for _, finding in self.findings} | {mark.path for mark in self.inline}
        return {self.project.full(path) for path in found} | self.newer.keys()

    def _take(self, path: str, known: Known) -> None:
        found, seen, marks, state = known
        self.findings += [(code, Finding(path, message, line, edit)) for code, message, line, edit in found]
        self.inline += [Inline(path, *mark) for mark in marks]
        self.seen[path] = tuple(seen)
        if state.startswith("3."):
            self.newer[self.project.full(path)] = f"it needs Python {state} or newer"


def minor(project: Project) -> int:
    """Return the newest minor version of Python 3 that a project says it runs on, 0 where it names none."""
    said = (project.text(path) for path in project.find("pyproject.toml", ".python-version", "Dockerfile", "mypy.ini"))
    return max((int(next(filter(None, found))) for text in said for found in NEWER.findall(text)), default=0)


def code(project: Project, standards: Standards, cache: Cache | None = None) -> Code:
    """Return the code of a project, scanned once."""
    return project.memo("code", lambda: Code(project, standards, cache).scan(file_rules()))

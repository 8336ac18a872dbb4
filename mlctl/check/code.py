"""One pass over the files of a project: what each file breaks by itself, and the facts that project rules ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlctl.check import rule as rules
from mlctl.check.cache import Cache
from mlctl.check.facts import Facts, facts
from mlctl.check.imports import Graph
from mlctl.check.inline import Inline, inline
from mlctl.check.rule import Finding, Rule
from mlctl.check.source import NEWER, TEST, Source, fault
from mlctl.core.project import Project
from mlctl.core.standards import Standards

LARGEST = 1_000_000
NOTEBOOK = 20_000_000
BINARY = re.compile(r"\.(png|jpe?g|gif|ico|webp|pdf|zip|gz|bz2|xz|7z|tar|whl|so|dll|pyc|mp[34]|mov|avi|wav|ttf|otf|woff2?"
                    r"|parquet|feather|npy|npz|h5|hdf5|pkl|pickle|joblib|pt|pth|onnx|bin|db|sqlite|xlsx?|skops)$", re.I)  # fmt: skip
SEEDED = ("seed", "random_state", "default_rng", "RandomState", "PRNGKey")


class Code:
    """The files of a project, looked at one by one; results are kept by blob id."""

    def __init__(self, project: Project, standards: Standards, cache: Cache | None = None) -> None:
        self.project, self.standards, self.cache = project, standards, cache or Cache()
        self.words = [w.encode() for w in (*SEEDED, *(n for key in ("trackers", "monitors", "contracts") for n in standards.list(key)))]  # fmt: skip
        self.findings: list[tuple[str, Finding]] = []
        self.inline: list[Inline] = []
        self.newer: list[str] = []
        self.seen: dict[str, tuple[str, ...]] = {}
        self.graph = Graph(project.paths, self.facts)
        self.minor = self._minor()

    @property
    def python(self) -> list[str]:
        """The Python files that are no template's."""
        return [path for path in self.project.paths if path.endswith(".py") and "{" not in path]

    @property
    def product(self) -> list[str]:
        """The Python files that are neither tests nor examples."""
        return [path for path in self.python if not TEST.search(path)]

    @property
    def tests(self) -> list[str]:
        """The Python files that are tests."""
        return [path for path in self.python if re.search(r"(^|/)tests?/|(^|/)test_[^/]*$|_test\.py$", path)]

    def facts(self, path: str) -> Facts:
        """Return the facts of a Python file."""
        key, blob = self.project.full(path), self.project.repository.blob(self.project.full(path))
        known = self.cache.facts(key, blob)
        if known is None:
            known = facts(Source(path, self.project.repository.read(key)))
            self.cache.put_facts(key, blob, known)
        return known

    def naming(self, words: Iterable[str], paths: Iterable[str]) -> Iterator[str]:
        """Yield those of `paths` whose text holds one of `words`, which the scan looked for."""
        wanted = set(words)
        yield from (path for path in paths if wanted.intersection(self.seen.get(path, ())))

    def importing(self, modules: Iterable[str], paths: Iterable[str]) -> list[str]:
        """Return those of `paths` that import one of `modules` or something in it."""
        wanted = tuple(modules)
        found = []
        for path in self.naming(wanted, paths):
            names = self.facts(path).modules
            if any(name == one or name.startswith(f"{one}.") for name in names for one in wanted):
                found.append(path)
        return found

    def scan(self, file_rules: list[Rule]) -> Code:
        """Look at every file that is not yet known; return self."""
        repository, unknown = self.project.repository, []
        sizes = repository.sizes()
        for path in self.project.paths:
            full = self.project.full(path)
            if BINARY.search(path) or sizes.get(full, 0) > (NOTEBOOK if path.endswith(".ipynb") else LARGEST):
                continue
            known = self.cache.file(full, repository.blob(full))
            if known is None:
                unknown.append(full)
            else:
                self._take(path, known)
        start = len(self.project.full(""))
        for full, data in repository.stream(unknown):
            known = self._look(Source(full[start:], data), file_rules)
            self.cache.put(full, repository.blob(full), known)
            self._take(full[start:], known)
        return self

    def _look(self, source: Source, file_rules: list[Rule]) -> tuple[list[tuple[str, str, int, str]], tuple[str, ...], list[tuple[str, ...]], str]:  # fmt: skip
        """Return the findings, the words seen, the inline waivers and "newer", "broken" or "" of one file."""
        found: list[tuple[str, str, int, str]] = []
        state = ""
        is_python = source.path.endswith(".py") and "{" not in source.path
        marks = [list(one) for one in inline(source)] if b"mlctl:" in source.data else []
        for one in file_rules:
            if state or not any(word in source.data for word in one.words.encode().split(b"|")):
                continue
            try:
                found += [(one.code, f.message, f.line, f.edit) for f in one.look(source, self.standards)]
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                state = "unread"
        if is_python and (state or b"\0" in source.data or self._suspect(source)):
            line, why = fault(source.data, self.minor)
            if line and not re.search(rb"\{[{%]-? ", source.data):
                found.append(("PRJ100", f"it can't be read as Python: {why}", line, ""))
            elif state and not line:
                state = "newer"
        seen = tuple(word.decode() for word in self.words if word in source.data) if is_python else ()
        return found, seen, [tuple(mark) for mark in marks], state

    def _suspect(self, source: Source) -> bool:
        """Whether a file that no rule parsed should be: a compile is cheap beside the rest for what is new."""
        return True

    def _take(self, path: str, known: tuple[list[tuple[str, str, int, str]], tuple[str, ...], list[tuple[str, ...]], str]) -> None:  # fmt: skip
        found, seen, marks, state = known
        self.findings += [(code, Finding(path, message, line, edit)) for code, message, line, edit in found]
        self.inline += [Inline(path, *mark) for mark in marks]  # type: ignore[arg-type]
        self.seen[path] = tuple(seen)
        if state == "newer":
            self.newer.append(path)

    def _minor(self) -> int:
        found = NEWER.search(self.project.text("pyproject.toml"))
        return int(found[1]) if found else 0


def code(project: Project, standards: Standards, cache: Cache | None = None) -> Code:
    """Return the code of a project, scanned once."""
    file_rules = [one for one in rules.REGISTRY.values() if one.scope == "file"]
    return project.memo("code", lambda: Code(project, standards, cache).scan(file_rules))

"""The import graph of a project, followed from an entry point: only what is reached is ever parsed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

from mlctl.check.facts import Facts


class Graph:
    """Modules of a project by path; `facts(path)` gives what a file imports."""

    def __init__(self, paths: tuple[str, ...], facts: Callable[[str], Facts]) -> None:
        self.paths = frozenset(path for path in paths if path.endswith(".py"))
        self.facts = facts

    @cached_property
    def roots(self) -> list[str]:
        """The folders that module names start in: `src/` and the top first, then what holds a package or is a `src`."""
        found = ["src/", ""]
        for path in sorted(self.paths):
            if path.endswith("/__init__.py"):
                folder = path.removesuffix("__init__.py")
                while f"{folder}__init__.py" in self.paths:
                    folder = folder[: folder.rstrip("/").rfind("/") + 1]
                    if not folder:
                        break
                if folder not in found:
                    found.append(folder)
            inner = re.match(r"(.*/)?(src|lib|python)/", path)
            if inner and inner[0] not in found:
                found.append(inner[0])
        return found

    @cached_property
    def stems(self) -> dict[str, list[str]]:
        """What can be imported, by its last name: files and packages without their ends, then bare folders."""
        files = dict.fromkeys(path.removesuffix(".py").removesuffix("/__init__") for path in sorted(self.paths))
        folders = dict.fromkeys(path[:at] for path in sorted(self.paths) for at, c in enumerate(path) if c == "/")
        found: dict[str, list[str]] = {}
        for stem in (*files, *(one for one in folders if one not in files)):
            found.setdefault(stem.rpartition("/")[2], []).append(stem)
        return found

    def file(self, module: str, near: str = "") -> str:
        """Return the file of a module or package by its dotted name or path; nothing where it is not the project's."""
        return module if module in self.paths else self._file(self._stem(module, near))

    def _file(self, stem: str) -> str:
        return next((path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in self.paths), "")

    def _stem(self, module: str, near: str) -> str:
        """Return what a module is without its end: below a known root, else where its full name fits, the nearest."""
        tail = module.replace(".", "/")
        found = [s for s in self.stems.get(tail.rpartition("/")[2], ()) if s == tail or s.endswith(f"/{tail}")]
        rated = []
        for at, stem in enumerate(found):
            root = stem[: len(stem) - len(tail)]
            known = root in self.roots
            if known or "/" in tail:
                order = self.roots.index(root) if known else at
                rated.append((not self._file(stem), not known, -_together(root, near), order, stem))
        return min(rated)[-1] if rated else ""

    def reach(self, start: str) -> dict[str, str]:
        """Return every file that importing the file `start` brings in, each with the file that it is reached from."""
        came = {start: ""}
        main = start.removesuffix("__init__.py") + "__main__.py"
        if start.endswith("__init__.py") and main in self.paths:
            came[main] = start
        todo = list(came)
        while todo:
            here = todo.pop(0)
            for there in self.imported(here):
                if there not in came:
                    came[there] = here
                    todo.append(there)
        return came

    def imported(self, path: str) -> Iterator[str]:
        """Yield the project's files that the imports of a file name; a name re-exported leads to where it is from."""
        for level, module, names, _ in self.facts(path).imports:
            yield from self._named(self._base(path, level, module), names, frozenset())

    def _base(self, path: str, level: int, module: str) -> str:
        """Return the path, without its end, of what an import in the file `path` names."""
        folder, tail = path.rpartition("/")[0], module.replace(".", "/")
        if level:
            for _ in range(level - 1):
                folder = folder.rpartition("/")[0]
            return "/".join(part for part in (folder, tail) if part)
        sibling = f"{folder}/{tail}" if folder else tail
        return self._stem(module, path) or (sibling if f"{sibling}.py" in self.paths else "")

    def _named(self, base: str, names: tuple[str, ...], seen: frozenset[str]) -> Iterator[str]:
        """Yield the files behind `from base import names`; `base` is a path without its end."""
        front = f"{base}/__init__.py"
        if front not in self.paths and f"{base}.py" in self.paths:
            yield f"{base}.py"
        elif not names or "*" in names:
            yield from (front,) if front in self.paths else ()
        else:
            for name in names:
                found = self._file(f"{base}/{name}")
                if found:
                    yield found
                elif front in self.paths and f"{front} {name}" not in seen:
                    yield from list(self._exported(front, name, seen | {f"{front} {name}"})) or (front,)

    def _exported(self, front: str, name: str, seen: frozenset[str]) -> Iterator[str]:
        """Yield the file that a package's front takes what it calls `name` from, if it says so."""
        told = [(level, module, true) for level, module, names, bound in self.facts(front).imports
                for true, local in zip(names, bound, strict=True) if local in (name, "*")]  # fmt: skip
        named = [one for one in told if one[2] != "*"]
        for level, module, true in named:
            yield from self._named(self._base(front, level, module), (true,), seen)
        if not named and name not in self.facts(front).defined:
            starred = [f for level, module, _ in told for f in self._named(self._base(front, level, module), (), seen)]
            yield from [path for path in starred if self._says(path, name)] or starred

    def _says(self, path: str, name: str) -> bool:
        """Tell whether a file defines or imports what it calls `name`."""
        said = self.facts(path)
        return name in said.defined or any(name in bound for _, _, _, bound in said.imports)


def _together(root: str, near: str) -> int:
    """Return how many folders two paths have in common."""
    here, there = root.split("/")[:-1], near.split("/")[:-1]
    return next((at for at, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), min(len(here), len(there)))


def way(came: dict[str, str], end: str) -> list[str]:
    """Return the files from the start to `end`."""
    found = [end]
    while came.get(found[-1]):
        found.append(came[found[-1]])
    return found[::-1]

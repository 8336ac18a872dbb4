"""The import graph of a project, followed from an entry point: only what is reached is ever parsed."""

from __future__ import annotations

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
        """The folders that module names start in: `src/` and the top first, then whatever holds a package."""
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
        return found

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a Python file, also a namespace package."""
        return frozenset(path[: at + 1] for path in self.paths for at, c in enumerate(path) if c == "/")

    def file(self, module: str) -> str:
        """Return the file of a module or package by its dotted name or path; nothing where it is not the project's."""
        if module in self.paths:
            return module
        tail = module.replace(".", "/")
        for root in self.roots:
            for path in (f"{root}{tail}.py", f"{root}{tail}/__init__.py"):
                if path in self.paths:
                    return path
        return ""

    def _place(self, module: str) -> str:
        """Return the file of a module, or the folder of a package without `__init__.py`."""
        tail = module.replace(".", "/") + "/"
        return self.file(module) or next((root + tail for root in self.roots if root + tail in self.folders), "")

    def reach(self, start: str) -> dict[str, str]:
        """Return every file that importing the file `start` brings in, each with the file that it is reached from."""
        came = {start: ""}
        todo = [start]
        while todo:
            here = todo.pop(0)
            for there in self.imported(here):
                if there not in came:
                    came[there] = here
                    todo.append(there)
        return came

    def imported(self, path: str) -> Iterator[str]:
        """Yield the project's files that the imports of a file name; a name re-exported leads to where it is from."""
        for level, module, names in self.facts(path).imports:
            if level:
                yield from self._relative(path, level, module, names)
            else:
                yield from self._absolute(path, module, names)

    def _relative(self, path: str, level: int, module: str, names: tuple[str, ...]) -> Iterator[str]:
        folder = path.rpartition("/")[0]
        for _ in range(level - 1):
            folder = folder.rpartition("/")[0]
        base = "/".join(part for part in (folder, module.replace(".", "/")) if part)
        yield from self._named(base, names)

    def _absolute(self, path: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
        sibling = "/".join(part for part in (path.rpartition("/")[0], module.replace(".", "/")) if part)
        place = self._place(module) or (sibling if f"{sibling}.py" in self.paths else "")
        if place:
            yield from self._named(place.removesuffix("/__init__.py").removesuffix(".py").rstrip("/"), names)

    def _named(self, base: str, names: tuple[str, ...], depth: int = 0) -> Iterator[str]:
        """Yield the files behind `from base import names`; `base` is a path without `.py`."""
        if f"{base}.py" in self.paths:
            yield f"{base}.py"
            return
        front = f"{base}/__init__.py"
        if not names or "*" in names:
            yield from (front,) if front in self.paths else ()
            return
        for name in names:
            if f"{base}/{name}.py" in self.paths or f"{base}/{name}/__init__.py" in self.paths:
                yield f"{base}/{name}.py" if f"{base}/{name}.py" in self.paths else f"{base}/{name}/__init__.py"
            elif front in self.paths:
                found = list(self._exported(front, base, name)) if depth < 20 else []
                yield from found or (front,)

    def _exported(self, front: str, base: str, name: str) -> Iterator[str]:
        """Yield the file that a package's front takes `name` from, if it says so."""
        for level, module, names in self.facts(front).imports:
            if name in names or "*" in names:
                if level:
                    yield from self._relative(front, level, module, (name,))
                else:
                    yield from self._absolute(front, module, (name,))


def way(came: dict[str, str], end: str) -> list[str]:
    """Return the files from the start to `end`."""
    found = [end]
    while came.get(found[-1]):
        found.append(came[found[-1]])
    return found[::-1]

"""Goes through a unit's folders in cookiecutter's order and renders names and files into memory."""

from __future__ import annotations

import fnmatch
import io
import posixpath
from collections.abc import Iterator

from mlctl.core.template import Unit
from mlctl.core.tree import EXECUTABLE, FILE, FOLDER, LINK, MOST, Part, Tree, Unreadable, followed, target
from mlctl.tools.cookiecutter import is_binary
from mlctl.tools.files import Entry, UnsafePath, confine
from mlctl.tools.jinja import BrokenTemplate, Renderer

LARGEST = 64_000_000


class Walk:
    """What a unit renders to: `files` by path, and the folders that were `made`, in their order."""

    def __init__(self, unit: Unit, renderer: Renderer) -> None:
        self.unit = unit
        self.tree = Part(unit.tree.whole, followed(unit.tree.whole, _under(unit.tree.folder, unit.top)))
        self.modes = self.tree.whole.modes()
        self.renderer = renderer
        self.files: dict[str, Entry] = {}
        self.sources: dict[str, str] = {}
        self.made: list[str] = []
        self.known = {""}
        self.size = 0
        self.folders, self.leaves = _children(self.tree)

    def run(self) -> None:
        """Render folder by folder: copied folders, other folders' names, files, then what lies below."""
        todo = [""]
        while todo:
            here = todo.pop()
            below = {path: self._copied(path) for path in self._in(here, self.folders)}
            for path in (path for path, as_it_is in below.items() if as_it_is):
                self._copy(path)
            rendered = [path for path, as_it_is in below.items() if not as_it_is]
            for path in rendered:
                self._make(path)
            for path in self._in(here, self.leaves):
                self._file(path)
            todo += reversed(rendered)

    def _in(self, here: str, children: dict[str, set[str]]) -> list[str]:
        return [_under(here, name) for name in sorted(children.get(here, ()))]

    def _copied(self, path: str) -> bool:
        return any(fnmatch.fnmatch(path, pattern) for pattern in self.unit.copied)

    def _copy(self, folder: str) -> None:
        """Take a folder as it is, links in it followed; only its own path is rendered."""
        out = self._name(folder)
        self._know(out)
        for path, source in copied(self.tree.whole, _under(self.tree.folder, folder)):
            inner = confine(_under(out, path))
            if source:
                self._put(inner, source, self.tree.whole.read(source))
            else:
                self._know(inner)

    def _make(self, path: str) -> None:
        out = self._name(path)
        if out in self.known:
            raise UnsafePath(path, "renders to a folder that is there already" if out else "renders to an empty name")
        self._know(out)

    def _file(self, path: str) -> None:
        name = self.renderer.text(path, path) if "{" in path or not self.renderer.plain else path
        normal = name if name == path else posixpath.normpath(name)
        if not name or name.endswith("/") or normal in self.known:
            return  # cookiecutter's way to leave a file out: its name renders to nothing
        source = _under(self.tree.folder, path)
        if self.modes[source] == LINK:
            source = target(self.tree.whole, source)
        data = self.tree.whole.read(source)
        if not self._copied(path) and not is_binary(path, data):
            data = self._text(path, data)
        self._put(confine(name), source, data)

    def _text(self, path: str, data: bytes) -> bytes:
        """Return the rendering of a text file, with the line ends that it had (or that `_new_lines` wants)."""
        newline = self.unit.newline or _newline(data)
        source = decoded(path, data)
        text = self.renderer.text(source, path)
        if newline == "\n" and text is source:
            return data
        try:
            return (text.replace("\n", newline) if newline != "\n" else text).encode("utf-8")
        except UnicodeEncodeError as error:
            raise BrokenTemplate(path, 1, "renders to what is not UTF-8") from error

    def _name(self, path: str) -> str:
        """Return the confined path of a folder; nothing where its name renders to nothing."""
        name = posixpath.normpath(self.renderer.text(path, path) or ".")
        return "" if name == "." else confine(name)

    def _know(self, folder: str) -> None:
        if folder not in self.known:
            self.made.append(folder)
            self._bounded(folder, 0)
        while folder not in self.known:
            self.known.add(folder)
            folder = posixpath.dirname(folder)

    def _put(self, out: str, source: str, data: bytes) -> None:
        if out in self.files:
            raise UnsafePath(out, "is rendered twice")
        self._bounded(source, len(data))
        self.sources[out] = source
        self.files[out] = Entry(data, self.modes[source] == EXECUTABLE)

    def _bounded(self, path: str, size: int) -> None:
        self.size += size
        if self.size > LARGEST:
            raise Unreadable(path, f"makes the rendering larger than {LARGEST:,} bytes")
        if len(self.files) + len(self.made) > MOST:
            raise Unreadable(path, f"makes the rendering hold more than {MOST:,} files and folders")


def copied(tree: Tree, folder: str, within: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield what a copy of `folder` holds, links followed: a path in it, and whose file it is ("" for a folder)."""
    modes, root = tree.modes(), followed(tree, folder)
    if root in within or len(within) > 40:
        raise Unreadable(folder, "is a link that leads back to itself")
    start = f"{root}/" if root else ""
    for path in [path for path in modes if path.startswith(start)]:
        inner, end = path[len(start) :], followed(tree, path) if modes[path] == LINK else path
        if modes.get(end) in (FILE, EXECUTABLE):
            yield inner, end
        else:
            yield inner, ""
            for deeper, source in copied(tree, end, (*within, root)) if end != path else ():
                yield f"{inner}/{deeper}", source


def decoded(path: str, data: bytes) -> str:
    """Return the text of a file; raise `BrokenTemplate` where it is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenTemplate(path, data.count(b"\n", 0, error.start) + 1, "is not UTF-8") from error


def _under(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name


def _children(tree: Part) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the folders and the files of each folder; a link to a folder of the template counts as an empty folder."""
    folders: dict[str, set[str]] = {}
    leaves: dict[str, set[str]] = {}
    links = []
    for path, mode in tree.modes().items():
        parent, _, name = path.rpartition("/")
        if mode == LINK:
            links.append((parent, name))
        else:
            (folders if mode == FOLDER else leaves).setdefault(parent, set()).add(name)
        while parent:
            parent, _, name = parent.rpartition("/")
            if name in folders.setdefault(parent, set()):
                break
            folders[parent].add(name)
    above = _folders(tree.whole) if links else set()
    for parent, name in links:
        end = followed(tree.whole, _under(tree.folder, _under(parent, name)))
        (folders if end in above else leaves).setdefault(parent, set()).add(name)
    return folders, leaves


def _folders(tree: Tree) -> set[str]:
    found = {path for path, mode in tree.modes().items() if mode == FOLDER} | {""}
    for path in tree.modes():
        parent = path.rpartition("/")[0]
        while parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found


def _newline(data: bytes) -> str:
    """Return the line end that cookiecutter takes for a file; of several, the first in the order CR, LF, CRLF."""
    if b"\r" not in data:
        return "\n"
    reader = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
    reader.readline()
    seen = reader.newlines
    return (seen[0] if isinstance(seen, tuple) else seen) or "\n"

"""Renders a template into memory: the same bytes as cookiecutter's, in a bounded child process, nothing written."""

from __future__ import annotations

import fnmatch
import io
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlctl.core.template import Answers, Template, Unit
from mlctl.core.tree import EXECUTABLE, FOLDER, LINK, Part, target
from mlctl.tools.cookiecutter import is_binary
from mlctl.tools.errors import Invalid, printable
from mlctl.tools.files import Entry, UnsafePath, confine, without_collisions
from mlctl.tools.jinja import BrokenTemplate, Renderer
from mlctl.tools.limits import bounded

LARGEST = 64_000_000


@dataclass(frozen=True)
class Rendering:
    """What a template renders to: `files` by path, `owners` the unit of each, folders in order, `top` its own name.

    `sources` tells for each path the unit and the file of the template that it was rendered from.
    `facts` is what the units say of the project for its record, as its owner and entry points;
    `next` are the commands that it proposes to type.
    """

    top: str
    files: dict[str, Entry] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    next: tuple[str, ...] = ()


class Shared(Invalid):
    """Two units that render the same path."""

    def __init__(self, path: str, first: str, second: str) -> None:
        super().__init__(
            f"the units '{first}' and '{second}' both render '{printable(path)}'", "let one unit own the file"
        )


def render(template: Template, answers: Answers, facts: Mapping[str, Any], trusted: bool = False) -> Rendering:
    """Return the rendering of `template` with `answers`; `facts` are further private variables, as `_template`.

    Raises `BrokenTemplate` with file and line, `UnsafePath`, `TooMuch`, `NotTrusted`.
    """
    units = template.units(answers)
    for unit in units:
        unit.tree.load()
    context = _context(template, answers, units, facts)
    number = sum(len(unit.tree.modes()) for unit in units)
    if trusted:
        return _render(template, units, context, trusted)
    return bounded(lambda: _render(template, units, context, trusted), 8.0 + number / 100)


def rendered(value: Any, renderer: Renderer, name: str) -> Any:
    """Return data with every text in it rendered."""
    if isinstance(value, str):
        return renderer.text(value, name)
    if isinstance(value, dict):
        return {renderer.text(str(k), name): rendered(v, renderer, name) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [rendered(item, renderer, name) for item in value]
    return value


def scripts(template: Template, answers: Answers, facts: Mapping[str, Any], hook: str) -> dict[str, str]:
    """Return the rendered scripts of the hook kind `hook` by their path in the template."""
    units = template.units(answers)
    context = _context(template, answers, units, facts)
    found = {}
    for unit in units:
        for path in sorted(path for path, kind in unit.hooks.items() if kind == hook):
            source = unit.tree.read(path).decode("utf-8", "replace")
            found[path] = _renderer(template, unit, context, True).text(source, path)
    return found


def _context(template: Template, answers: Answers, units: Iterable[Unit], facts: Mapping[str, Any]) -> dict[str, Any]:
    raw = {question.name: question.default for question in template.questions if not question.name.startswith("_")}
    more = template.context(answers, tuple(units))
    values = type(answers)({**answers, **facts})
    if more:
        renderer = Renderer({"cookiecutter": values})
        values.update({name: rendered(value, renderer, "unit.yml") for name, value in more.items()})
    return {"cookiecutter": values, "_cookiecutter": raw}


def _render(template: Template, units: Sequence[Unit], context: dict[str, Any], trusted: bool) -> Rendering:
    files: dict[str, Entry] = {}
    owners: dict[str, str] = {}
    sources: dict[str, str] = {}
    folders: list[str] = []
    tops: list[str] = []
    for unit in units:
        if not unit.top:
            continue
        walk = _Walk(unit, _renderer(template, unit, context, trusted), context)
        tops.append(walk.renderer.text(unit.top, unit.top))
        walk.folder("")
        for path, entry in walk.files.items():
            if path in files:
                raise Shared(path, owners[path], unit.name)
            files[path], owners[path], sources[path] = entry, unit.name, f"{unit.name}:{walk.sources[path]}"
        folders += walk.made
    without_collisions(files)
    teller = Renderer(context)
    facts: dict[str, Any] = {}
    for unit in units:
        for key, said in rendered(unit.record, teller, f"{unit.name}/unit.yml").items():
            facts[key] = {**facts.get(key, {}), **said} if isinstance(said, dict) else said
    following = tuple(teller.text(line, f"{unit.name}/unit.yml") for unit in units for line in unit.next)
    top = confine(tops[0]) if tops else ""
    return Rendering(top, files, owners, sources, tuple(dict.fromkeys(folders)), facts, following)


def _renderer(template: Template, unit: Unit, context: dict[str, Any], trusted: bool) -> Renderer:
    modes = unit.tree.modes()

    def find(name: str) -> str | None:
        for path in (f"{unit.top}/{name}", f"templates/{name}"):
            if path in modes:
                return _text(unit.tree, path)
        return None

    names = [*modes, *(path for path in modes if path.startswith(("hooks/", "templates/", unit.top)))]
    texts = (unit.tree.read(path) for path in dict.fromkeys(names) if modes[path] not in (FOLDER, LINK))
    sources = " ".join(names) + b" ".join(data for data in texts if b"{" in data).decode("utf-8", "replace")
    return Renderer(context, find, list(template.extensions), template.environment, sources, trusted)


class _Walk:
    """Goes through a unit's folders in cookiecutter's order."""

    def __init__(self, unit: Unit, renderer: Renderer, context: dict[str, Any]) -> None:
        self.unit = unit
        self.tree = Part(unit.tree.whole, f"{unit.tree.folder}/{unit.top}" if unit.tree.folder else unit.top)
        self.renderer = renderer
        self.context = context
        self.files: dict[str, Entry] = {}
        self.sources: dict[str, str] = {}
        self.made: list[str] = []
        self.known = {""}
        self.size = 0
        self.folders, self.leaves = _children(self.tree)

    def folder(self, here: str) -> None:
        """Render what lies in the folder `here`: copied folders, other folders' names, files, then what is below."""
        below = [posixpath.join(here, name) for name in sorted(self.folders.get(here, ()))]
        copied = [path for path in below if self._copied(path)]
        for path in copied:
            self._copy(path)
        for path in below:
            if path not in copied:
                self._make(path)
        for name in sorted(self.leaves.get(here, ())):
            self._file(posixpath.join(here, name))
        for path in below:
            if path not in copied:
                self.folder(path)

    def _copied(self, path: str) -> bool:
        return any(fnmatch.fnmatch(path, pattern) for pattern in self.unit.copied)

    def _copy(self, folder: str) -> None:
        """Take a folder as it is; only its own path is rendered."""
        out = self._path(folder)
        self._know(out)
        for path in (p for p in self.tree.modes() if p.startswith(folder + "/")):
            inner = confine(f"{out}/{path[len(folder) + 1 :]}")
            if self.tree.modes()[path] == FOLDER:
                self._know(inner)
            else:
                self._put(inner, path, self._read(path))

    def _make(self, path: str) -> None:
        out = self._path(path)
        if out in self.known:
            raise UnsafePath(path, "renders to a folder that is there already" if out else "renders to an empty name")
        self._know(out)

    def _file(self, path: str) -> None:
        name = self.renderer.text(path, path)
        if not name or name.endswith("/") or posixpath.normpath(name) in self.known:
            return  # cookiecutter's way to leave a file out: its name renders to nothing
        out = self._confined(name)
        data = self._read(path)
        if not self._copied(path) and not is_binary(path, data):
            data = self._text(path, data)
        self._put(out, path, data)

    def _text(self, path: str, data: bytes) -> bytes:
        """Return the rendering of a text file, with the line ends that it had (or that `_new_lines` wants)."""
        source = _decoded(path, data)
        text = self.renderer.text(source, path)
        newline = self.unit.newline or _newline(data)
        if newline and newline != "\n":
            text = text.replace("\n", newline)
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise BrokenTemplate(path, 1, "renders to what is not UTF-8") from error

    def _path(self, path: str) -> str:
        name = self.renderer.text(path, path)
        return self._confined(posixpath.normpath(name) if name.endswith("/") or "//" in name else name)

    def _confined(self, name: str) -> str:
        return confine(name) if name not in ("", ".") else ""

    def _know(self, folder: str) -> None:
        if folder not in self.known:
            self.made.append(folder)
        while folder not in self.known:
            self.known.add(folder)
            folder = posixpath.dirname(folder)

    def _put(self, out: str, path: str, data: bytes) -> None:
        if out in self.files:
            raise UnsafePath(out, "is rendered twice")
        self.size += len(data)
        if self.size > LARGEST:
            raise BrokenTemplate(path, 1, f"the rendering is larger than {LARGEST:,} bytes")
        modes = self.tree.modes()
        mode = modes[path] if modes[path] != LINK else self.unit.tree.modes()[self._end(path)]
        self.files[out] = Entry(data, mode == EXECUTABLE)
        self.sources[out] = path

    def _read(self, path: str) -> bytes:
        if self.tree.modes()[path] == LINK:
            return self.unit.tree.read(self._end(path))
        return self.tree.read(path)

    def _end(self, path: str) -> str:
        return target(self.unit.tree, f"{self.unit.top}/{path}")


def _children(tree: Part) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the folders and the files of each folder; a link to a folder of the template counts as an empty folder."""
    folders: dict[str, set[str]] = {}
    leaves: dict[str, set[str]] = {}
    modes = tree.modes()
    for path, mode in modes.items():
        parent, _, name = path.rpartition("/")
        empty = mode == FOLDER or (mode == LINK and _leads_to_folder(tree, path))
        (folders if empty else leaves).setdefault(parent, set()).add(name)
        while parent:
            parent, _, name = parent.rpartition("/")
            if name in folders.setdefault(parent, set()):
                break
            folders[parent].add(name)
    return folders, leaves


def _leads_to_folder(tree: Part, path: str) -> bool:
    aim = posixpath.normpath(posixpath.join(posixpath.dirname(path), tree.read(path).decode("utf-8", "replace")))
    return any(other.startswith(aim + "/") for other in tree.modes())


def _newline(data: bytes) -> str:
    """Return the line end that cookiecutter takes for a file; of several, the first in the order CR, LF, CRLF."""
    if b"\r" not in data:
        return "\n"
    reader = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
    reader.readline()
    seen = reader.newlines
    return (seen[0] if isinstance(seen, tuple) else seen) or "\n"


def _text(tree: Part, path: str) -> str:
    return _decoded(path, tree.read(target(tree, path)))


def _decoded(path: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenTemplate(path, data.count(b"\n", 0, error.start) + 1, "is not UTF-8") from error

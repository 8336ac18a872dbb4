"""Renders a template into memory: the same bytes as cookiecutter's, in a bounded child process, nothing written."""

from __future__ import annotations

import copy
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlctl.core.code import importable
from mlctl.core.template import Answers, Question, Template, Unit
from mlctl.core.tree import EXECUTABLE, FILE, followed
from mlctl.core.walk import Walk, decoded
from mlctl.tools.errors import Invalid, printable
from mlctl.tools.files import Entry, confine, without_collisions
from mlctl.tools.jinja import Renderer
from mlctl.tools.limits import bounded

PRE, POST = "pre_gen_project", "post_gen_project"
SECONDS = 30.0


@dataclass(frozen=True)
class Rendering:
    """What a template renders to: `files` by path, `owners` the unit of each, folders in order, `top` its own name.

    `sources` tells for each path the unit and the file of the template that it was rendered from.
    `facts` is what the units say of the project for its record, as its owner and entry points;
    `next` are the commands that it proposes to type; `scripts` are its hooks by their path in the template;
    `once` and `generated` are globs of what is given once or made by tools, `moves` where files of old went.
    """

    top: str
    files: dict[str, Entry] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    next: tuple[str, ...] = ()
    scripts: dict[str, str] = field(default_factory=dict)
    once: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    moves: dict[str, str] = field(default_factory=dict)


class Shared(Invalid):
    """Two units that render the same path."""

    def __init__(self, path: str, first: str, second: str) -> None:
        super().__init__(
            f"the units '{first}' and '{second}' both render '{printable(path)}'", "let one unit own the file"
        )


def render(
    template: Template, answers: Answers, facts: Mapping[str, Any], trusted: bool = False, hooks: bool = False
) -> Rendering:
    """Return the rendering of `template` with `answers`; `facts` are further private variables, as `_template`.

    A trusted template's hooks are rendered too if `hooks`. Raises `BrokenTemplate` with file and line, `UnsafePath`,
    `TooMuch`, `NotTrusted`.
    """
    units = template.units(answers)
    for unit in units:
        unit.tree.load()

    def call() -> Rendering:
        return _render(template, units, _context(template, answers, units, facts, trusted), trusted, trusted and hooks)

    if trusted:
        with importable(template):
            return call()
    number = sum(len(unit.tree.modes()) for unit in units)
    return bounded(call, min(SECONDS, 5.0 + number / 100))


def rendered(value: Any, renderer: Renderer, name: str) -> Any:
    """Return data with every text in it rendered."""
    if isinstance(value, str):
        return renderer.text(value, name)
    if isinstance(value, dict):
        return {renderer.text(str(k), name): rendered(v, renderer, name) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [rendered(item, renderer, name) for item in value]
    return value


def _context(
    template: Template, answers: Answers, units: Iterable[Unit], facts: Mapping[str, Any], trusted: bool
) -> dict[str, Any]:
    values = copy.deepcopy(type(answers)({**answers, **facts}))
    if not template.composed:
        return {"cookiecutter": values, "_cookiecutter": _written(template, answers, trusted)}
    more = template.context(answers, tuple(units))
    renderer = Renderer({"cookiecutter": values})
    values.update({name: rendered(value, renderer, "unit.yml") for name, value in more.items()})
    return {"cookiecutter": values}


def _written(template: Template, answers: Answers, trusted: bool) -> dict[str, Any]:
    """Return what stands in cookiecutter.json, answers of one's own in its place: of a choice, in front."""
    context = {"cookiecutter": copy.deepcopy(answers)}
    renderer = Renderer(context, extensions=list(template.extensions), settings=template.environment, trusted=trusted)

    def raw(question: Question) -> Any:
        default, answer = question.default, answers.get(question.name)
        if isinstance(default, list):
            return sorted(default, key=lambda option: option != answer)
        same = isinstance(default, dict) or str(rendered(default, renderer, question.name)) == str(answer)
        return default if same else answer

    return {question.name: raw(question) for question in template.questions if not question.name.startswith("_")}


def _render(
    template: Template, units: Sequence[Unit], context: dict[str, Any], trusted: bool, hooks: bool
) -> Rendering:
    files: dict[str, Entry] = {}
    owners: dict[str, str] = {}
    sources: dict[str, str] = {}
    folders: list[str] = []
    tops: list[str] = []
    scripts: dict[str, str] = {}
    for unit in units:
        if not unit.top:
            continue
        renderer = _renderer(template, unit, context, trusted)
        tops.append(renderer.text(unit.top, unit.top))
        scripts |= _scripts(unit, renderer, PRE if hooks else "")
        walk = Walk(unit, renderer)
        walk.run()
        scripts |= _scripts(unit, renderer, POST if hooks else "")
        for path, entry in walk.files.items():
            if path in files:
                raise Shared(path, owners[path], unit.name)
            files[path], owners[path] = entry, unit.name
            sources[path] = f"{unit.name}:{walk.sources[path]}"
        folders += walk.made
    without_collisions(files, folders)
    teller = Renderer(context)
    facts: dict[str, Any] = {}
    for unit in units:
        for key, said in rendered(dict(unit.record), teller, f"{unit.name}/unit.yml").items():
            facts[key] = {**facts.get(key, {}), **said} if isinstance(said, dict) else said

    top = confine(posixpath.normpath(tops[0]) if tops[0] else "") if tops else ""
    lists = {key: _texts(units, key, teller) for key in ("next", "once", "generated")}
    moves = {old: new for unit in units for old, new in rendered(dict(unit.moves), teller, unit.name).items()}
    made = tuple(dict.fromkeys(folders))
    return Rendering(top, files, owners, sources, made, facts, scripts=scripts, moves=moves, **lists)


def _texts(units: Sequence[Unit], key: str, teller: Renderer) -> tuple[str, ...]:
    return tuple(teller.text(one, f"{unit.name}/unit.yml") for unit in units for one in getattr(unit, key))


def _renderer(template: Template, unit: Unit, context: dict[str, Any], trusted: bool) -> Renderer:
    whole, part = unit.tree.whole, f"{unit.tree.folder}/" if unit.tree.folder else ""
    modes = whole.modes()

    def find(name: str) -> str | None:
        for folder in (unit.top, "templates"):
            path = followed(whole, f"{part}{folder}/{name}")
            if modes.get(path) in (FILE, EXECUTABLE):
                return decoded(path, whole.read(path))
        return None

    return Renderer(context, find, list(template.extensions), template.environment, trusted)


def _scripts(unit: Unit, renderer: Renderer, hook: str) -> dict[str, str]:
    paths = sorted(path for path, kind in unit.hooks.items() if kind == hook)
    return {path: renderer.text(decoded(path, unit.tree.file(path)), path) for path in paths}

"""What a platform offers a project at one version: a template, answers that fit it, and their rendering."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mlctl.core import cookie, units
from mlctl.core.ask import Asker, WrongAnswer, ask
from mlctl.core.platform import Platform, find
from mlctl.core.recall import Fact, Given
from mlctl.core.render import POST, PRE, Rendering, render
from mlctl.core.source import Kind, Source, Untrusted, parse
from mlctl.core.template import Answers, Template
from mlctl.core.tree import EXECUTABLE, FOLDER, LINK, Folder
from mlctl.tools.cookiecutter import is_hook, run_hook
from mlctl.tools.errors import MlctlError, printable
from mlctl.tools.files import Entry, write
from mlctl.tools.staging import temporary

ANOTHER = "another-secret"


@dataclass(frozen=True)
class Offer:
    """A template with answers; `hooks` says whether its hooks run, `safe` whether they may.

    `unsaid` are its secrets that nobody gave: no record holds them.
    """

    template: Template
    answers: Answers
    root: Path
    hooks: bool = False
    safe: bool = False
    unsaid: frozenset[str] = frozenset()

    @property
    def platform(self) -> Platform:
        """The platform at its version."""
        return self.template.platform

    @property
    def units(self) -> tuple[str, ...]:
        """The names of the units; none for a plain template."""
        return self.template.names(self.answers)

    @property
    def ran(self) -> tuple[str, ...]:
        """The hooks that run when this is rendered."""
        return tuple(sorted(self.template.hooks)) if self.hooks else ()

    @cached_property
    def rendering(self) -> Rendering:
        """The rendering, between the template's hooks where they run."""
        facts = _facts(self.template, self.root)
        if self.ran and not self.safe:
            raise Untrusted(self.platform.source, f"the hook {self.ran[0]}")
        plain = render(self.template, self.answers, facts, self.safe, self.hooks)
        return replace(plain, files=_between_hooks(plain)) if plain.scripts else plain

    @cached_property
    def veiled(self) -> frozenset[str]:
        """The paths that hold a secret which nobody gave: with another one they are other files."""
        if not self.unsaid:
            return frozenset()
        plain = replace(self, hooks=False, unsaid=frozenset())
        other = replace(plain, answers={**self.answers, **dict.fromkeys(self.unsaid, ANOTHER)}).rendering.files
        return frozenset(path for path, entry in plain.rendering.files.items() if other.get(path) != entry)


def template(
    platform: Platform, kind: str, chosen: tuple[str, ...], answers: Mapping[str, Any],
    uppers: Sequence[units.Upper] = (),
) -> Template:  # fmt: skip
    """Return the template of a record: its kind with the `chosen` units that there still are, and further layers."""
    if platform.settings is None:
        return cookie.template(platform, kind)
    there = units.catalog(platform)
    kept = [name for name in chosen if name in there.components]
    fixed = [name for name in kept if not _is_answer(there, name, answers)]
    dropped = [name for name in there.defaults if name not in kept]
    return units.template(platform, kind, fixed, dropped, uppers)


def answered(
    shape: Template, given: Mapping[str, Any], said: Mapping[str, Any], asker: Asker | None, safe: bool
) -> tuple[Answers, list[str]]:
    """Return answers to all questions, and what was told on the way: given ones that no longer fit take the default.

    `said` are answers of the command line, which must fit; only questions without an answer are asked.
    """
    known = {question.name for question in shape.questions if question.settable}
    rest = {name: value for name, value in given.items() if name in known}
    lost: list[tuple[str, object]] = []
    while True:
        try:
            answers = ask(shape, {**rest, **said}, asker, safe)
        except WrongAnswer as error:
            if error.name in said or error.name not in rest:
                raise
            lost.append((error.name, rest.pop(error.name)))
            continue
        return answers, [_changed(name, value, answers.get(name)) for name, value in lost]


def _changed(name: str, old: object, new: object) -> str:
    return f"the answer '{printable(str(old))}' to '{name}' no longer fits: it is '{printable(str(new))}' now"


def recorded(fact: Fact, root: Path, safe: bool, hooks: bool = True) -> Offer | None:
    """Return the offer that a project was made from, on wish without its hooks.

    Nothing where its tree is lost or does not render any more.
    """
    try:
        found = [(one, at_tree(one, parse(one.source, root))) for one in fact.layers]
        uppers = [units.Upper(platform, one.units) for one, platform in found if platform][1:]
        platform = found[0][1]
        if platform is None or len(uppers) + 1 < len(found):
            return None
        shape = template(platform, fact.first.kind, fact.first.units, fact.answers, uppers)
        answers, _ = answered(shape, fact.answers, {}, None, safe)
    except MlctlError:
        return None
    return Offer(shape, answers, root, hooks=hooks and bool(fact.hooks_ran), safe=safe)


def at_tree(was: Given, source: Source) -> Platform | None:
    """Return the platform whose tree is the recorded one: at the recorded commit, or else under the version's name."""
    for ref in (was.commit, was.version):
        if ref:
            try:
                found = find(source, ref)
            except MlctlError:
                continue
            if found.version.tree == was.tree:
                return replace(found, version=replace(found.version, name=was.version))
    return None


def _is_answer(there: units.Catalog, name: str, answers: Mapping[str, Any]) -> bool:
    """Tell whether a component is chosen by the answer to the question for its port."""
    port = there.components[name].provides
    return port in there.asked and there.filling(port).get(str(answers.get(port))) == name


def _facts(shape: Template, root: Path) -> dict[str, Any]:
    """Return the private variables that cookiecutter adds, the same for both sides of a merge."""
    if shape.composed:
        return {}
    source = shape.platform.source
    home = source.location if source.kind is Kind.FOLDER else source.name
    where = os.path.join(home, shape.folder) if shape.folder else home
    return {
        "_template": where if shape.folder else source.name, "_output_dir": str(root.parent), "_repo_dir": where,
        "_checkout": None,
    }  # fmt: skip


def _between_hooks(plain: Rendering) -> dict[str, Entry]:
    """Return the files that are there after the hooks, run in a folder of their own under the project's name."""
    with temporary() as outer:
        root = outer / (plain.top.rpartition("/")[2] or "project")
        root.mkdir()
        _run(plain, PRE, root)
        write(root, plain.files, plain.folders)
        _run(plain, POST, root)
        tree = Folder(root)
        kept = [path for path, mode in tree.modes().items() if mode not in (FOLDER, LINK)]
        return {path: Entry(tree.read(path), tree.modes()[path] == EXECUTABLE) for path in kept}


def _run(plain: Rendering, hook: str, root: Path) -> None:
    for name, script in plain.scripts.items():
        if is_hook(name) == hook:
            run_hook(name, script, root)

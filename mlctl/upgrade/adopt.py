"""Puts an existing repository under a platform: the record is written, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlctl.core import cookie, units
from mlctl.core.platform import NoSuchVersion, Platform, find
from mlctl.core.record import FOLDER, LOCK, PROJECT, Place, Record, named, record
from mlctl.core.render import Rendering
from mlctl.core.settings import settings
from mlctl.core.source import EMBEDDED, Kind, Source, parse, trusted
from mlctl.core.template import Answers, Template
from mlctl.core.tree import EXECUTABLE, FILE, blob_id
from mlctl.tools import files, git, swap, yaml
from mlctl.tools.console import Console, Terminal, interactive
from mlctl.tools.errors import Unable, printable
from mlctl.tools.jinja import STOCK, NotTrusted
from mlctl.upgrade import infer
from mlctl.upgrade.aim import pairs
from mlctl.upgrade.foreign import Foreign, foreign, replayed
from mlctl.upgrade.offer import Offer, answered
from mlctl.upgrade.project import InTheWay, NotHere, Project, open_project, several

UNKNOWN = "the record tells no version: your files are taken to come from {}; name another one by `--ref`"
IGNORED = f"{FOLDER}/.gitignore"
SHOWN = "# The record belongs to the project, whatever is ignored elsewhere.\n"


@dataclass(frozen=True)
class Request:
    """The command line of `mlctl adopt`."""

    here: Path
    kind: str = ""
    platform: str = ""
    ref: str = ""
    said: tuple[str, ...] = ()
    answers: Path | None = None
    ask: bool = True
    trust: bool = False


@dataclass(frozen=True)
class Adoption:
    """A project that was put under a platform: at which version, from which tool, and what was told on the way."""

    root: Path
    source: str
    version: str
    tool: str
    paths: tuple[str, ...]
    absent: int
    notes: tuple[str, ...]


def adopt(request: Request, console: Console) -> Adoption:
    """Write the record of the repository at `request.here`; raise where there is one already."""
    project = _unrecorded(request.here)
    config = settings()
    found = _found(request, foreign(project.root))
    source = _source(request, found, project, config.platform)
    safe = request.trust or trusted(source, config.trust)
    platform = _version(source, request, found)
    terminal = Terminal() if request.ask and interactive() else None
    shape = _template(platform, request.kind or found.kind)
    given = {**config.answers, **_name(shape, project.root), **found.answers, **_file(request)}
    try:
        answers, notes = answered(shape, given, pairs(request.said), terminal, safe)
    except NotTrusted:
        if not found.tool:
            raise
        answers, notes = _as_recorded(shape, given), []
    if not found.tool and terminal is None:
        notes += _assumed(shape, answers, {**given, **pairs(request.said)})
    hooks = bool(found.tool and shape.hooks)
    offer = Offer(shape, answers, project.root, hooks, safe)
    made, absent = _record(project, offer, found, request.ref, notes)
    made = replace(made, answers={**made.answers, **_unasked(shape, found)})
    texts = {path: text.encode() for path, text in made.files().items()}
    if found.skip:
        texts[PROJECT] += yaml.dump({"skip": list(found.skip)}).encode()
    if _hidden(project, [*texts]):
        texts[IGNORED] = _shown(project.root / IGNORED, [*texts])
        notes.append("the repository's .gitignore hides the record: .mlctl/.gitignore takes that back")
    texts[PROJECT] = texts.pop(PROJECT)  # it comes last, and so decides
    swap.together(project.root, texts)
    return Adoption(
        project.root, made.layers[0].source, platform.version.name, found.tool, tuple(sorted(texts)), absent,
        tuple(notes),
    )  # fmt: skip


def _shown(own: Path, paths: list[str]) -> bytes:
    """Return the ignore file that shows the record's files, behind what stands in it."""
    before = own.read_bytes() if own.is_file() else b""
    names = "".join(f"!/{path.removeprefix(f'{FOLDER}/')}\n" for path in (*paths, IGNORED))
    return before + (b"\n" if before and not before.endswith(b"\n") else b"") + (SHOWN + names).encode()


def _unrecorded(here: Path) -> Project:
    """Return the repository at `here`; a lock alone that nobody committed is what a killed run left."""
    project = open_project(here)
    place = project.root / FOLDER
    if place.is_symlink():
        raise InTheWay(f"{FOLDER} is a link", "put a folder in its place, then try again")
    for name in (PROJECT, LOCK):
        if (project.root / name).exists() and (name == PROJECT or name in project.entries):
            raise InTheWay(f"'{printable(name)}' is there already", "this is a project: run `mlctl upgrade`")
    if project.prefix + PROJECT in project.unchecked:
        raise NotHere(project.root, project.root)
    return project


def _hidden(project: Project, paths: list[str]) -> bool:
    """Tell whether git would ignore one of the record's files."""
    asked = "\0".join(project.prefix + path for path in paths).encode()
    out = git.run("check-ignore", "--no-index", "-z", "--stdin", cwd=project.top, stdin=asked, source=True, fine=(0, 1))
    return bool(out)


def _found(request: Request, found: Foreign) -> Foreign:
    """Return what another tool recorded, as far as it holds for the platform that is named.

    A template that lies elsewhere now is still the one recorded where it has the recorded commit.
    """
    if not request.platform:
        return found
    if found.commit and found.tool != "copier":
        with suppress(NoSuchVersion):
            find(parse(request.platform, request.here), found.commit)
            return replace(found, source="")
    return Foreign(answers=found.answers, skip=found.skip)


def _source(request: Request, found: Foreign, project: Project, configured: str) -> Source:
    if found.tool == "copier":
        raise Unable(
            f"'{printable(found.source)}' is a copier template, which mlctl does not render",
            "name the platform to move to: `mlctl adopt -p SOURCE`",
        )
    if request.platform:
        return parse(request.platform, request.here)
    return parse(found.source or configured or EMBEDDED, project.root)


def _version(source: Source, request: Request, found: Foreign) -> Platform:
    return find(source, request.ref or found.commit or found.ref)


def _template(platform: Platform, kind: str) -> Template:
    return units.template(platform, kind) if platform.settings is not None else cookie.template(platform, kind)


def _name(shape: Template, root: Path) -> dict[str, Any]:
    """Return the answer that the folder of the repository tells: a template gives it the name of the project."""
    if shape.naming:
        return {shape.naming: re.sub(r"[^A-Za-z0-9]+", "-", root.name).strip("-")}
    match = None if shape.composed else re.fullmatch(r"\W*cookiecutter\.(\w+)\W*", shape.units({})[0].top)
    if not match or match[1] not in {question.name for question in shape.questions if question.settable}:
        return {}
    importable = "package" in match[1] or "module" in match[1]
    return {match[1]: re.sub(r"\W+", "_", root.name) if importable else root.name}


def _assumed(shape: Template, answers: Answers, given: Mapping[str, Any]) -> list[str]:
    """Return a note of the answers that nobody gave: a template's defaults seldom fit a project that is there."""
    names = [q.name for q in shape.questions if q.settable and q.name in answers and q.name not in given]
    if not names:
        return []
    return [f"nobody gave {several(names, 6)}: correct {PROJECT} before the next upgrade where a default does not fit"]


def _file(request: Request) -> dict[str, Any]:
    if request.answers is None:
        return {}
    data = files.read_bounded(request.here / request.answers, yaml.LIMIT, "the answers file")
    return dict(replayed(yaml.mapping(yaml.load(data, str(request.answers), texts=True), str(request.answers))))


def _unasked(shape: Template, found: Foreign) -> Answers:
    """Return what another tool recorded that this version does not ask: a later one may, under that very name."""
    asked = {question.name for question in shape.questions}
    return {name: value for name, value in found.answers.items() if found.tool and name not in asked}


def _as_recorded(shape: Template, given: Mapping[str, Any]) -> Answers:
    """Return the answers of another tool as they are: the template's own code would be needed to look at them."""
    known = {question.name for question in shape.questions if question.settable}
    return {name: value for name, value in given.items() if name in known}


def _record(project: Project, offer: Offer, found: Foreign, ref: str, notes: list[str]) -> tuple[Record, int]:
    """Return the record, and how many files the project lacks; those were never offered, so an upgrade adds them.

    Where the files came from a known version of a template, all that it gave counts as offered. Where its hooks took
    part and may not run now, the manifest stays open until an upgrade may run them.
    """
    name, warning = _named(offer.platform, found, project.root)
    notes += [warning] if warning else []
    commit = offer.platform.version.commit or ""
    places = [Place(name, found.ref or ("" if commit.startswith(offer.platform.version.name) else ref))]
    foreign_code = not STOCK.issuperset(offer.template.extensions)
    if (offer.hooks or foreign_code) and not offer.safe:
        ran = tuple(sorted(offer.template.hooks))
        made = record(offer.template, offer.answers, Rendering(""), places, ran)
        notes.append("code of the template took part in this project: upgrades need `--trust`, or `--no-hooks`")
        return replace(made, manifest=None), 0
    if found.tool:
        notes += infer.told(offer, project)
    rendering = offer.rendering
    made = record(offer.template, offer.answers, rendering, places, offer.ran)
    if found.commit or found.ref or (found.tool and ref):
        return made, 0
    if found.tool:
        notes.append(UNKNOWN.format(offer.platform.version.name))
    there = {path: e for path, e in rendering.files.items() if path in project.entries}
    manifest = {p: (EXECUTABLE if e.executable else FILE, blob_id(e.data), 0) for p, e in there.items()}
    lacks = len(rendering.files) - len(there)
    return replace(made, manifest=manifest, complete=not lacks), lacks


def _named(platform: Platform, found: Foreign, root: Path) -> tuple[str, str]:
    """Return how the platform is recorded: as the other tool named it, where that is no path of this machine."""
    if found.source and platform.source.kind is Kind.REMOTE:
        return found.source, ""
    return named(platform, root) if platform.source.kind is Kind.FOLDER else (platform.source.name, "")

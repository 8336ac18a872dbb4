"""What a command line asks of a project, turned into what the platform offers for it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlctl.core import units
from mlctl.core.ask import Asker
from mlctl.core.platform import PRE, Platform, find
from mlctl.core.recall import Fact
from mlctl.core.settings import settings
from mlctl.core.source import Source, parse, trusted
from mlctl.core.template import Template, Unknown
from mlctl.tools.errors import Invalid, printable
from mlctl.upgrade import releases
from mlctl.upgrade.offer import Offer, answered, at_tree, template
from mlctl.upgrade.project import Project


@dataclass(frozen=True)
class Request:
    """The command line of `upgrade`, `add` and `remove`; `verb` names it."""

    here: Path
    verb: str = "upgrade"
    to: str = ""
    platform: str = ""
    said: tuple[str, ...] = ()
    ask: bool = True
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    swap: bool = False
    trust: bool = False
    hooks: bool = True
    pre: bool = False
    restore: tuple[str, ...] = ()
    diff: bool = False
    dry: bool = False
    stay: bool = False


@dataclass(frozen=True)
class Aim:
    """What to upgrade to: the offer, whether its code may run, and what was told on the way."""

    offer: Offer
    safe: bool
    notes: tuple[str, ...] = ()
    dropped: frozenset[str] = field(default_factory=frozenset)


def aim(request: Request, project: Project, asker: Asker | None) -> Aim:
    """Return what `request` comes to for `project`; raise `Unknown`, `WrongAnswer`, `Clash`, `NoSuchVersion`."""
    intent, fact, config = project.intent, project.fact, settings()
    source = parse(request.platform or intent.source, request.here if request.platform else project.root)
    safe = request.trust or trusted(source, config.trust)
    moved = bool(request.platform) or intent.source != fact.source
    platform, ref, notes = _platform(request, project, source, moved)
    given = _renamed(platform, {**config.answers, **fact.answers, **intent.answers})
    chosen, port_answers = _chosen(request, project, platform, notes)
    said = {**port_answers, **pairs(request.said)}
    kind = intent.kind if platform.settings is None or not moved else ""
    shape = template(platform, kind, chosen, {**fact.answers, **port_answers})
    _known(shape, said)
    answers, told = answered(shape, given, said, asker, safe)
    notes += told
    hooks = request.hooks and bool(shape.hooks) and (bool(fact.hooks_ran) or request.trust)
    if request.hooks and shape.hooks and not hooks:
        notes.append("the template's hooks were not run when the project was made, and are not run now")
    offer = Offer(shape, answers, project.root, ref, hooks, safe)
    lost = frozenset(fact.units) - frozenset(offer.units) if request.verb == "remove" else frozenset()
    return Aim(offer, safe, tuple(notes), lost)


def pairs(said: tuple[str, ...]) -> dict[str, str]:
    """Return `KEY=VALUE` words as a dictionary."""
    found = {}
    for pair in said:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise Invalid(f"'{printable(pair)}' is no answer", "write it as `--set KEY=VALUE`")
        found[name] = value
    return found


def _platform(request: Request, project: Project, source: Source, moved: bool) -> tuple[Platform, str, list[str]]:
    """Return the platform to upgrade to, the `ref` to record, and notes."""
    intent, fact = project.intent, project.fact
    notes: list[str] = []
    edited = intent.ref not in ("", fact.version, fact.commit)
    if request.to:
        return find(source, request.to), request.to, notes
    if request.stay and not moved:
        return _there(source, fact), intent.ref, notes
    if intent.ref and (edited or not releases.is_release(intent.ref)) and not moved:
        return find(source, intent.ref), intent.ref, notes
    found = find(source, PRE if request.pre else "")
    if not moved and releases.precedes(found.version.name, fact.version):
        notes.append(f"the newest release is {found.version.name}, older than yours; go back to it by `--to`")
        return _there(source, fact), intent.ref, notes
    if found.stale:
        notes.append(f"{source.name} can't be reached; its last copy is used ({printable(found.stale)})")
    return found, found.version.name if intent.ref else "", notes


def _there(source: Source, fact: Fact) -> Platform:
    """Return the platform at the version that the project has."""
    found = at_tree(fact, source)
    return found if found else find(source, fact.version)


def _chosen(
    request: Request, project: Project, platform: Platform, notes: list[str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the units to take, and the answers that follow from adding or removing those that fill an asked port."""
    fact, intent = project.fact, project.intent
    edits = set(intent.units) ^ set(fact.units)
    added = [*request.added, *(name for name in intent.units if name in edits)]
    dropped = [*request.dropped, *(name for name in fact.units if name in edits)]
    if platform.settings is None:
        if added or dropped:
            raise Unknown("component", (added + dropped)[0], ())
        return (), {}
    there = units.catalog(platform)
    base = [name for name in fact.units if name not in dropped]
    gone = [n for n in base if n not in there.components and n not in ("base", *there.kinds)]
    notes += [f"the platform has no '{name}' any more: it is taken out" for name in gone]
    answers: dict[str, str] = {}
    for name in dropped:
        _want_component(there, name, fact.units, request.verb)
        port = there.components[name].provides if name in there.components else ""
        if port in there.asked:
            answers[port] = units.NONE
    for name in added:
        _add(request, there, name, base, answers)
    return tuple(dict.fromkeys([*base, *added])), answers


def _add(request: Request, there: units.Catalog, name: str, base: list[str], answers: dict[str, str]) -> None:
    """Add the component `name` to `base`; where its port is filled, that needs `--swap`."""
    if name not in there.components:
        raise Unknown("component", name, there.components)
    port = there.components[name].provides
    rivals = [n for n in base if port and n != name and n in there.components and there.components[n].provides == port]
    if rivals and not request.swap:
        raise units.Clash(f"'{rivals[0]}' fills the port '{port}' already", f"swap them: `mlctl add {name} --swap`")
    for rival in rivals:
        base.remove(rival)
    if port in there.asked:
        answers[port] = next(short for short, full in there.filling(port).items() if full == name)


def _want_component(there: units.Catalog, name: str, have: tuple[str, ...], verb: str) -> None:
    if name in have and name not in ("base", *there.kinds):
        return
    raise Unknown("component of the project", name, [n for n in have if n in there.components])


def _known(shape: Template, said: Mapping[str, Any]) -> None:
    settable = [question.name for question in shape.questions if question.settable]
    for name in said:
        if name not in settable:
            raise Unknown("question", name, settable)


def _renamed(platform: Platform, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers under their new names and values, as `renamed` in `platform.yml` says."""
    said = (platform.settings or {}).get("renamed") or {}
    names, values = said.get("answers") or {}, said.get("values") or {}
    moved = {names.get(name, name): value for name, value in given.items()}
    return {name: (values.get(name) or {}).get(str(value), value) for name, value in moved.items()}

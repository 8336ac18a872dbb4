"""What a command line asks of a project, turned into what the platforms offer for it now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlctl.core import layers
from mlctl.core.ask import Asker
from mlctl.core.platform import Platform
from mlctl.core.settings import settings
from mlctl.core.template import Template, Unknown
from mlctl.core.units import Clash, Upper
from mlctl.tools.errors import Invalid, printable
from mlctl.upgrade.levels import Level, levels
from mlctl.upgrade.offer import Offer, answered, template
from mlctl.upgrade.project import Project
from mlctl.upgrade.request import Request


@dataclass(frozen=True)
class Aim:
    """What to upgrade to: the offer, its layers, whether its code may run, and what was told on the way.

    `left` are the units that remain where others are removed, with those that come along.
    """

    offer: Offer
    levels: tuple[Level, ...]
    safe: bool
    notes: tuple[str, ...] = ()
    left: frozenset[str] = field(default_factory=frozenset)


def aim(request: Request, project: Project, asker: Asker | None) -> Aim:
    """Return what `request` comes to for `project`; raise `Unknown`, `WrongAnswer`, `Clash`, `NoSuchVersion`."""
    intent, fact, config = project.intent, project.fact, settings()
    notes: list[str] = []
    found, port_answers = levels(request, project, notes)
    first, platform = found[0], found[0].platform
    safe = request.trust or not layers.untrusted([one.platform.source for one in found], config.trust)
    given: Mapping[str, Any] = {**config.answers, **fact.answers, **intent.answers}
    for one in found:
        given = _renamed(one.platform, given)
    edited = {name: value for name, value in intent.answers.items() if fact.answers.get(name, value) != value}
    said = {**port_answers, **pairs(request.said)}
    kind = intent.layers[0].kind if platform.settings is None or not first.moved else ""
    uppers = [Upper(one.platform, one.units) for one in found[1:]]
    shape = template(platform, kind, first.units, {**fact.answers, **port_answers}, uppers)
    _known(shape, said, request)
    settable = {question.name for question in shape.questions if question.settable}
    meant = {name: value for name, value in edited.items() if name in settable}  # as good as `--set`: it must fit
    answers, told = answered(shape, given, {**meant, **said}, asker, safe)
    notes += told if asker else [*told, *_unasked(shape, answers, {*given, *said})]
    hooks = request.hooks and bool(shape.hooks) and (bool(fact.hooks_ran) or request.trust)
    if request.hooks and shape.hooks and not hooks:
        notes.append("the template's hooks were not run when the project was made, and are not run now")
    unsaid = {one.name for one in shape.questions if one.secret and one.name not in said and not asker}
    offer = Offer(shape, answers, project.root, hooks, safe, frozenset(unsaid))
    kept = shape.units(answers) if request.verb == "remove" else ()
    for name in request.dropped:
        needing = [unit.name for unit in kept if name in unit.needs]
        if needing:
            both = " ".join((*needing, name))
            raise Clash(
                f"'{name}' is needed by {' and '.join(needing)}", f"remove them together: `mlctl remove {both}`"
            )
    return Aim(offer, tuple(found), safe, tuple(notes), frozenset(unit.name for unit in kept))


def _unasked(shape: Template, answers: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    """Yield a note for each new question that nobody was asked."""
    for one in shape.questions:
        if one.asked and one.settable and not one.secret and one.name in answers and one.name not in known:
            value = printable(str(answers[one.name]))
            yield f"the new question '{one.name}' took its default '{value}': `--set {one.name}=...` for another"


def pairs(said: tuple[str, ...]) -> dict[str, str]:
    """Return `KEY=VALUE` words as a dictionary."""
    found = {}
    for pair in said:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise Invalid(f"'{printable(pair)}' is no answer", "write it as `--set KEY=VALUE`")
        found[name] = value
    return found


def _known(shape: Template, said: Mapping[str, Any], request: Request) -> None:
    settable = [question.name for question in shape.questions if question.settable]
    for name in said:
        if name not in settable:
            error = Unknown("question", name, settable)
            if request.stay:
                error.hint += "; `--set` stays at your version: name a newer one that asks it by `--to`"
            raise error


def _renamed(platform: Platform, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers under their new names and values, as `renamed` in `platform.yml` says."""
    said = (platform.settings or {}).get("renamed") or {}
    names, values = said.get("answers") or {}, said.get("values") or {}
    moved = {names.get(name, name): value for name, value in given.items()}
    return {name: (values.get(name) or {}).get(str(value), value) for name, value in moved.items()}

"""A platform's units: base, one kind, components; which are chosen, what they ask and contribute."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlctl.core import constraints
from mlctl.core.platform import SETTINGS, Platform
from mlctl.core.template import Answers, Question, Template, Unit, Unknown
from mlctl.tools import yaml
from mlctl.tools.errors import Invalid

NONE = "none"
RUNNING = "running-python"
KEYS = frozenset(
    ("about", "provides", "needs", "questions", "derived", "dependencies", "contributes", "record")
    + ("once", "generated", "moves", "next")
)


class Clash(Invalid):
    """Components that do not go together."""


@dataclass(frozen=True)
class Catalog:
    """All units of a platform by name: `components` in the platform's order, `asked` the ports that are questions."""

    platform: Platform
    kinds: tuple[str, ...]
    components: dict[str, Unit]
    defaults: tuple[str, ...]
    asked: dict[str, dict[str, Any]]
    naming: str

    def filling(self, port: str) -> dict[str, str]:
        """Return the components that fill `port`, by their short name: "github" for "ci-github"."""
        return {n.removeprefix(port + "-"): n for n, unit in self.components.items() if unit.provides == port}


def catalog(platform: Platform) -> Catalog:
    """Return the units that `platform.yml` lists; raise `Malformed` for what it or a `unit.yml` says wrongly."""
    settings = platform.settings or {}
    kinds = _names(settings, "kinds", SETTINGS)
    if not kinds:
        raise yaml.Malformed(SETTINGS, 1, "names no kind")
    components = {name: unit(platform, f"components/{name}") for name in _names(settings, "components", SETTINGS)}
    defaults = tuple(_names(settings, "defaults", SETTINGS))
    for name in defaults:
        if name not in components:
            raise yaml.Malformed(SETTINGS, 1, f"the default '{name}' is no component")
    asked = yaml.mapping(settings.get("ask"), SETTINGS)
    return Catalog(platform, tuple(kinds), components, defaults, asked, str(settings.get("naming", "")))


def template(platform: Platform, kind: str, added: Sequence[str] = (), dropped: Sequence[str] = ()) -> Template:
    """Return the template of `kind` with the default components, `added` and without `dropped`.

    Raises `Unknown` for a name that is none, `Clash` for components that fill one port or lack what they need.
    """
    there = catalog(platform)
    kind = kind or there.kinds[0]
    if kind not in there.kinds:
        raise Unknown("kind", kind, there.kinds)
    for name in (*added, *dropped):
        if name not in there.components:
            raise Unknown("component", name, there.components)
    both = set(added) & set(dropped)
    if both:
        raise Clash(f"'{min(both)}' is both added and left out", "name it once")
    first = (unit(platform, "base"), unit(platform, f"kinds/{kind}"))
    taken = {there.components[name].provides for name in added} - {""}
    ports = {port: told for port, told in there.asked.items() if port not in taken}
    chosen = [n for n in there.defaults if n not in dropped and there.components[n].provides not in taken]
    fixed = {*chosen, *added}

    def units(answers: Answers) -> tuple[Unit, ...]:
        names = fixed | {there.filling(port)[answers[port]] for port in ports if answers[port] != NONE}
        found = (*first, *(u for n, u in there.components.items() if n in names - set(dropped)))
        _fit(found)
        return found

    questions = _questions(there, first, fixed, ports)
    return Template(
        platform, kind, questions, units, naming=there.naming, context=lambda a, u: constraints.context(platform, u)
    )


def unit(platform: Platform, folder: str) -> Unit:
    """Return the unit in `folder`: its `unit.yml` and its one folder of files."""
    part = platform.part(folder)
    name = f"{folder}/unit.yml"
    modes = part.modes()
    if "unit.yml" not in modes:
        raise yaml.Malformed(SETTINGS, 1, f"names the unit '{folder}', which has no unit.yml")
    said = yaml.mapping(yaml.load(part.read("unit.yml"), name), name)
    unknown = sorted(said.keys() - KEYS)
    if unknown:
        raise yaml.Malformed(name, 1, f"there is no key '{unknown[0]}' in a unit")
    tops = sorted({p.partition("/")[0] for p in modes if "/" in p and p.startswith("{{")})
    return Unit(
        name=folder.rpartition("/")[2], tree=part, top=tops[0] if tops else "",
        about=str(said.get("about", "")), provides=str(said.get("provides", "")),
        needs=tuple(_names(said, "needs", name)), questions=tuple(_asked(said, name)),
        dependencies={g: tuple(v) for g, v in yaml.mapping(said.get("dependencies"), name).items()},
        contributes=yaml.mapping(said.get("contributes"), name), record=yaml.mapping(said.get("record"), name),
        once=tuple(_names(said, "once", name)), generated=tuple(_names(said, "generated", name)),
        moves={str(k): str(v) for k, v in yaml.mapping(said.get("moves"), name).items()},
        next=tuple(_names(said, "next", name)),
    )  # fmt: skip


def _questions(there: Catalog, first: Sequence[Unit], fixed: set[str], ports: dict[str, Any]) -> tuple[Question, ...]:
    """Return what base, kind, ports and components ask, in this order."""
    found = [question for one in first for question in one.questions]
    for port, told in ports.items():
        choices = there.filling(port)
        labels = {short: there.components[name].about for short, name in choices.items()}
        told = yaml.mapping(told, SETTINGS)
        labels[NONE] = str(told.get("none", "nothing for now"))
        found.append(Question(port, list(labels), str(told.get("prompt", port)), str(told.get("help", "")), labels))
        for short, name in choices.items():
            found += [replace(question, only=(port, short)) for question in there.components[name].questions]
    return (
        *found,
        *(question for name, one in there.components.items() if name in fixed for question in one.questions),
    )


def _asked(said: dict[str, Any], name: str) -> Iterator[Question]:
    """Return the questions and the derived variables of a `unit.yml`."""
    for key, told in yaml.mapping(said.get("questions"), name).items():
        told = yaml.mapping(told, name)
        yield Question(
            key, _choices(told) or told.get("default", ""), str(told.get("prompt", key)),
            str(told.get("help", "")), pattern=str(told.get("pattern", "")), wrong=str(told.get("wrong", "")),
            package=told.get("package") is True, asked=told.get("ask") is not False, secret=told.get("secret") is True,
        )  # fmt: skip
    for key, value in yaml.mapping(said.get("derived"), name).items():
        yield Question(key, value, asked=False, settable=False)


def _choices(told: dict[str, Any]) -> list[str]:
    """Return the choices of a question, the default first: the Python that runs mlctl where it asks for that."""
    choices = [str(choice) for choice in told.get("choices") or []]
    first = str(told.get("default", ""))
    if first == RUNNING:
        first = f"{sys.version_info.major}.{sys.version_info.minor}"
    return sorted(choices, key=lambda choice: choice != first)


def _fit(units: Sequence[Unit]) -> None:
    """Raise `Clash` where two units fill one port, or one needs what none provides."""
    ports: dict[str, str] = {}
    for one in units:
        if one.provides in ports:
            raise Clash(
                f"'{ports[one.provides]}' and '{one.name}' both fill the port '{one.provides}'",
                f"leave one out with `--without {ports[one.provides]}`",
            )
        if one.provides:
            ports[one.provides] = one.name
    names = {one.name for one in units} | ports.keys()
    for one in units:
        for need in one.needs:
            if need not in names:
                raise Clash(
                    f"'{one.name}' needs '{need}'", f"add `--with {need}`, or leave it out with `--without {one.name}`"
                )


def _names(said: dict[str, Any], key: str, name: str) -> list[str]:
    found = said.get(key) or []
    if not isinstance(found, list) or not all(isinstance(n, str) for n in found):
        raise yaml.Malformed(name, 1, f"'{key}' must be a list of names")
    return found

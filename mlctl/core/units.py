"""A platform's units: base, one kind, components; which are chosen, what they ask and contribute."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlctl.core import constraints
from mlctl.core.platform import SETTINGS, Platform
from mlctl.core.template import Answers, Question, Template, Unit, Unknown
from mlctl.tools import yaml
from mlctl.tools.errors import Invalid, printable

SCHEMA = "mlctl.platform/1"
NONE = "none"
RUNNING = "running-python"
KEYS = frozenset(
    ("about", "provides", "needs", "questions", "derived", "dependencies", "contributes", "record")
    + ("keeps", "once", "generated", "copied", "moves", "next")
)
SETTINGS_KEYS = frozenset(
    (
        "schema",
        "name",
        "about",
        "kinds",
        "components",
        "defaults",
        "naming",
        "ask",
        "versions",
        "order",
        "changelog",
        "renamed",
        "values",
        "expects",
    )
)
OURS = frozenset(("layers", "answers", "stage"))
ASKS = frozenset(("prompt", "help", "default", "choices", "pattern", "wrong", "package", "ask", "secret"))


class Clash(Invalid):
    """Components that do not go together."""


class NoKind(Invalid):
    """A platform of components alone, where a project is to be started."""

    def __init__(self, platform: Platform) -> None:
        name = printable(platform.source.name)
        super().__init__(
            f"'{name}' has no kind: it is a layer for projects of another platform",
            f"name that one first: `mlctl new -p PLATFORM -p {name}`",
        )


@dataclass(frozen=True)
class Upper:
    """What a project takes of a further platform: the names of components there."""

    platform: Platform
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalog:
    """All units of a platform by name: `components` in the platform's order, `asked` the ports that are questions.

    A platform without kinds is a layer over others: `expects` names what its units take from those.
    """

    platform: Platform
    kinds: tuple[str, ...]
    components: dict[str, Unit]
    defaults: tuple[str, ...]
    asked: dict[str, dict[str, Any]]
    naming: str
    expects: tuple[str, ...] = ()

    def filling(self, port: str) -> dict[str, str]:
        """Return the components that fill `port`, by their short name: "github" for "ci-github"."""
        return {n.removeprefix(port + "-"): n for n, unit in self.components.items() if unit.provides == port}


def catalog(platform: Platform) -> Catalog:
    """Return the units that `platform.yml` lists; raise `Malformed` for what it or a `unit.yml` says wrongly."""
    told = platform.document or yaml.Document(SETTINGS, b"", {})
    schema = told.said.get("schema", SCHEMA)
    if schema != SCHEMA:
        raise told.wrong("schema", f"has the schema '{schema}'; this mlctl reads '{SCHEMA}'")
    for key in sorted(told.said.keys() - SETTINGS_KEYS):
        raise told.wrong(key, f"there is no key '{key}' in a platform")
    kinds = told.names("kinds")
    if not kinds and "expects" not in told.said:
        raise told.wrong("kinds", "names no kind")
    components = {}
    for name in told.names("components"):
        if "unit.yml" not in platform.part(f"components/{name}").modes():
            raise told.wrong("components", f"names the component '{name}', which has no unit.yml")
        components[name] = unit(platform, f"components/{name}")
    defaults = told.names("defaults")
    for name in defaults:
        if name not in components:
            raise told.wrong("defaults", f"the default '{name}' is no component")
    asked = {port: told.mapping(port, told.mapping("ask")) for port in told.mapping("ask")}
    naming = str(told.said.get("naming", ""))
    return Catalog(platform, kinds, components, defaults, asked, naming, told.names("expects"))


def template(
    platform: Platform, kind: str, added: Sequence[str] = (), dropped: Sequence[str] = (), uppers: Sequence[Upper] = ()
) -> Template:
    """Return the template of `kind` with the default components, `added` and without `dropped`, and what `uppers` add.

    A component of a further layer takes the place of one that has its name or fills its port by default.
    Raises `Unknown` for a name that is none, `Clash` for components that fill one port or lack what they need.
    """
    there = catalog(platform)
    kind = _sensible(there, kind, added, dropped)
    laid = _laid(uppers)
    there = replace(there, components={**there.components, **laid})
    added, dropped = (*added, *laid), [name for name in dropped if name not in laid]
    platforms = (platform, *(upper.platform for upper in uppers))
    first = (unit(platform, "base"), unit(platform, f"kinds/{kind}"))
    brought = needed(there, set(added)) - set(dropped)
    taken = _filled(there, brought)
    chosen = {n for n in there.defaults if n not in dropped and there.components[n].provides not in taken}
    fixed = needed(there, chosen | brought) - set(dropped)
    ports = {port: told for port, told in there.asked.items() if port not in _filled(there, fixed)}

    def units(answers: Answers) -> tuple[Unit, ...]:
        names = fixed | {there.filling(port)[answers[port]] for port in ports if answers[port] != NONE}
        names = needed(there, names) - set(dropped)
        found = (*first, *(u for n, u in there.components.items() if n in names))
        _fit(found)
        return (*found, *_companions(platforms, found))

    questions = _questions(there, first, fixed, ports)
    if there.naming and there.naming not in [question.name for question in questions if question.settable]:
        raise yaml.Malformed(SETTINGS, 1, f"'naming' is the question '{there.naming}', which nobody asks")
    return Template(
        platform, kind, questions, units, naming=there.naming, above=platforms[1:],
        context=lambda a, u: constraints.context(platforms, u),
    )  # fmt: skip


def unit(platform: Platform, folder: str) -> Unit:
    """Return the unit in `folder`: its `unit.yml` and its one folder of files."""
    part = platform.part(folder)
    modes = part.modes()
    if "unit.yml" not in modes:
        raise yaml.Malformed(SETTINGS, 1, f"the unit '{folder}' has no unit.yml")
    told = yaml.document(part.read("unit.yml"), f"{folder}/unit.yml")
    for key in told.said.keys() - KEYS:
        raise told.wrong(key, f"there is no key '{key}' in a unit")
    tops = sorted({p.partition("/")[0] for p in modes if "/" in p and p.startswith("{{")})
    for key in told.mapping("record").keys() & OURS:
        raise told.wrong(key, f"'{key}' of the record is mlctl's own")
    groups = told.mapping("dependencies")
    return Unit(
        name=folder.rpartition("/")[2], tree=part, top=tops[0] if tops else "",
        about=str(told.said.get("about", "")), provides=str(told.said.get("provides", "")),
        needs=told.names("needs"), keeps=told.names("keeps"), questions=tuple(_asked(told)),
        dependencies={group: told.names(group, groups) for group in groups},
        contributes=told.mapping("contributes"), record=told.mapping("record"), once=told.names("once"),
        generated=told.names("generated"), copied=told.names("copied"),
        moves={old: str(new) for old, new in told.mapping("moves").items()}, next=told.names("next"),
    )  # fmt: skip


def needed(there: Catalog, names: set[str]) -> set[str]:
    """Return `names` with the components that they need by name, and those that these need."""
    more = {need for name in names for need in there.components[name].needs if need in there.components} - names
    return needed(there, names | more) if more else names


def _filled(there: Catalog, names: set[str]) -> set[str]:
    """Return the ports that the components `names` fill."""
    return {there.components[name].provides for name in names} - {""}


def _sensible(there: Catalog, kind: str, added: Sequence[str], dropped: Sequence[str]) -> str:
    """Return the kind that is meant; raise for names that are none, and for one that is wanted and not wanted."""
    if not there.kinds:
        raise NoKind(there.platform)
    kind = kind or there.kinds[0]
    if kind not in there.kinds:
        raise Unknown("kind", kind, there.kinds)
    for name in (*added, *dropped):
        if name not in there.components:
            raise Unknown("component", name, there.components)
    both = set(added) & set(dropped)
    if both:
        raise Clash(f"'{min(both)}' is both added and left out", "name it once")
    return kind


def _laid(uppers: Sequence[Upper]) -> dict[str, Unit]:
    """Return the components of further layers by name, with those of the same layer that they need."""
    found: dict[str, Unit] = {}
    for layer, upper in enumerate(uppers, 1):
        there = catalog(upper.platform)
        for name in upper.chosen:
            if name not in there.components:
                raise Unknown("component", name, there.components)
        names = needed(there, set(upper.chosen))
        found |= {n: replace(unit, layer=layer) for n, unit in there.components.items() if n in names}
    return found


def _companions(platforms: Sequence[Platform], found: Sequence[Unit]) -> Iterator[Unit]:
    """Return what lies in `with/NAME/` of a unit, or of what lies there, for each NAME that was chosen or is filled."""
    names = list(dict.fromkeys([*(one.name for one in found), *(one.provides for one in found if one.provides)]))
    todo = list(found)
    for one in todo:
        for name in names:
            if f"with/{name}/unit.yml" in one.tree.modes():
                platform = platforms[one.layer]
                home = one.tree.folder.removeprefix(platform.tree.folder).strip("/")
                both = unit(platform, f"{home}/with/{name}")
                todo.append(replace(both, name=f"{one.name}/with/{name}", layer=one.layer))
                yield todo[-1]


def folders(platform: Platform) -> list[str]:
    """Return the folders that hold a unit, or should: a platform with kinds has a base."""
    modes = platform.part("").modes()
    rooms = r"base|kinds/[^/]+|components/[^/]+"
    found = {m[0] for path in modes if (m := re.match(rf"(?:{rooms})(?:/with/[^/]+)*(?=/unit\.yml$)", path))}
    return sorted(found | ({"base"} if (platform.settings or {}).get("kinds") else set()))


def _questions(there: Catalog, first: Sequence[Unit], fixed: set[str], ports: dict[str, Any]) -> tuple[Question, ...]:
    """Return what base, kind, ports and components ask, in this order."""
    found = [question for one in first for question in one.questions]
    known = {question.name for question in found}
    for port, told in ports.items():
        choices = there.filling(port)
        labels = {short: there.components[name].about for short, name in choices.items()}
        labels[NONE] = str(told.get("none", "nothing for now"))
        found.append(Question(port, list(labels), str(told.get("prompt", port)), str(told.get("help", "")), labels))
        for short, name in choices.items():
            found += [replace(question, only=(port, short)) for question in there.components[name].questions]
    rest = [(one, question) for name, one in there.components.items() if name in fixed for question in one.questions]
    return (*found, *(question for one, question in rest if not (one.layer and question.name in known)))


def _asked(unit: yaml.Document) -> Iterator[Question]:
    """Return the questions and the derived variables of a `unit.yml`."""
    for key in unit.mapping("questions"):
        told = unit.mapping(key, unit.mapping("questions"))
        for word in told.keys() - ASKS:
            raise unit.wrong(word, f"there is no key '{word}' in a question")
        pattern = str(told.get("pattern", ""))
        try:
            re.compile(pattern)
        except re.error as error:
            raise unit.wrong("pattern", f"the pattern of '{key}' is none: {error}") from error
        yield Question(
            key, _choices(unit, told) or told.get("default", ""), str(told.get("prompt", key)),
            str(told.get("help", "")), pattern=pattern, wrong=str(told.get("wrong", "")),
            package=told.get("package") is True, asked=told.get("ask") is not False, secret=told.get("secret") is True,
        )  # fmt: skip
    for key, value in unit.mapping("derived").items():
        yield Question(key, value, asked=False, settable=False)


def _choices(unit: yaml.Document, told: dict[str, Any]) -> list[str]:
    """Return the choices of a question, the default first: the Python that runs mlctl where it asks for that."""
    first, choices = str(told.get("default", "")), unit.names("choices", told)
    if first == RUNNING:
        first = f"{sys.version_info.major}.{sys.version_info.minor}"
    elif first and choices and first not in choices:
        raise unit.wrong("choices", f"the default '{first}' is none of the choices")
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

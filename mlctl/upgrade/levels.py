"""The layers that a command line comes to: which platforms, at which versions, and the units taken of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mlctl.core import layers, units
from mlctl.core.platform import PRE, Platform, find
from mlctl.core.recall import Given, Wanted
from mlctl.core.record import Place, named
from mlctl.core.source import Source, parse
from mlctl.core.template import Unknown
from mlctl.core.units import Catalog, Clash
from mlctl.tools.errors import Invalid, printable
from mlctl.upgrade import releases
from mlctl.upgrade.offer import at_tree
from mlctl.upgrade.project import Project
from mlctl.upgrade.request import Request


class Several(Invalid):
    """A wish that is about one layer, in a project of several."""

    def __init__(self, flag: str, names: list[str]) -> None:
        listed = " or ".join(f"`--layer {printable(name)}`" for name in names)
        super().__init__(f"the project has {len(names)} layers, and {flag} is about one", f"name it: {listed}")


@dataclass(frozen=True)
class Level:
    """A layer as it is to be: its platform, how it is recorded, what it `was`, the units that are taken of it."""

    platform: Platform
    place: Place
    was: Given | None
    units: tuple[str, ...]
    moved: bool = False


@dataclass(frozen=True)
class _Layer:
    """A layer before its platform was looked for; `named` tells whether the command line names its source."""

    wanted: Wanted
    was: Given | None
    source: Source
    named: bool = False

    @property
    def moved(self) -> bool:
        return self.named or self.was is None or self.wanted.source != self.was.source


def levels(request: Request, project: Project, notes: list[str]) -> tuple[list[Level], dict[str, str]]:
    """Return the layers to upgrade to, and the answers that follow from units that fill a port which is asked for."""
    before = _before(request, project, notes)
    found = [_found(request, one, project, len(before), notes) for one in before]
    platforms = [platform for platform, _ in found]
    layers.composed(platforms)
    called = layers.names(platforms, [_called(one) for one in before])
    answers: dict[str, str] = {}
    taken = _taken(request, before, platforms, answers, notes)
    out = []
    for number, (one, (platform, ref)) in enumerate(zip(before, found, strict=True)):
        if number and not taken[number]:
            notes.append(f"nothing is taken of '{called[number]}' any more: the layer is taken out")
            continue
        source = named(platform, project.root)[0] if one.named else one.wanted.source
        place = Place(source, ref, called[number])
        out.append(Level(platform, place, one.was, taken[number], one.moved))
    return out, answers


def _before(request: Request, project: Project, notes: list[str]) -> list[_Layer]:
    """Return the layers as the project's files and the command line name them."""
    intent, fact = project.intent, project.fact
    given = {one.name: one for one in fact.layers[1:]}
    pairs = [(intent.layers[0], fact.first), *((one, given.get(one.name)) for one in intent.layers[1:])]
    kept = {was.name for _, was in pairs if was}
    notes += [f"the layer '{name}' is taken out" for name in given if name not in kept]
    found = [_Layer(one, was, parse(one.source, project.root)) for one, was in pairs]
    names = [one.wanted.name for one in found]
    if request.layer and request.layer not in names:
        raise Unknown("layer", request.layer, names)
    if request.verb == "remove" and request.layer:
        return _without(request.layer, names, found)
    if not request.platform:
        return found
    source = parse(request.platform, request.here)
    if request.verb == "add":
        return found if source in [one.source for one in found] else [*found, _new(request, source)]
    if len(found) > 1 and not request.layer:
        raise Several("`-p`", names)
    return [replace(one, source=source, named=True) if one.wanted.name == (request.layer or names[0]) else one
            for one in found]  # fmt: skip


def _new(request: Request, source: Source) -> _Layer:
    return _Layer(Wanted(source.address, request.ref), None, source, named=True)


def _without(name: str, names: list[str], found: list[_Layer]) -> list[_Layer]:
    if name == names[0]:
        raise Invalid(f"'{printable(name)}' is the first layer, which base and kind come from",
                      "move the project to another platform instead: `mlctl upgrade -p SOURCE`")  # fmt: skip
    return [one for one in found if one.wanted.name != name]


def _called(layer: _Layer) -> str:
    """Return the name that a layer has already: a new one, or the only one so far, is called by its platform."""
    return layer.wanted.called


def _found(request: Request, layer: _Layer, project: Project, number: int, notes: list[str]) -> tuple[Platform, str]:
    """Return the platform of a layer, and the `ref` to record."""
    wanted, was, source = layer.wanted, layer.was, layer.source
    meant = request.layer in ("", wanted.name)
    if request.to and number > 1 and not request.layer:
        raise Several("`--to`", [one.name for one in project.intent.layers])
    if request.to and meant:
        return find(source, request.to), request.to
    if was is None:
        return find(source, wanted.ref), wanted.ref
    edited = wanted.ref not in ("", was.version, was.commit)
    if (request.stay or not meant) and not layer.moved:
        return _there(source, was), wanted.ref
    if wanted.ref and (edited or not releases.is_release(wanted.ref)) and not layer.moved:
        return find(source, wanted.ref), wanted.ref
    found = _newest(request, source)
    if found.stale:
        notes.append(f"{source.name} can't be reached; its last copy is used ({printable(found.stale)})")
    if not layer.moved and releases.precedes(found.version.name, was.version):
        notes.append(f"the newest release is {found.version.name}, older than yours; go back to it by `--to`")
        return _there(source, was), wanted.ref
    return found, found.version.name if wanted.ref else ""


def _newest(request: Request, source: Source) -> Platform:
    """Return the platform at its newest version; one that was asked already is not asked again."""
    seen = request.seen.get(source)
    if seen is None or not seen.version.commit:
        return find(source, PRE if request.pre else "")
    return replace(find(source, seen.version.commit), version=seen.version, stale=seen.stale)


def _there(source: Source, was: Given) -> Platform:
    """Return the platform at the version that the project has."""
    found = at_tree(was, source)
    return found if found else find(source, was.version)


def _taken(
    request: Request, before: list[_Layer], platforms: list[Platform], answers: dict[str, str], notes: list[str]
) -> list[tuple[str, ...]]:
    """Return the units to take of each layer; `answers` get those for ports that are asked for."""
    if platforms[0].settings is None:
        return _plain(request, before)
    there = [units.catalog(platform) for platform in platforms]
    have = [list(one.was.units) if one.was else [] for one in before]
    edits = [set(one.wanted.units) ^ set(have[number]) for number, one in enumerate(before)]
    dropped = [[name for name in have[number] if name in edits[number]] for number in range(len(have))]
    for name in request.dropped:
        dropped[_owner(there, have, name)].append(name)
    for number, names in enumerate(dropped):
        for name in names:
            _drop(there, number, name, have[number], answers)
        have[number] = [name for name in have[number] if name not in names]
        fixed = ("base", *there[number].kinds) if number == 0 else ()
        gone = [name for name in have[number] if name not in there[number].components and name not in fixed]
        notes += [f"the platform has no '{name}' any more: it is taken out" for name in gone]
        have[number] = [name for name in have[number] if name not in gone]
    added = [(_layer(request, before, there, name), name) for name in request.added]
    added += [(number, name) for number, one in enumerate(before) for name in one.wanted.units if name in edits[number]]
    for number, name in added:
        _add(request, there, number, name, have, answers)
    return [tuple(dict.fromkeys(names)) for names in have]


def _plain(request: Request, before: list[_Layer]) -> list[tuple[str, ...]]:
    """Return that nothing is taken apart; raise `Unknown` for units of a plain template."""
    edits = set(before[0].wanted.units) ^ set(before[0].was.units if before[0].was else ())
    wrong = [*request.added, *request.dropped, *sorted(edits)]
    if wrong:
        raise Unknown("component", wrong[0], ())
    return [()]


def _owner(there: list[Catalog], have: list[list[str]], name: str) -> int:
    """Return the layer that a component of the project is of; raise `Unknown` where it has none of that name."""
    fixed = ("base", *there[0].kinds)
    found = [number for number, names in enumerate(have) if name in names and name not in fixed]
    if not found:
        components = [n for number, names in enumerate(have) for n in names if n in there[number].components]
        raise Unknown("component of the project", name, components)
    return found[-1]


def _layer(request: Request, before: list[_Layer], there: list[Catalog], name: str) -> int:
    """Return the layer that a component is added from: that which `-p` names, else the last that has it."""
    numbers = list(range(len(there)))
    if request.platform:
        source = parse(request.platform, request.here)
        numbers = [number for number, one in enumerate(before) if one.source == source]
    elif request.layer:
        numbers = [number for number, one in enumerate(before) if one.wanted.name == request.layer]
    found = [number for number in numbers if name in there[number].components]
    if not found:
        raise Unknown("component", name, [n for number in numbers for n in there[number].components])
    return found[-1]


def _drop(there: list[Catalog], number: int, name: str, have: list[str], answers: dict[str, str]) -> None:
    """Answer the question for the port that a component leaves; raise `Unknown` for what is no component."""
    if name in ("base", *there[0].kinds):
        raise Unknown("component of the project", name, [n for n in have if n in there[number].components])
    port = there[number].components[name].provides if name in there[number].components else ""
    if port in there[0].asked:
        answers[port] = units.NONE


def _add(
    request: Request, there: list[Catalog], number: int, name: str, have: list[list[str]], answers: dict[str, str]
) -> None:
    """Take a component of a layer; where its port is filled, or its name is had of another layer, by `--swap` alone."""
    if name not in there[number].components:
        raise Unknown("component", name, there[number].components)
    port = there[number].components[name].provides
    rivals = [(layer, other) for layer, names in enumerate(have) for other in names
              if other in there[layer].components and (layer, other) != (number, name)
              and (other == name or (port and there[layer].components[other].provides == port))]  # fmt: skip
    if rivals and not request.swap:
        rival = rivals[0][1]
        what = f"fills the port '{port}' already" if rival != name else "is there already, of another layer"
        raise Clash(f"'{rival}' {what}", f"swap them: `mlctl add {name} --swap`")
    for layer, rival in rivals:
        have[layer].remove(rival)
    have[number].append(name)
    if port in there[0].asked:
        answers.pop(port, None)
    if port in there[0].asked and number == 0:
        answers[port] = next(short for short, full in there[0].filling(port).items() if full == name)

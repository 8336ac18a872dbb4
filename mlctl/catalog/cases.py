"""What a platform's test goes through: every unit in every offered answer, each pair of choices in some case."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice, product

from mlctl.core.platform import Platform
from mlctl.core.template import Question
from mlctl.core.units import NONE, Catalog, catalog, needed, template, unit
from mlctl.tools.errors import MlctlError

LEFT_OUT = ""
TRIES = 2000
Fits = Callable[[dict[str, str]], bool]


@dataclass(frozen=True)
class Case:
    """One way to make a project: its kind, the components that are named and left out, and the other answers."""

    number: int
    kind: str
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """How it is called: the first of a kind is its default."""
        return f"{self.kind}/{self.number}"

    @property
    def flags(self) -> list[str]:
        """The choices, as flags of `mlctl new`."""
        named = [("-k", self.kind)]
        named += [("--with", name) for name in self.added] + [("--without", name) for name in self.dropped]
        return [word for pair in (*named, *(("--set", f"{k}={v}") for k, v in self.answers)) for word in pair]

    @property
    def told(self) -> str:
        """The flags as a line."""
        return shlex.join(self.flags)


def cases(platform: Platform) -> list[Case]:
    """Return the cases of every kind, its default first, then rows that hold each pair of choices once or more."""
    there = catalog(platform)
    return [case for kind in there.kinds for case in _Choices(there, kind).cases()]


def runs(platform: Platform) -> list[Case]:
    """Return the like of components alone, as few as are found: each of these is installed and run."""
    there = catalog(platform)
    return [case for kind in there.kinds for case in _Choices(there, kind, only_components=True).cases()]


def pairwise(choices: Mapping[str, Sequence[str]], fits: Fits, first: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield `first`, then rows, until every value, and every pair that can go together, stood in one that fits."""
    values = {place: [(place, value) for value in choices[place]] for place in choices}
    open_pairs = {
        frozenset(held): None
        for size in (2, 1)
        for places in combinations(choices, size)
        for held in product(*(values[place] for place in places))
    }

    def rows() -> Iterator[dict[str, str]]:
        yield first
        while open_pairs:
            seed = dict(next(iter(open_pairs)))
            yield next(filter(fits, islice(_grown(seed, choices, open_pairs, fits), TRIES)), seed)

    for row in rows():
        if row and len(row) == len(choices):
            yield {place: row[place] for place in choices}
        for size in (2, 1):
            for held in combinations(row.items(), size):
                open_pairs.pop(frozenset(held), None)


def _grown(
    row: dict[str, str], choices: Mapping[str, Sequence[str]], open_pairs: Container[object], fits: Fits
) -> Iterator[dict[str, str]]:
    """Yield the rows that hold `row`, first those that close the most open pairs; one that can't fit is not whole."""
    places = [place for place in choices if place not in row]
    if not places or not fits(row):
        yield row
        return

    def closed(place: str, value: str) -> int:
        return sum(frozenset(((place, value), other)) in open_pairs for other in row.items())

    place = max(places, key=lambda place: (max(closed(place, one) for one in choices[place]), len(choices[place])))
    for value in sorted(choices[place], key=lambda value: closed(place, value), reverse=True):
        yield from _grown({**row, place: value}, choices, open_pairs, fits)


@dataclass(frozen=True)
class _Choices:
    """All that may be chosen for a kind."""

    there: Catalog
    kind: str
    only_components: bool = False

    def cases(self) -> Iterator[Case]:
        # what nobody is asked may depend on the machine, as the Python that runs: a case must not
        unasked = {one.name for one in self._questions() if not one.asked}
        fixed = {name: values[0] for name, values in self.choices.items() if name in unasked}
        yield Case(1, self.kind, (), (), tuple(sorted(fixed.items())))
        rows = pairwise(self.choices, self._fits, self._first)
        for number, row in enumerate(islice(rows, bool(self._first), None), 2):
            yield self._case(number, row)

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """What each choice takes: a port its fillings or none, a component of no port itself or none, a question."""
        found: dict[str, list[str]] = {}
        for name in self.there.components:
            place = self._place(name)
            found.setdefault(place, [] if place in self.needed else [LEFT_OUT]).append(name)
        for question in self._questions():
            if isinstance(question.default, list):
                values = [str(one) for one in question.default]
                found[question.name] = values if question.asked else sorted(values)
        return {place: values for place, values in found.items() if len(values) > 1}

    @cached_property
    def needed(self) -> set[str]:
        """The ports and components that no project of the kind may lack."""
        first = (unit(self.there.platform, "base"), unit(self.there.platform, f"kinds/{self.kind}"))
        return {need for one in first for need in one.needs}

    @cached_property
    def _first(self) -> dict[str, str]:
        """The row of the default; nothing where that does not stand."""
        asked = self.there.asked.keys() & {one.name for one in template(self.there.platform, self.kind).questions}
        ports = tuple((port, next(iter(self.there.filling(port)), NONE)) for port in asked)
        standing = self._standing(Case(1, self.kind, (), (), ports))
        if standing is None:
            return {}
        return {place: standing.get(place, values[0]) for place, values in self.choices.items()}

    def _questions(self) -> Sequence[Question]:
        shape = template(self.there.platform, self.kind)
        found = [one for one in shape.questions if one.settable and not one.only and one.name not in self.there.asked]
        return [] if self.only_components else found

    def _fits(self, row: dict[str, str]) -> bool:
        """Tell whether choices go together, those of a row that is not whole as far as their needs tell."""
        names = needed(self.there, {value for value in row.values() if value in self.there.components})
        needs = {self._place(name): name for name in names}
        ports = {need for name in names for need in self.there.components[name].needs} & row.keys() - needs.keys()
        if any(row.get(place, name) != name for place, name in needs.items()) or any(not row[port] for port in ports):
            return False
        standing = self._standing(self._case(0, row)) if len(row) == len(self.choices) else {}
        return standing is not None and all(standing.get(place, value) == value for place, value in row.items())

    def _standing(self, case: Case) -> dict[str, str] | None:
        """Return which component stands at each place of one; none where they clash, as `mlctl new` judges."""
        try:
            shape = template(self.there.platform, self.kind, case.added, case.dropped)
            units = shape.units({**dict.fromkeys(self.there.asked, NONE), **dict(case.answers)})
        except MlctlError:
            return None
        if dict(case.answers).keys() & self.there.asked.keys() - {one.name for one in shape.questions}:
            return None
        names = {one.name for one in units}
        return {self._place(name): LEFT_OUT for name in self.there.components} | {
            self._place(name): name for name in self.there.components if name in names
        }

    def _place(self, name: str) -> str:
        return self.there.components[name].provides or name

    def _case(self, number: int, row: dict[str, str]) -> Case:
        ports = {place: value for place, value in row.items() if place in self.there.asked}
        rest = {place: value for place, value in row.items() if place not in ports}
        added = [value for value in rest.values() if value in self.there.components]
        asked = {port: value for port, value in ports.items() if value not in needed(self.there, set(added))}
        answers = {port: value.removeprefix(f"{port}-") or NONE for port, value in asked.items()}
        answers |= {place: value for place, value in rest.items() if value and value not in self.there.components}
        given = {self._place(name) for name in added}
        gone = [name for name in self.there.defaults if self._place(name) in row.keys() - given]
        return Case(number, self.kind, tuple(added), tuple(gone), tuple(sorted(answers.items())))

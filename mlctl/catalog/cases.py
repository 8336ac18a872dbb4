"""What a platform's test goes through: every unit in every offered answer, each pair of choices in some case."""

from __future__ import annotations

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
    def told(self) -> str:
        """The choices, as flags of `mlctl new`."""
        flags = [f"--with {name}" for name in self.added] + [f"--without {name}" for name in self.dropped]
        return " ".join([f"-k {self.kind}", *flags, *(f"--set {key}={value}" for key, value in self.answers)])


def cases(platform: Platform) -> list[Case]:
    """Return the cases of every kind, its default first, then rows that hold each pair of choices once or more."""
    there = catalog(platform)
    return [case for kind in there.kinds for case in _Choices(there, kind).cases()]


def pairwise(choices: Mapping[str, Sequence[str]], fits: Callable[[dict[str, str]], bool]) -> Iterator[dict[str, str]]:
    """Yield rows, a value for each choice, until every pair of values that can go together stood in one that fits."""
    places = list(choices)
    open_pairs = {
        frozenset(((a, x), (b, y))): None
        for a, b in combinations(places, 2)
        for x, y in product(choices[a], choices[b])
    }
    while open_pairs:
        seed = next(iter(open_pairs))
        row = next((row for row in islice(_grown(dict(seed), places, choices, open_pairs), TRIES) if fits(row)), None)
        if row:
            yield {place: row[place] for place in places}
        for pair in combinations(row.items(), 2) if row else [tuple(seed)]:
            open_pairs.pop(frozenset(pair), None)


def _grown(
    row: dict[str, str], places: Sequence[str], choices: Mapping[str, Sequence[str]], open_pairs: Container[object]
) -> Iterator[dict[str, str]]:
    """Yield the rows that hold `row`, first those that close the most open pairs."""
    place = next((name for name in places if name not in row), None)
    if place is None:
        yield row
        return

    def closed(value: str) -> int:
        return sum(frozenset(((place, value), other)) in open_pairs for other in row.items())

    for value in sorted(choices[place], key=closed, reverse=True):
        yield from _grown({**row, place: value}, places, choices, open_pairs)


@dataclass(frozen=True)
class _Choices:
    """All that may be chosen for a kind."""

    there: Catalog
    kind: str

    def cases(self) -> Iterator[Case]:
        # what nobody is asked may depend on the machine, as the Python that runs: a case must not
        unasked = {one.name for one in self._questions() if not one.asked}
        fixed = {name: values[0] for name, values in self.choices.items() if name in unasked}
        yield Case(1, self.kind, (), (), tuple(sorted(fixed.items())))
        for number, row in enumerate(pairwise(self.choices, self._fits), 2):
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

    def _questions(self) -> Sequence[Question]:
        shape = template(self.there.platform, self.kind)
        return [one for one in shape.questions if one.settable and not one.only and one.name not in self.there.asked]

    def _fits(self, row: dict[str, str]) -> bool:
        """Tell whether choices go together, as `mlctl new` judges."""
        case = self._case(0, row)
        try:
            shape = template(self.there.platform, self.kind, case.added, case.dropped)
            shape.units({**dict.fromkeys(self.there.asked, NONE), **dict(case.answers)})
        except MlctlError:
            return False
        return not dict(case.answers).keys() & self.there.asked.keys() - {one.name for one in shape.questions}

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

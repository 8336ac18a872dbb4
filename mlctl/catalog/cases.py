"""What a platform's test goes through: every unit in every offered answer, each pair of choices in some case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mlctl.core.platform import Platform
from mlctl.core.template import Question
from mlctl.core.units import NONE, Catalog, catalog, template, unit

LEFT_OUT = ""


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


@dataclass(frozen=True)
class _Choices:
    """All that may be chosen for a kind."""

    there: Catalog
    kind: str

    def cases(self) -> Iterator[Case]:
        from allpairspy import AllPairs

        # what nobody is asked may depend on the machine, as the Python that runs: a case must not
        unasked = {one.name for one in self._questions() if not one.asked}
        fixed = {name: values[0] for name, values in self.choices.items() if name in unasked}
        yield Case(1, self.kind, (), (), tuple(sorted(fixed.items())))
        names = list(self.choices)
        if len(names) < 2:
            rows = [[value] for value in next(iter(self.choices.values()), ())]
        else:
            rows = [list(row) for row in AllPairs(list(self.choices.values()), filter_func=self._fits)]
        for number, row in enumerate(rows, 2):
            yield self._case(number, dict(zip(names, row, strict=True)))

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

    def _fits(self, row: Sequence[str]) -> bool:
        """Tell whether the first choices of a row go together; what is not chosen yet may still come."""
        places = list(self.choices)
        chosen = dict(zip(places, row, strict=False))
        for value in chosen.values():
            for need in self.there.components[value].needs if value in self.there.components else ():
                port = self.there.components[need].provides if need in self.there.components else need
                there = chosen.get(port or need, need)
                if there == LEFT_OUT or (need in self.there.components and there != need):
                    return False
        return True

    def _place(self, name: str) -> str:
        return self.there.components[name].provides or name

    def _case(self, number: int, row: dict[str, str]) -> Case:
        ports = {place: value for place, value in row.items() if place in self.there.asked}
        answers = {port: value.removeprefix(f"{port}-") or NONE for port, value in ports.items()}
        rest = {place: value for place, value in row.items() if place not in ports}
        added = [value for value in rest.values() if value in self.there.components]
        answers |= {place: value for place, value in rest.items() if value and value not in self.there.components}
        given = {self._place(name) for name in added}
        gone = [name for name in self.there.defaults if self._place(name) in row.keys() - given]
        return Case(number, self.kind, tuple(added), tuple(gone), tuple(sorted(answers.items())))

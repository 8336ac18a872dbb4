"""What a project is made from: questions, and units of files. Cookiecutter templates and platforms both become one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlctl.core.platform import Platform
from mlctl.core.tree import Part
from mlctl.tools.errors import Invalid, printable

Raw = str | bool | None | list[Any] | dict[str, Any]
Answers = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """One question: `default` is raw as in cookiecutter.json (a list is a choice), rendered with earlier answers."""

    name: str
    default: Raw
    prompt: str = ""
    help: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    pattern: str = ""
    wrong: str = ""
    package: bool = False
    asked: bool = True
    settable: bool = True
    secret: bool = False
    only: tuple[str, str] | None = None

    @property
    def private(self) -> bool:
        """Whether cookiecutter would neither ask nor render it: `_name`, but not `__name`."""
        return self.name.startswith("_") and not self.name.startswith("__")


@dataclass(frozen=True)
class Unit:
    """Files that belong together, below `top` in `tree`, with what they contribute; `layer` tells whose it is."""

    name: str
    tree: Part
    top: str
    about: str = ""
    provides: str = ""
    needs: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    contributes: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    keeps: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    moves: Mapping[str, str] = field(default_factory=dict)
    copied: tuple[str, ...] = ()
    newline: str = ""
    hooks: Mapping[str, str] = field(default_factory=dict)
    next: tuple[str, ...] = ()
    layer: int = 0


@dataclass(frozen=True)
class Template:
    """All that can be asked and rendered; `units` chooses the units once the answers are there.

    `folder` is where a plain template lies in its source; `above` are the platforms of further layers.
    """

    platform: Platform
    kind: str
    questions: tuple[Question, ...]
    units: Callable[[Answers], tuple[Unit, ...]]
    extensions: tuple[str, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    naming: str = ""
    hooks: tuple[str, ...] = ()
    folder: str = ""
    context: Callable[[Answers, tuple[Unit, ...]], dict[str, Any]] = lambda answers, units: {}
    above: tuple[Platform, ...] = ()

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """The platforms of all layers, the first one first."""
        return (self.platform, *self.above)

    def names(self, answers: Answers, layer: int | None = None) -> tuple[str, ...]:
        """Return the units that were chosen (those of one `layer` if named), without what comes along with two of them.

        There are none in a plain template.
        """
        there = self.units(answers) if self.composed else ()
        return tuple(u.name for u in there if "/" not in u.name and layer in (None, u.layer))

    @property
    def composed(self) -> bool:
        """Whether it comes from a platform's units; else it is a plain cookiecutter template."""
        return self.platform.settings is not None


class Unknown(Invalid):
    """A name that is not among those that there are; the hint suggests the nearest."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        known = list(known)
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        there = f"the nearest is '{near[0]}'; " if near else ""
        listed = ", ".join(printable(k) for k in known[:12]) or "none"
        super().__init__(f"there is no {what} '{printable(name)}'", f"{there}there are: {listed}")

"""Answers to a template's questions: given ones are checked, the others are asked or take their default."""

from __future__ import annotations

import contextlib
import json
import keyword
import re
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from mlctl.core.code import importable
from mlctl.core.template import Answers, Question, Raw, Template, Unknown
from mlctl.tools.errors import Invalid, printable
from mlctl.tools.jinja import Renderer
from mlctl.tools.limits import bounded

YES = frozenset(["1", "true", "t", "yes", "y", "on"])
NO = frozenset(["0", "false", "f", "no", "n", "off"])
SECONDS = 5.0


class WrongAnswer(Invalid):
    """An answer that its question does not take."""

    def __init__(self, question: Question, value: object, why: str) -> None:
        self.name, self.why = question.name, why
        said = "what was said" if question.secret else f"'{printable(str(value))}'"
        super().__init__(
            f"{said} is no answer to '{printable(question.name)}': {printable(why)}",
            f"give another by `--set {printable(question.name)}=…`",
        )


class Asker(Protocol):
    """Somebody at a terminal: each method returns the answer to one question, which it shows with its default."""

    def text(self, prompt: str, default: str, check: Callable[[str], str], help: str = "") -> str:
        """Return a text for which `check` returns no complaint."""

    def secret(self, prompt: str, default: str, check: Callable[[str], str], help: str = "") -> str:
        """Return a text that is not shown while it is typed."""

    def choice(self, prompt: str, options: Mapping[str, str], help: str = "") -> str:
        """Return one of `options`, given with their labels; the first is the default."""

    def yes(self, prompt: str, default: bool) -> bool:
        """Return yes or no."""


def ask(template: Template, given: Mapping[str, Any], asker: Asker | None = None, trusted: bool = False) -> Answers:
    """Return the answers in the order of the questions, private variables included.

    `given` answers are data: they are never rendered. Raises `Unknown`, `WrongAnswer`, `BrokenTemplate`.
    """
    settable = [question.name for question in template.questions if question.settable]
    for name in given:
        if name not in settable:
            raise Unknown("question", name, settable)
    if asker is None and not trusted:
        return bounded(_Interview(template, given, asker, trusted).run, SECONDS)
    with importable(template) if trusted else contextlib.nullcontext():
        return _Interview(template, given, asker, trusted).run()


class _Interview:
    """Goes through the questions as cookiecutter does: dictionaries last, since they may refer to all others."""

    def __init__(self, template: Template, given: Mapping[str, Any], asker: Asker | None, trusted: bool) -> None:
        self.template = template
        self.given = given
        self.asker = asker
        self.apart = asker is not None and not trusted
        self.answers: OrderedDict[str, Any] = OrderedDict()
        self.renderer = Renderer(
            {"cookiecutter": self.answers}, extensions=list(template.extensions), settings=template.environment,
            trusted=trusted,
        )  # fmt: skip

    def run(self) -> Answers:
        for question in self.template.questions:
            if question.private:
                self.answers[question.name] = question.default
            elif question.only is None or self.answers.get(question.only[0]) == question.only[1]:
                if question.name.startswith("__"):
                    self.answers[question.name] = self._rendered(question.default, question.name)
                elif not isinstance(question.default, dict):
                    self.answers[question.name] = self._answer(question)
        for question in self.template.questions:
            if isinstance(question.default, dict) and not question.private:
                self.answers[question.name] = self._dictionary(question)
        for question in self.template.questions:
            if not _whole(self.answers.get(question.name)):
                raise WrongAnswer(question, self.answers[question.name], "it holds half a character")
        names = [question.name for question in self.template.questions if question.name in self.answers]
        return OrderedDict((name, self.answers[name]) for name in dict.fromkeys([*names, *self.answers]))

    def _answer(self, question: Question) -> Any:
        asker = self.asker if question.asked and question.name not in self.given else None
        if isinstance(question.default, list):
            return self._choice(question, asker)
        if isinstance(question.default, bool):
            return self._yes(question, asker)
        if question.name in self.given:
            default: Any = _text(self.given[question.name])  # its default may tell of answers that come later
        else:
            default = self._rendered(question.default, question.name)
        if asker:
            told = asker.secret if question.secret else asker.text
            return told(_prompt(question), _text(default), lambda said: objection(question, said), question.help)
        if question.settable and default is not None:
            why = objection(question, str(default))
            if why:
                raise WrongAnswer(question, default, why)
        return default

    def _choice(self, question: Question, asker: Asker | None) -> Any:
        options = [self._rendered(option, question.name) for option in question.default]  # type: ignore[union-attr]
        if question.name in self.given:
            wanted = _text(self.given[question.name])
            matching = [o for o in options if str(o) == wanted] or [
                o for o in options if str(o).lower() == wanted.lower()
            ]
            if not matching:
                raise WrongAnswer(question, wanted, f"it takes {', '.join(map(str, options))}")
            return matching[0]
        if asker:
            labels = {str(option): question.labels.get(str(option), "") for option in options}
            chosen = asker.choice(_prompt(question), labels, question.help)
            return next(option for option in options if str(option) == chosen)
        return options[0]

    def _yes(self, question: Question, asker: Asker | None) -> bool:
        if question.name not in self.given:
            return asker.yes(_prompt(question), bool(question.default)) if asker else bool(question.default)
        word = _text(self.given[question.name]).strip().lower()
        if word not in YES | NO:
            raise WrongAnswer(question, word, "it takes yes or no")
        return word in YES

    def _dictionary(self, question: Question) -> Any:
        value = self._rendered(question.default, question.name)
        if question.name not in self.given:
            return value
        given = self.given[question.name]
        if isinstance(given, str):
            from mlctl.tools.yaml import load

            given = load(given, f"--set {question.name}")
        if not isinstance(given, dict):
            raise WrongAnswer(question, given, "it takes a dictionary")
        return _merged(value, given)

    def _rendered(self, raw: Raw, name: str) -> Any:
        """Return a raw default rendered with the answers so far, as cookiecutter's `render_variable`."""
        if raw is None or isinstance(raw, bool):
            return raw
        if isinstance(raw, dict):
            return {self._rendered(k, name): self._rendered(v, name) for k, v in raw.items()}
        if isinstance(raw, list):
            return [self._rendered(value, name) for value in raw]
        text = str(raw)
        where = f"the default of {name}"
        if self.apart and "{" in text:
            return bounded(lambda: self.renderer.text(text, where), SECONDS)
        return self.renderer.text(text, where)


def objection(question: Question, value: str) -> str:
    """Return what is wrong with `value` as an answer to `question`, or nothing."""
    if not value.isprintable() and question.pattern:
        return "it holds a control character"
    if question.pattern and not bounded(lambda: bool(re.fullmatch(question.pattern, value)), SECONDS):
        return question.wrong or f"it must match {question.pattern}"
    if question.package:
        name = re.sub(r"[-. ]+", "_", value.strip()).lower()
        if keyword.iskeyword(name) or name in sys.stdlib_module_names:
            return f"'{name}' is a name of Python's own"
    return ""


def _prompt(question: Question) -> str:
    return question.prompt or question.name


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _whole(value: Any) -> bool:
    try:
        return bool(json.dumps(value, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False


def _merged(value: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return `value` with the keys of `given` put over its own, inner dictionaries too."""
    merged = dict(value)
    for key, new in given.items():
        old = merged.get(key)
        merged[key] = _merged(old, new) if isinstance(old, dict) and isinstance(new, dict) else new
    return merged

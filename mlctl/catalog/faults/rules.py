"""Faults of the standards: settings that are none, rules without examples, rules that their examples refute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlctl.catalog.lint import Bench, Fault, told
from mlctl.check.catalogue import built_in
from mlctl.check.report import Asked, report
from mlctl.check.rule import Example, Rule
from mlctl.check.written import written
from mlctl.core.project import Drawn, Project
from mlctl.core.standards import FOLDER, ONLY_FIRST, Standards, locks, parsed
from mlctl.core.standards import written as snapshot
from mlctl.tools import yaml
from mlctl.tools.errors import MlctlError

MAIN = f"{FOLDER}standards.yml"
DAY = "2027-01-01"  # examples may name days: they are tried as if it were this one
SNAPSHOT = ".mlctl/standards.yml"


def count(bench: Bench) -> int:
    """Return how many rules the platform brings as data."""
    return sum(len(said) for path in _files(bench) if isinstance(said := _loaded(bench, path), list))


def faults(bench: Bench) -> Iterator[Fault]:
    """Yield what is wrong with the standards and their rules; each rule is tried on its own examples."""
    if MAIN not in bench.platform.tree.modes():
        return
    try:
        main = parsed(bench.platform.tree.read(MAIN), MAIN, "platform's")
    except MlctlError as error:
        yield told(error, MAIN)
        return
    known: dict[str, str] = {}
    for path in _files(bench):
        said = _loaded(bench, path)
        if isinstance(said, MlctlError):
            yield told(said, path)
        elif not isinstance(said, list):
            yield Fault(path, 1, "must be a list of rules")
        else:
            yield from _rules(bench, main, path, said, known)
    yield from _locked(bench, main)
    yield from _settings(bench, main, set(known) | set(built_in()))
    yield from _kept(bench, set(known) | set(built_in()))


def _files(bench: Bench) -> list[str]:
    paths = bench.platform.tree.modes()
    return sorted(path for path in paths if path.startswith(f"{FOLDER}rules/") and path.endswith(".yml"))


def _loaded(bench: Bench, path: str) -> Any:
    try:
        return yaml.load(bench.platform.tree.read(path), path) or []
    except MlctlError as error:
        return error


def _rules(bench: Bench, main: Standards, path: str, said: list[Any], known: dict[str, str]) -> Iterator[Fault]:
    text = bench.platform.tree.read(path).decode("utf-8", "replace")
    for one in said:
        code = str(one.get("code", "")) if isinstance(one, dict) else ""
        alone = Standards({**main.said, "rules": [one]}, "platform's", path, text)
        try:
            rule = written(alone)[0]
        except MlctlError as error:
            yield told(error, path)
            continue
        line = next((n for n, row in enumerate(text.splitlines(), 1) if "code:" in row and code in row), 1)
        if code in known or code in built_in():
            yield Fault(path, line, f"the code {code} is taken by {known.get(code, 'a rule of mlctl')}")
        known[code] = path
        yield from (Fault(path, line, f"{code} {why}") for why in _refuted(rule, alone))


def _refuted(rule: Rule, alone: Standards) -> Iterator[str]:
    """Yield how a rule's own examples contradict it."""
    for word, examples in (("speaks on a good", rule.passes), ("is silent on a bad", rule.fails)):
        for number, example in enumerate(examples, 1):
            try:
                speaks = _speaks(rule, alone, example)
            except MlctlError as error:
                yield f"can't be tried on an example: {error.sentence}"
                return
            if speaks == (examples is rule.passes):
                yield f"{word} example of its own, number {number}"


def _speaks(rule: Rule, alone: Standards, example: Example) -> bool:
    sketch = {**example, SNAPSHOT: snapshot({**alone.said, "schema": "mlctl.standards/1"})}
    found = report([Project(Drawn(sketch))], Asked(stage="regulated", select=(rule.code,), today=DAY)).projects[0]
    return any(verdict.rule.code == rule.code for verdict in found.verdicts)


def _locked(bench: Bench, main: Standards) -> Iterator[Fault]:
    """Yield the rule that a layer over other platforms locks."""
    if bench.there and bench.there.kinds:
        return
    for path in (MAIN, *_files(bench)):
        said = [] if path == MAIN else _loaded(bench, path)
        code = locks(said if isinstance(said, list) else [], main.table("policies") if path == MAIN else {})
        if code:
            yield Fault(path, yaml.line(bench.platform.tree.read(path), code), f"locks {code}: {ONLY_FIRST}")


def _settings(bench: Bench, main: Standards, codes: set[str]) -> Iterator[Fault]:
    """Yield the settings that name a rule which is none."""
    text = bench.platform.tree.read(MAIN)
    for key in ("severities", "policies", "effective_on"):
        for code in main.table(key):
            if code not in codes:
                yield Fault(MAIN, yaml.line(text, code), f"'{key}' names {code}, and there is no such rule")


def _kept(bench: Bench, codes: set[str]) -> Iterator[Fault]:
    """Yield the promises that a unit says it keeps, and that nobody asks for."""
    for folder, unit in bench.units.items():
        for code in unit.keeps:
            if code not in codes:
                line = bench.document(folder).wrong("keeps", "").line
                yield Fault(f"{folder}/unit.yml", line, f"it keeps {code}, and there is no such rule")

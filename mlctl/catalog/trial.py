"""One case of a platform's test: rendered twice, held against stage production, compared with what it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlctl.catalog.cases import Case
from mlctl.check.report import Asked, report
from mlctl.core.ask import ask
from mlctl.core.platform import Platform
from mlctl.core.project import Drawn, Project
from mlctl.core.record import Place, record
from mlctl.core.render import Rendering, render
from mlctl.core.template import Answers, Template, Unit
from mlctl.core.tree import blob_id
from mlctl.core.units import folders, template, unit
from mlctl.tools.errors import MlctlError

STAGE = "production"


@dataclass(frozen=True)
class Trial:
    """What came of a case: `faults` in words, `tree` the id of each file, `awaiting` how many rules want evidence."""

    name: str
    told: str
    faults: tuple[str, ...]
    tree: Mapping[str, str]
    rules: int = 0
    awaiting: int = 0


def trial(platform: Platform, case: Case) -> Trial:
    """Return what comes of rendering `case` twice and checking the result; errors become faults."""
    try:
        shape = template(platform, case.kind, case.added, case.dropped)
        answers = ask(shape, dict(case.answers))
        first, second = render(shape, answers, {}), render(shape, answers, {})
        faults = [f"'{path}' is rendered differently the second time" for path in _differ(first, second)]
        faults += _markers(first)
        told, rules, awaiting = _checked(platform, shape, answers, first)
    except MlctlError as error:
        return Trial(case.name, case.told, (error.sentence,), {})
    tree = {
        path: f"{'x' if entry.executable else '-'}{blob_id(entry.data)[:12]}" for path, entry in first.files.items()
    }
    return Trial(case.name, case.told, (*faults, *told), tree, rules, awaiting)


def _differ(first: Rendering, second: Rendering) -> list[str]:
    paths = sorted(first.files.keys() | second.files.keys())
    return [path for path in paths if first.files.get(path) != second.files.get(path)]


def _markers(made: Rendering) -> list[str]:
    return [f"'{p}' holds template syntax" for p, e in sorted(made.files.items()) if b"{{ cookiecutter" in e.data]


def _checked(platform: Platform, shape: Template, answers: Answers, made: Rendering) -> tuple[list[str], int, int]:
    """Return the broken promises, how many rules looked, and how many want evidence first."""
    kept = record(shape, answers, made, [Place(platform.source.name)])
    sketch = {path: entry.data.decode("utf-8", "replace") for path, entry in made.files.items()}
    sketch |= kept.files()
    units = shape.units(answers)
    if any("uv.lock" in one.generated for one in units):
        sketch["uv.lock"] = ""  # `mlctl new` locks after it has rendered
    gone = excused(platform, units)
    found = report([Project(Drawn(sketch))], Asked(stage=STAGE)).projects[0]
    faults = [
        f"{one.rule.code} {one.path}{f':{one.line}' if one.line else ''}: {one.message}"
        for one in found.verdicts
        if one.severity != "info" and not one.waived and one.rule.code not in gone
    ]
    return faults, len(found.passed) + len(found.failed), len(found.awaiting)


def excused(platform: Platform, units: Sequence[Unit]) -> set[str]:
    """Return the codes of the rules that only what is not among `units` keeps: a platform says so by `keeps`."""
    every = {code for folder in folders(platform) for code in unit(platform, folder).keeps}
    return every - {code for one in units for code in one.keeps}


def golden(trials: list[Trial]) -> str:
    """Return the text that says what all cases render to: the cases, then each file's bytes and where they stand."""
    rows: dict[tuple[str, str], list[str]] = {}
    for one in trials:
        for path, blob in one.tree.items():
            rows.setdefault((path, blob), []).append(one.name)
    everywhere = [one.name for one in trials]
    lines = ["# What every case renders to: `mlctl platform test --regold` writes it, a review reads it."]
    lines += [f"case {one.name}: {one.told}" for one in trials]
    for (path, blob), names in sorted(rows.items()):
        lines.append(f"{path} {blob} {'all' if names == everywhere else ' '.join(names)}")
    return "\n".join(lines) + "\n"

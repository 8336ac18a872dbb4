"""From a file to a plan: what it holds, what is predicted, how it is split, what was decided."""

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from . import bars, profile, repeated, schema, table, trial
from .config import Csv
from .errors import Exit, ProjectError
from .infer import Column, Role, Told, as_words, infer, names, quoted, when, who
from .profile import Facts
from .survey import Survey, survey
from .target import Target, find

SMALL = 200
YEAR, FLOAT_YEAR = "%Y", "%Y.0"
PARTS = ["year", "month", "weekday", "hour"]


@dataclass(frozen=True)
class Asked:
    """What `data init` was told on the command line."""

    target: str
    task: str | None = None
    time: str | None = None
    group: str | None = None
    entity: str | None = None
    positive: str | None = None
    exclude: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None
    missing: tuple[str, ...] = ()


@dataclass
class Plan:
    """All that the drafts are made from."""

    survey: Survey
    csv: Csv
    columns: list[Column]
    target: Target
    params: dict[str, Any]
    gate: dict[str, Any]
    parts: dict[str, list[str]]
    told: list[Told] = field(default_factory=list)


def plan(path: Path, asked: Asked) -> Plan:
    """The plan for a file; raises for what stands in the way."""
    found = survey(path, asked.delimiter, asked.encoding)
    facts, csv = profile.columns(
        found.sample, found.csv.model_copy(update={"missing": asked.missing})
    )
    _known(facts, asked)
    named = names(facts)
    columns = {header: infer(facts[header], named[header]) for header in facts}
    counts = facts[asked.target].texts.value_counts()
    if not found.whole:
        counts = _proven(found, csv, columns, asked.target)
    target = find(columns[asked.target], counts, asked.task, asked.positive)
    _as_asked(columns, asked)
    _keys(columns, asked)
    rows = trial.rows(found, csv, columns, target)
    params = _params(columns, target, asked)
    parts = _date_parts(columns, params)
    looked = "" if found.whole else f", of the {len(found.sample)} looked at"
    holdout, told = trial.halves(rows, params, looked)
    told += trial.leaks(rows, params, columns.values(), parts) + _twins(found)
    if params["split"]["by"] == "random":
        repeated.suggest(columns.values(), found.sample)
    bar, more = bars.gate(target, list(columns.values()), holdout)
    return Plan(found, csv, list(columns.values()), target, params, bar, parts, told + more)


def _known(facts: dict[str, Facts], asked: Asked) -> None:
    told: dict[str, list[str | None]] = {}
    told |= {"--target": [asked.target], "--time": [asked.time], "--group": [asked.group]}
    told |= {"--entity": [asked.entity], "--exclude": [*asked.exclude], "--keep": [*asked.keep]}
    for flag, headers in told.items():
        for header in headers:
            if header is not None and header not in facts:
                folded = {known.casefold(): known for known in facts}
                close = get_close_matches(header.casefold(), folded, 1, 0.5)
                hint = f"did you mean {quoted(folded[close[0]])}?" if close else ""
                hint = hint or f"name one of {', '.join(facts)}"[:300]
                raise ProjectError(f"{flag}: there is no column {header or repr(header)}", hint)


def _proven(found: Survey, csv: Csv, columns: dict[str, Column], target: str) -> pd.Series:
    """Hold all rows against what a sample of them said; the counts of the target's values."""
    counts, first = pd.Series(dtype="int64"), 0
    gaps = dict.fromkeys(columns, 0)
    for part in table.parts(found.path, csv):
        for header, column in columns.items():
            values = part[header]
            gaps[header] += int(values.isna().sum())
            if column.role != "out" and header != target:
                _holds(column, part, csv, first)
        counts = counts.add(part[target].dropna().astype(str).value_counts(), fill_value=0)
        first += len(part)
    for header, column in columns.items():
        column.facts = replace(column.facts, gaps=gaps[header])
        if gaps[header] and column.kind in ("int", "bool"):
            column.kind = "Int64" if column.kind == "int" else "boolean"
    return counts.astype("int64")


def _holds(column: Column, part: pd.DataFrame, csv: Csv, first: int) -> None:
    """Loosen the column where a row breaks it: whole numbers to numbers, these to words."""
    asked = [replace(trial.typing(column), nullable=True)]
    try:
        values = schema.typed(table.unsigned(part[[column.facts.header]], asked, csv), asked, first)
    except ProjectError as error:
        if column.kind in ("int", "Int64"):
            column.kind = "float"
            _holds(column, part, csv, first)
            return
        column.tell(error.sentence.partition(", ")[2], "mixed: read as words", "mend the file")
        column.kind, column.check, column.format = "str", "", ""
        as_words(column)
        return
    if column.check and values[column.name].min() < 0:
        column.check = ""


def _as_asked(columns: dict[str, Column], asked: Asked) -> None:
    for header in asked.exclude:
        columns[header].leave("asked for by `--exclude`", "-")
    for header in asked.keep:
        column = columns[header]
        if column.role == "out" and not column.facts.known.empty and not column.facts.nested:
            column.take("feature")
            column.tell(
                "-", "kept, as asked for by `--keep`", f"params.yml: allow_leak: [{column.name}]"
            )


def _keys(columns: dict[str, Column], asked: Asked) -> None:
    """Give time, entity and group their parts, as asked or guessed."""
    for header in (asked.entity, asked.group):
        if header and (gaps := columns[header].facts.missing):
            hint = "name a column without gaps"
            raise ProjectError(f"{gaps} rows have no {header}", hint, Exit.CANNOT)
    parts: dict[Role, str | None]
    parts = {"time": asked.time, "entity": asked.entity, "group": asked.group}
    for role, header in parts.items():
        if header:
            columns[header].take(role)
    if asked.time:
        _dated(columns[asked.time])
    elif len(clocks := when(columns.values())) == 1:
        figure, done = "the only dates without gaps", "a guess: they say when a row was known"
        clocks[0].tell(figure, done, "params.yml: `time`")
        clocks[0].role = "time"
    people = who(columns.values())
    if people and not (asked.entity or asked.group):
        facts = people[0].facts
        figure = f"{facts.distinct} different, {len(facts.known) / facts.distinct:.1f} rows each"
        done = "a guess: says whom a row is about, and its rows stay together"
        people[0].tell(figure, done, "params.yml: `entity`")
        people.pop(0).role = "entity"
    for column in people:
        column.leave("another identifier", f"{column.facts.distinct} different values")


def _dated(column: Column) -> None:
    """Make a column dates, because it was named as the time."""
    if column.kind in ("date", "datetime"):
        return
    form = FLOAT_YEAR if column.facts.texts.str.endswith(".0").any() else YEAR
    facts = replace(column.facts, form=form)
    if not profile.years(facts.texts) or facts.moments is None:
        first = facts.texts.iloc[0] if len(facts.texts) else "nothing"
        hint = "write it as YYYY-MM-DD (or a year) in the file, or leave out `--time`"
        raise ProjectError(
            f"--time: {column.facts.header} holds {first!r}, which is no date", hint, Exit.CANNOT
        )
    column.facts, column.kind, column.format, column.check = facts, "date", form, ""


def _params(columns: dict[str, Column], target: Target, asked: Asked) -> dict[str, Any]:
    roles = {column.role: column.name for column in columns.values()}
    rows = int(target.counts.sum())
    kept = [columns[h].name for h in asked.keep if columns[h].role == "feature"]
    params: dict[str, Any] = {"task": target.task, "target": target.column.name}
    if target.task == "binary":
        params |= {"positive": target.positive, "threshold": target.threshold}
    if target.merge:
        params["merge"] = target.merge
    params |= {role: roles.get(role) for role in ("time", "entity", "group")}
    out = [c.name for c in columns.values() if c.role in ("entity", "group", "time")]
    return params | {
        "exclude": out,
        "split": {"by": "random", "holdout": 0.3 if rows < SMALL else 0.2},
        "folds": 5 if rows < SMALL else 3,
        "seed": 7,
        "allow_leak": kept,
    }


def _date_parts(columns: dict[str, Column], params: dict[str, Any]) -> dict[str, list[str]]:
    """What of each date is a feature; a date of which nothing is stays out of the model's way."""
    found: dict[str, list[str]] = {}
    for column in columns.values():
        if column.role not in ("feature", "time") or column.kind not in ("date", "datetime"):
            continue
        parts = _varying(column, {other.name for other in columns.values()})
        if parts:
            found[column.name] = parts
            params["exclude"] = [name for name in params["exclude"] if name != column.name]
            are = "are features" if len(parts) > 1 else "is a feature"
            column.tell("a date", f"its {', '.join(parts)} {are}", "features.py: derive")
        elif column.role == "feature":
            column.leave("a date whose parts do not vary", "a date")
    return found


def _varying(column: Column, taken: set[str]) -> list[str]:
    """The parts of a date that are worth a feature; a year would only tell rows of one time."""
    moments = column.facts.moments
    if moments is None or column.format in (YEAR, FLOAT_YEAR):
        return []
    parts = PARTS[1:] if column.role == "time" else PARTS
    parts = [part for part in parts if f"{column.name}_{part}" not in taken]
    return [part for part in parts if getattr(moments[1].dt, part).nunique() > 1]


def _twins(found: Survey) -> list[Told]:
    rows = found.sample
    words = [name for name in rows if rows[name].dtype == object]
    twins = int(rows.astype(dict.fromkeys(words, str)).duplicated().sum())
    if not twins:
        return []
    where = "" if found.whole else f" of the {len(rows)} looked at"
    done = "kept: some will stand on both sides of the split"
    return [Told("(rows)", f"{twins} rows{where} are there twice", done, "data.py")]

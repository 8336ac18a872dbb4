"""From a file to drafts: what it holds, what is predicted, how it is split, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from . import bars, profile, schema, table
from .config import Csv, Params
from .errors import Exit, ProjectError
from .evaluate import encode, quiet
from .infer import Column, Told, infer, names, quoted, when, who
from .profile import Facts
from .schema import Type, label, plain
from .split import SAMPLE, Split, folds, perfect, split, sums
from .survey import Survey, survey
from .target import Target, find

TYPES: dict[str, Type] = {"int": "integer", "Int64": "integer", "float": "number", "str": "string",
                          "bool": "boolean", "boolean": "boolean", "date": "date", "datetime": "datetime"}  # fmt: skip
LEAK, ROUNDS, SMALL = 0.99, 8, 200
YEAR = "%Y"


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
    facts, csv = profile.columns(found.sample, found.csv.model_copy(update={"missing": asked.missing}))
    _known(facts, asked)
    named = names(facts)
    columns = {header: infer(facts[header], named[header]) for header in facts}
    counts = facts[asked.target].texts.value_counts()
    if not found.whole:
        counts = _proven(found, csv, columns, asked.target)
    target = find(columns[asked.target], counts, asked.task, asked.positive)
    _as_asked(columns, asked)
    told = _keys(columns, asked)
    rows = _rows(found, csv, columns, target)
    params = _params(columns, target, asked)
    parts = _date_parts(columns, params)
    holdout, more = _split(rows, params, columns)
    told += more + _leaks(rows, params, columns, target, parts, asked)
    told += _twins(found)
    bar, more = bars.gate(target, list(columns.values()), holdout, target.column.name)
    return Plan(found, csv, list(columns.values()), target, params, bar, parts, told + more)


def _known(facts: dict[str, Facts], asked: Asked) -> None:
    told = {"--target": [asked.target], "--time": [asked.time], "--group": [asked.group],
            "--entity": [asked.entity], "--exclude": asked.exclude, "--keep": asked.keep}  # fmt: skip
    for flag, headers in told.items():
        for header in headers:
            if header and header not in facts:
                close = get_close_matches(header, facts, 1, 0.5)
                hint = f"did you mean {quoted(close[0])}?" if close else f"name one of {', '.join(facts)}"
                raise ProjectError(f"{flag}: there is no column {header}", hint[:300])


def _column(column: Column) -> schema.Column:
    nullable = column.nullable or column.role == "target"
    return schema.Column(column.name, TYPES[column.kind], column.alias, nullable, format=column.format or None)


def _proven(found: Survey, csv: Csv, columns: dict[str, Column], target: str) -> pd.Series:
    """Hold every row of a file that was sampled against what the sample said; the target's counts."""
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
        column.kind = {"int": "Int64", "bool": "boolean"}.get(column.kind, column.kind) if gaps[header] else column.kind  # type: ignore[assignment]
    return counts.astype("int64")


def _holds(column: Column, part: pd.DataFrame, csv: Csv, first: int) -> None:
    asked = [replace(_column(column), nullable=True)]
    try:
        values = schema.typed(table.unsigned(part[[column.facts.header]], asked, csv), asked, first)
    except ProjectError as error:
        column.tell(error.sentence.partition(", ")[2], "mixed: read as words", "mend the file")
        column.kind, column.check, column.format = "str", "", ""
        return
    if column.check and values[column.name].min() < 0:
        column.check = ""


def _as_asked(columns: dict[str, Column], asked: Asked) -> None:
    for header in asked.exclude:
        columns[header].leave("asked for by `--exclude`", "-")
    for header in asked.keep:
        column = columns[header]
        if column.role == "out" and not column.facts.known.empty and not column.facts.nested:
            column.role, column.why = "feature", ""
            column.told = [t for t in column.told if not t.done.startswith("left out")]
            column.tell("-", "kept, as asked for by `--keep`", f"params.yml: allow_leak: [{column.name}]")


def _keys(columns: dict[str, Column], asked: Asked) -> list[Told]:
    """Give time, entity and group their parts, as asked or guessed; what was decided."""
    told: list[Told] = []
    for header, role in ((asked.time, "time"), (asked.entity, "entity"), (asked.group, "group")):
        if header:
            columns[header].role = role  # type: ignore[assignment]
            if columns[header].facts.missing and role != "time":
                raise ProjectError(f"{columns[header].facts.missing} rows have no {header}", "name a column without gaps", Exit.CANNOT)
    if asked.time:
        _dated(columns[asked.time])
    elif len(clocks := when(columns.values())) == 1:
        clocks[0].role = "time"
        clocks[0].tell("the only dates without gaps", "a guess: says when a row was known", "params.yml: `time`")
    people = who(columns.values())
    if people and not (asked.entity or asked.group):
        first = people[0]
        first.role = "entity"
        repeats = len(first.facts.known) / first.facts.distinct
        figure = f"{first.facts.distinct} different, {repeats:.1f} rows each"
        first.tell(figure, "a guess: says whom a row is about, and its rows stay together", "params.yml: `entity`")
        people = people[1:]
    for column in people:
        if column.kind == "str" or asked.entity or asked.group:
            column.leave("another identifier", f"{column.facts.distinct} different values")
    return told


def _dated(column: Column) -> None:
    """Make a column dates, because it was named as the time."""
    if column.kind in ("date", "datetime"):
        return
    facts = replace(column.facts, form=YEAR)
    if not facts.texts.str.fullmatch(r"(1[89]|20|21)\d\d").all() or facts.moments is None:
        first = facts.texts.iloc[0] if len(facts.texts) else "nothing"
        hint = "write it as YYYY-MM-DD (or a year) in the file, or leave out `--time`"
        raise ProjectError(f"--time: {column.facts.header} holds {first!r}, which is no date", hint, Exit.CANNOT)
    column.facts, column.kind, column.format, column.check = facts, "date", YEAR, ""


def _rows(found: Survey, csv: Csv, columns: dict[str, Column], target: Target) -> pd.DataFrame:
    """The rows that have a target, typed as the drafted contract will type them."""
    kept = [_column(column) for column in columns.values() if column.role != "out"]
    sample = found.sample.replace(list(csv.missing), float("nan")) if csv.missing else found.sample
    rows = schema.typed(table.unsigned(sample, kept, csv), kept)
    name = target.column.name
    rows = rows[rows[name].notna()].reset_index(drop=True)
    whole = {"int": "int64", "Int64": "int64", "bool": "bool", "boolean": "bool"}
    if target.task != "regression" and target.column.kind in whole:
        rows = rows.astype({name: whole[target.column.kind]})
    into = {old: new for new, olds in target.merge.items() for old in olds}
    if into:
        rows[name] = [into.get(label(value), label(value)) for value in rows[name]]
    return rows


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
        moments = column.facts.moments
        parts = [] if moments is None else [
            part for part in ("year", "month", "weekday", "hour")
            if getattr(moments[1].dt, part).nunique() > 1 and not (part == "year" and column.role == "time")
        ]  # fmt: skip
        if column.format == YEAR:
            parts = []
        parts = [part for part in parts if f"{column.name}_{part}" not in params]
        if parts:
            found[column.name] = parts
            params["exclude"] = [name for name in params["exclude"] if name != column.name]
            column.tell("a date", f"its {', '.join(parts)} are features", "features.py: derive")
        elif column.role == "feature":
            column.leave("a date without parts that vary", "a date")
    return found


def _split(rows: pd.DataFrame, params: dict[str, Any], columns: dict[str, Column]) -> tuple[pd.DataFrame, list[Told]]:
    """The rows held out; the way of splitting that works goes into the params."""
    told: list[Told] = []
    ways = [("time", params["time"]), ("group", params["group"] or params["entity"]), ("random", "(rows)")]
    for by, column in ways:
        if not column:
            continue
        params["split"]["by"] = by
        try:
            parts = _tried(rows, Params.model_validate(params))
        except ProjectError as error:
            told.append(Told(str(column), error.sentence, f"not split by {by}", "params.yml: `split`"))
            continue
        figure = f"{len(parts.train)} to learn from, {len(parts.holdout)} held out"
        told.append(Told("(split)", figure, f"split by {by}" + ("" if by == "random" else f", {column}"), "params.yml: `split`"))
        return parts.holdout, told
    raise ProjectError(told[-1].figure, "give more rows, or another --target", Exit.CANNOT)


def _tried(rows: pd.DataFrame, params: Params) -> Split:
    from .train import find_classes

    parts = split(rows, params)
    share = len(parts.holdout) / len(rows)
    if params.split.by == "time" and not 0.08 <= share <= 0.45:
        raise ProjectError(f"so many rows share a time that {share:.0%} would be held out", "")
    classes = find_classes(parts, params)
    if classes:
        seen = [set(map(label, part[params.target])) for part in (parts.train, parts.holdout)]
        if min(map(len, seen)) < 2:
            raise ProjectError("one side would hold a single class", "")
    if len(parts.train) < 2 * params.folds or not list(folds(parts.train, params)):
        raise ProjectError(f"{len(rows)} rows are too few to split", "")
    return parts


def _leaks(
    rows: pd.DataFrame, params: dict[str, Any], columns: dict[str, Column], target: Target,
    parts: dict[str, list[str]], asked: Asked,
) -> list[Told]:
    """Leave out what tells the target on its own, as the leakage doctor would find it."""
    named = {column.name: column for column in columns.values()}
    kept = {columns[header].name for header in asked.keep}
    told: list[Told] = []
    for _ in range(ROUNDS):
        found = _suspects(rows, params, target, parts)
        for name, sentence in found:
            if name in named and name not in kept:
                named[name].leave("a leak: it tells the target", sentence)
            elif name not in named:
                date, _, part = name.rpartition("_")
                parts[date] = [p for p in parts[date] if p != part]
                told.append(Told(name, sentence, "no feature: a leak", "features.py: derive"))
        rows = rows.drop(columns=[name for name, _ in found if name in rows and name not in kept])
        if not [name for name, _ in found if name not in kept]:
            break
    features = [n for n in rows if n not in (target.column.name, *params["exclude"])]
    if not features:
        why = next((f"{c.facts.header} {c.why}" for c in columns.values() if c.role == "out"), "no column is left")
        hint = "`--keep COLUMN` keeps one, if you know better"
        raise ProjectError(f"nothing is left to predict {asked.target} from: {why}", hint, Exit.CANNOT)
    return told


def _suspects(
    rows: pd.DataFrame, params: dict[str, Any], target: Target, parts: dict[str, list[str]]
) -> list[tuple[str, str]]:
    settings = Params.model_validate(params)
    train = split(rows, settings).train
    train = train.sample(min(SAMPLE, len(train)), random_state=settings.seed)
    inputs = [n for n in train if n not in (settings.target, *settings.exclude)]
    features = train[inputs].assign(
        **{f"{d}_{p}": getattr(train[d].dt, p) for d, found in parts.items() for p in found if d in train}
    )
    features = plain(features)
    classes = sorted(train[settings.target].unique().tolist()) if target.task != "regression" else []
    truth = encode(train[settings.target], classes)
    with quiet():
        found = [*perfect(features, truth, bool(classes), LEAK), *sums(features, truth, bool(classes))]
    return [(finding.column, finding.sentence) for finding in found]


def _twins(found: Survey) -> list[Told]:
    hashable = found.sample.select_dtypes(exclude=[object]).columns.tolist()
    words = [c for c in found.sample if c not in hashable]
    rows = found.sample.astype({name: str for name in words})
    twins = int(rows.duplicated().sum())
    if not twins:
        return []
    where = "" if found.whole else f" of the {len(rows)} looked at"
    figure = f"{twins} rows{where} are there twice"
    return [Told("(rows)", figure, "kept: some will stand on both sides of the split", "data.py: `drop_duplicates`")]


def left_out(columns: Sequence[Column]) -> list[Column]:
    """The columns that no draft uses."""
    return [column for column in columns if column.role == "out"]

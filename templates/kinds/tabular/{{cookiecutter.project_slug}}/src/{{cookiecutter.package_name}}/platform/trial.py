"""The drafts on trial before they are written: rows as they will be typed, splits, leaks."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from . import schema, table
from .config import Csv, Params
from .errors import Exit, ProjectError
from .evaluate import encode, quiet
from .infer import Column, Told
from .schema import Type, label, plain
from .split import SAMPLE, Split, folds, perfect, split, sums
from .survey import Survey
from .target import Target
from .train import find_classes

TYPES: dict[str, Type] = {
    "int": "integer",
    "Int64": "integer",
    "float": "number",
    "str": "string",
    "bool": "boolean",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
LEAK, ROUNDS = 0.99, 8
LINE = "params.yml: `split`"


def typing(column: Column) -> schema.Column:
    """The column as files are typed by it."""
    nullable = column.nullable or column.role == "target"
    return schema.Column(
        column.name, TYPES[column.kind], column.alias, nullable, format=column.format or None
    )


def rows(found: Survey, csv: Csv, columns: dict[str, Column], target: Target) -> pd.DataFrame:
    """The rows that have a target, typed as the drafted contract will type them."""
    kept = [typing(column) for column in columns.values() if column.role != "out"]
    sample = found.sample.replace(list(csv.missing), float("nan")) if csv.missing else found.sample
    told = schema.typed(table.unsigned(sample, kept, csv), kept)
    name = target.column.name
    told = told[told[name].notna()].reset_index(drop=True)
    whole = {"int": "int64", "Int64": "int64", "bool": "bool", "boolean": "bool"}
    if target.task != "regression" and target.column.kind in whole:
        told = told.astype({name: whole[target.column.kind]})
    into = {old: new for new, olds in target.merge.items() for old in olds}
    if into:
        told[name] = [into.get(label(value), label(value)) for value in told[name]]
    return told


def halves(
    rows: pd.DataFrame, params: dict[str, Any], looked: str = ""
) -> tuple[pd.DataFrame, list[Told]]:
    """The rows held out; the way of splitting that works goes into the params."""
    told: list[Told] = []
    ways = {"time": params["time"], "group": params["group"] or params["entity"], "random": "-"}
    for by, column in ways.items():
        if not column:
            continue
        params["split"]["by"] = by
        try:
            parts = _tried(rows, Params.model_validate(params))
        except ProjectError as error:
            told.append(Told(column, error.sentence, f"not split by {by}", LINE))
            continue
        figure = f"{len(parts.train)} to learn from, {len(parts.holdout)} held out{looked}"
        how = "by chance" if by == "random" else f"by {by}, {column}"
        return parts.holdout, [*told, Told("(split)", figure, f"split {how}", LINE)]
    raise ProjectError(told[-1].figure, "give more rows, or another --target", Exit.CANNOT)


def _tried(rows: pd.DataFrame, params: Params) -> Split:
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


def leaks(
    rows: pd.DataFrame,
    params: dict[str, Any],
    columns: Iterable[Column],
    parts: dict[str, list[str]],
) -> list[Told]:
    """Leave out what tells the target on its own, as the leakage doctor would find it."""
    named, told = {column.name: column for column in columns}, []
    for _ in range(ROUNDS):
        if not [name for name in rows if name not in (params["target"], *params["exclude"])]:
            raise _nothing_left(named)
        found = _suspects(rows, params, parts)
        if not found:
            break
        for name, sentence in found:
            if name in named:
                named[name].leave("a leak, as it tells the target", sentence)
            else:
                date, _, part = name.rpartition("_")
                parts[date] = [p for p in parts[date] if p != part]
                told.append(Told(name, sentence, "no feature: a leak", "features.py: derive"))
        rows = rows.drop(columns=[name for name, _ in found if name in rows])
    return told


def _nothing_left(columns: dict[str, Column]) -> ProjectError:
    target = next(c.facts.header for c in columns.values() if c.role == "target")
    out = [c for c in columns.values() if c.role == "out"]
    why = "; ".join(f"{c.facts.header} is left out, {c.why}" for c in out[:3])
    sentence = f"nothing is left to predict {target} from: {why or 'there is no other column'}"
    return ProjectError(sentence, "`--keep COLUMN` keeps one, if you know better", Exit.CANNOT)


def _suspects(
    rows: pd.DataFrame, params: dict[str, Any], parts: dict[str, list[str]]
) -> list[tuple[str, str]]:
    settings = Params.model_validate(params)
    train = split(rows, settings).train
    train = train.sample(min(SAMPLE, len(train)), random_state=settings.seed)
    inputs = [name for name in train if name not in (settings.target, *settings.exclude)]
    pairs = [(date, part) for date, found in parts.items() for part in found if date in train]
    dated = {f"{date}_{part}": getattr(train[date].dt, part) for date, part in pairs}
    features, known = plain(train[inputs].assign(**dated)), train[settings.target]
    classes = [] if settings.task == "regression" else sorted(known.unique().tolist())
    truth, named = encode(known, classes), bool(classes)
    with quiet():
        found = [*perfect(features, truth, named, LEAK), *sums(features, truth, named)]
    kept = settings.allow_leak
    return [(finding.column, finding.sentence) for finding in found if finding.column not in kept]

"""The files of the team, drafted: contract, settings and features."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from .infer import Column

WIDTH = 100
KINDS = {"str": "str", "int": "int", "float": "float", "bool": "bool", "Int64": '"Int64"',
         "boolean": '"boolean"', "date": "pa.Date", "datetime": '"datetime64[ns]"'}  # fmt: skip
HEAD = '''\
"""What the data must look like: read by loading, checking, training and the API's request model.

Drafted by `data init`. Every `pii` is a guess from names and values: only columns that say False
may be logged, so confirm each. Lines behind a # were left out for the reason above them.
"""

import pandera.pandas as pa

CONTRACT = pa.DataFrameSchema(
    {
'''
FEATURES = '''\
"""Features: one row in, one row out. Training, batch and the API all run this function."""

import pandas as pd


def derive(rows: pd.DataFrame) -> pd.DataFrame:
    """{doc}"""
    {body}
'''
DATES = {"year": "year", "month": "month", "weekday": "weekday", "hour": "hour"}


def contract(columns: Sequence[Column], classes: Sequence[Any]) -> str:
    """The text of contracts.py."""
    lines, why = [], ""
    for column in sorted(columns, key=lambda c: c.role == "out"):
        out = column.role == "out"
        if out and column.why != why:
            lines.append(f"        # left out, {column.why}")
            why = column.why
        found = _entry(column, classes if column.role == "target" else ())
        lines += (
            [_noqa(f"        # {found}")] if out else _wrapped(found, _arguments(column, classes))
        )
    return HEAD + "\n".join(lines) + "\n    },\n    coerce=True,\n)\n"


def _arguments(column: Column, classes: Sequence[Any]) -> list[str]:
    found = [KINDS[column.kind]]
    if column.role == "target" and classes and column.kind not in ("bool", "boolean"):
        found.append(f"pa.Check.isin({_list(classes)})")
    elif column.check and column.role != "target":
        found.append(column.check)
    if column.nullable:
        found.append("nullable=True")
    metadata: dict[str, Any] = {"alias": column.alias} if column.alias else {}
    metadata |= {"format": column.format} if column.format else {}
    metadata |= {"pii": column.pii}
    pairs = ", ".join(f"{_text(key)}: {_literal(value)}" for key, value in metadata.items())
    return [*found, f"metadata={{{pairs}}}"]


def _entry(column: Column, classes: Sequence[Any]) -> str:
    return f"{_text(column.name)}: pa.Column({', '.join(_arguments(column, classes))}),"


def _wrapped(entry: str, arguments: list[str]) -> list[str]:
    """An entry in the form that `ruff format` gives it."""
    pad = "        "
    if len(pad + entry) <= WIDTH:
        return [pad + entry]
    start, body = entry.partition("(")[0] + "(", ", ".join(arguments)
    if len(pad) + 4 + len(body) <= WIDTH:
        return [pad + start, f"{pad}    {body}", f"{pad}),"]
    lines = [line for a in arguments for line in _split(pad + "    ", a + ",")]
    return [pad + start, *lines, f"{pad}),"]


def _split(pad: str, argument: str) -> list[str]:
    """An argument that is too long: what stands in its brackets goes to lines of its own."""
    if len(pad + argument) <= WIDTH:
        return [pad + argument]
    cut = argument.find("[") if "isin" in argument else argument.find("{")
    head, inner, tail = argument[: cut + 1], argument[cut + 1 : -2], argument[-2:]
    if "isin" in argument:
        body = argument[cut:-2]
        if len(pad) + 4 + len(body) <= WIDTH:
            return [f"{pad}pa.Check.isin(", f"{pad}    {body}", f"{pad}),"]
        items = [_noqa(f"{pad}        {item},") for item in _items(body[1:-1])]
        return [f"{pad}pa.Check.isin(", f"{pad}    [", *items, f"{pad}    ]", f"{pad}),"]
    return [pad + head, *(_noqa(f"{pad}    {item},") for item in _items(inner)), pad + tail]


def _items(inner: str) -> list[str]:
    """The parts between the commas that stand in no quotes."""
    found, start, quote, escaped = [], 0, "", False
    for place, letter in enumerate(inner):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == ",":
            found.append(inner[start:place].strip())
            start = place + 1
    return [*found, inner[start:].strip()]


def _noqa(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line}  # noqa: E501"


def _text(value: str) -> str:
    """A text in the quotes that `ruff format` prefers."""
    if '"' in value and "'" not in value:
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def _literal(value: Any) -> str:
    return _text(value) if isinstance(value, str) else repr(value)


def _list(values: Sequence[Any]) -> str:
    return f"[{', '.join(_literal(value) for value in values)}]"


def flow(value: Any) -> str:
    """A value on one line of YAML."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("...").removesuffix("\n")


def _told(*lines: tuple[str, str]) -> str:
    """Lines of YAML with what is said of them, one below the other where that fits."""
    found = (f"{text:<27} # {said}" if said else text for text, said in lines)
    return "".join(f"{line.rstrip()}\n" for line in found)


def params(settings: Mapping[str, Any]) -> str:
    """The text of params.yml."""
    told = {key: f"{key}: {flow(value)}" for key, value in settings.items()}
    classes = []
    if settings["task"] == "binary":
        classes = [
            (told["positive"], "the class whose probability counts"),
            (told["threshold"], "predict `positive` from this probability on"),
            ("calibration: none", "none | sigmoid | isotonic"),
        ]
    elif settings.get("merge"):
        classes = [(told["merge"], "these classes are learnt as one")]
    by, holdout = settings["split"]["by"], settings["split"]["holdout"]
    return "# Drafted by `data init`.\n" + _told(
        (told["task"], "binary | multiclass | regression"),
        (told["target"], ""),
        *classes,
        ("", ""),
        (told["time"], "when a row was known"),
        (told["entity"], "whom a row is about, where rows repeat"),
        (told["group"], "rows of a group never stand on both sides of a split"),
        (told["exclude"], "neither the model nor the API sees these"),
        ("", ""),
        (f"split: {{by: {by}, holdout: {holdout}}}", "time | group | random"),
        (told["folds"], ""),
        (told["seed"], ""),
        (told["allow_leak"], "features the leakage doctor shall let pass"),
    )


def features(parts: Mapping[str, Sequence[str]]) -> str:
    """The text of features.py; `parts` are what is taken of each date."""
    pairs = [(f"{name}_{part}", name, part) for name, found in parts.items() for part in found]
    if not pairs:
        return FEATURES.format(
            doc="The model's features: the rows as they are.", body="return rows"
        )
    lines = [f"        {new}=rows[{_text(name)}].dt.{DATES[part]}," for new, name, part in pairs]
    body = "\n".join(["return rows.assign(", *map(_noqa, lines), "    )"])
    return FEATURES.format(doc="The model's features; of dates it takes these parts.", body=body)


def gate(settings: Mapping[str, Any]) -> str:
    """The text of gate.yml."""
    slices, metric = settings["slices"], settings["metric"]
    judged = "judged against guessing there; `floor` asks for more"
    judged = judged if slices.get("tolerance") else "told, not judged; `floor` judges them"
    judged = judged if slices["columns"] else "no column has few values, each with enough rows"
    head = (
        "# Drafted by `data init`: no floor is absolute, since only you know what is good enough.\n"
    )
    return head + _told(
        (f"metric: {metric}", "candidates are chosen, and champions compared, by this"),
        ("floors: {}", f"`{{{metric}: …}}` once you know what is good enough"),
        (f"baseline: {flow(settings['baseline'])}", settings["why"]),
        (f"champion: {flow(settings['champion'])}", ""),
        (f"slices: {flow(slices)}", judged),
        (f"latency: {flow(settings['latency'])}", ""),
    )


def datasets(name: str, settings: Mapping[str, Any], personal: Sequence[str]) -> str:
    """The text of datasets.yml; `personal` are the columns that look so."""
    guess = f"a guess: {', '.join(personal[:5])}" if personal else "a guess, from names and values"
    csv = [(f"    csv: {flow(settings['csv'])}", "")] if settings["csv"] else []
    head = "# Drafted by `data init`: the file stays where it is, only its sum is kept.\n"
    return head + _told(
        (f"training: {flow(name)}", ""),
        ("datasets:", ""),
        (f"  {flow(name)}:", ""),
        (f"    uri: {flow(settings['uri'])}", ""),
        (f"    sha256: {settings['sha256']}", ""),
        *csv,
        ("    schema: CONTRACT", ""),
        (f"    pii: {flow(bool(personal))}", guess),
        ("    retention: P2Y", "a guess: ask whoever answers for the data"),
        ("    label_delay_days: 0", "a guess: a label is known this long after its row"),
        ("  sample:", "made up from the drafts, for CI: no row is anybody's"),
        ("    uri: data/sample.csv", ""),
        ("    schema: CONTRACT", ""),
        ("    pii: false", ""),
        ("    retention: none", ""),
        ("    synthetic: true", ""),
        (f"    stands_for: {flow(name)}", "plumbing only: never judged, never promoted"),
        ("    label_delay_days: 0", ""),
    )

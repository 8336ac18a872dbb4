"""The data card, drafted: what a file tells, and what only people can say."""

from collections.abc import Sequence

from .config import PACKAGE
from .infer import Column

CARD = """\
# Data card: {name}

What people must know before they use the data. `src/{package}/datasets.yml` says where it lies,
`contracts.py` what each column holds; both are enforced on every read. This page says what no
program can check: `data init` drafted what the file tells, and the rest is yours.

## What it is

{rows} rows, from which `{target}` is predicted. One row is: say what one row is.

| column | holds |
|---|---|
{table}

`data/sample.csv` stands for it in tests and CI: made up from the contract, about nobody.

## Where it comes from

Say who collected it, how, for what, and how it reached you.

## What is missing or wrong

Missing: {missing}. Say why, and what else is known to be wrong.

## When it is known

Say when a row is complete and when its label is known; until then `label_delay_days` in
`datasets.yml` is a guess.

## Personal data and retention

Guessed to be personal, from names and values: {personal}. Confirm each `pii` in
`contracts.py`, and how long the rows may be kept (`retention` in `datasets.yml`).

## Licence and access

Say who grants access and for which purposes.

## Owner

{owner}
"""


def card(name: str, owner: str, rows: int, columns: Sequence[Column], target: str) -> str:
    """The text of docs/DATA_CARD.md, as far as a file can tell it."""
    kept = [column for column in columns if column.role != "out"]
    table = [f"| `{column.facts.header}` | {_holds(column)} |" for column in kept]
    out = [f"| `{c.facts.header}` | left out: {c.why} |" for c in columns if c.role == "out"]
    gaps = [f"{c.facts.header} in {c.facts.missing} rows" for c in kept if c.nullable]
    personal = [column.facts.header for column in columns if column.pii]
    return CARD.format(
        package=PACKAGE,
        name=name,
        rows=rows,
        target=target,
        table="\n".join(table + out),
        missing="; ".join(gaps) or "nothing",
        personal=", ".join(personal) or "no column",
        owner=owner,
    )


def _holds(column: Column) -> str:
    said = {"str": f"{column.facts.distinct} categories", "int": "whole numbers"}
    said |= {"Int64": "whole numbers", "float": "numbers", "date": "days", "datetime": "times"}
    parts = {"target": "; the label", "time": "; when the row was known"}
    parts |= {"entity": "; whom the row is about", "group": "; rows that stay together"}
    return said.get(column.kind, "true or false") + parts.get(column.role, "")

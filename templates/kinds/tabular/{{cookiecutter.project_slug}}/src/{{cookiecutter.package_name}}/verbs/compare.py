"""The verb `compare`."""

import json as text
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..platform.compare import Comparison, Fact, Figure

RUN = "a run's id, or champion, challenger or latest"


def compare(
    first: Annotated[str, typer.Argument(help=RUN)],
    second: Annotated[str, typer.Argument(help=RUN)],
    json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Put two training runs side by side: data, code, settings, metrics, slices."""
    from ..platform.compare import compare as run
    from ..platform.config import Workspace

    found = run(Workspace.here(), first, second)
    typer.echo(text.dumps(found.document(), indent=2) if json else "\n".join(lines(found)))


def lines(found: "Comparison") -> Iterator[str]:
    """A comparison as a table."""
    yield _row("run", *found.runs)
    yield from map(_fact, found.facts)
    yield "settings that differ" if found.params else "no setting differs"
    yield from map(_fact, found.params)
    where = "the same rows held out" if found.same_holdout else "DIFFERENT rows held out"
    yield f"metrics on {where}, and the second less the first"
    yield from _figures(found.metrics)
    if found.slices:
        yield f"{found.metric} by slice"
        yield from _figures(found.slices)


def _fact(fact: "Fact") -> str:
    return _row(fact.name, fact.first, "same" if fact.same else fact.second)


def _figures(figures: "Sequence[Figure]") -> Iterator[str]:
    for each in figures:
        told = "" if each.difference is None else f"{each.difference:+.4g}"
        better = f"{each.better} is better" if each.better else ""
        yield _row(each.name, each.first, each.second, f"{told:11} {better}")


def _row(name: str, first: Any, second: Any, more: str = "") -> str:
    return f"  {name:24} {_cell(first):26} {_cell(second):26} {more}".rstrip()


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    shown = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"{shown[:12]}..." if len(shown) in (32, 40, 64) and " " not in shown else shown

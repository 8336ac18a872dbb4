"""The model card of a bundle: figures only, the human part stays in the repository."""

from collections.abc import Iterator, Sequence

from .bundle import Manifest
from .evaluate import Bin, Evaluation
from .importance import Importance
from .schema import Request, figure, label
from .threshold import Choice


def card(
    manifest: Manifest,
    request: Request,
    judged: Evaluation,
    chosen: str,
    importances: Sequence[Importance] = (),
    choice: Choice | None = None,
) -> str:
    """The text of card.md."""
    data = manifest.data
    classes = f" ({', '.join(map(label, manifest.classes))})" if manifest.classes else ""
    span = f", {data['time_min']} to {data['time_max']}" if data["time_min"] else ""
    return "\n".join(
        [
            f"# {manifest.name}",
            "",
            f"Predicts `{manifest.target}`: {manifest.task}{classes}, by {chosen}.",
            f"Trained on {data['name']} ({data['rows']} rows{span}).",
            "",
            f"## On {judged.rows} rows held out",
            "",
            "| metric | model | naive guess |",
            "|---|---|---|",
            *(
                f"| {name} | {figure(value)} | {_figure(judged.baseline.get(name))} |"
                for name, value in judged.metrics.items()
            ),
            "",
            *_decision(manifest, choice),
            *_reliability(manifest, judged.reliability),
            *_slices(judged),
            *_importances(judged, importances),
            "## Inputs",
            "",
            *(f"- `{c.header}` {c.type}{_told(c.description)}" for c in request.columns),
            "",
        ]
    )


def _decision(manifest: Manifest, choice: Choice | None) -> Iterator[str]:
    if manifest.task != "binary":
        return
    yield from ("## Decision", "")
    yield f"`{label(manifest.classes[1])}` from a probability of {manifest.threshold:.4g} on."
    if choice:
        yield from ("", *(f"- {sentence.strip()}" for sentence in choice.sentences()))
    yield ""


def _reliability(manifest: Manifest, bins: Sequence[Bin]) -> Iterator[str]:
    if not bins:
        return
    what = f"`{label(manifest.classes[1])}`" if manifest.task == "binary" else "the predicted class"
    yield from ("## Reliability", "", f"Of {what}:", "")
    yield from ("| rows | probability told | share seen |", "|---|---|---|")
    yield from (f"| {each.rows} | {each.told:.3f} | {each.seen:.3f} |" for each in bins)
    yield ""


def _slices(judged: Evaluation) -> Iterator[str]:
    if not judged.slices:
        return
    yield from (f"## Slices ({judged.metric})", "", "| slice | rows | value |", "|---|---|---|")
    for part in judged.slices:
        yield f"| {part.column} = {part.name} | {part.rows} | {_figure(part.value)} |"
    yield ""


def _importances(judged: Evaluation, importances: Sequence[Importance]) -> Iterator[str]:
    if not importances:
        return
    yield from ("## Importance", "")
    yield f"By how much {judged.metric} gets worse when a column is shuffled in the hold-out."
    yield "Columns that tell the same story share their importance."
    yield from ("", "| column | worse by | spread |", "|---|---|---|")
    yield from (f"| {i.column} | {i.worse:.4f} | {i.spread:.4f} |" for i in importances)
    yield ""


def _figure(value: float | None) -> str:
    return "-" if value is None else figure(value)


def _told(description: str) -> str:
    return f": {description}" if description else ""

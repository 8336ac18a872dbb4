"""The model card that travels in a bundle: figures only, the human part stays in the repository."""

from .bundle import Manifest
from .evaluate import Evaluation
from .schema import Request, label


def card(manifest: Manifest, request: Request, judged: Evaluation, chosen: str) -> str:
    """The card as Markdown."""
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
                f"| {name} | {value:.4g} | {_number(judged.baseline.get(name))} |"
                for name, value in judged.metrics.items()
            ),
            "",
            f"## Slices ({judged.metric})",
            "",
            "| slice | rows | value |",
            "|---|---|---|",
            *(f"| {s.column} = {s.name} | {s.rows} | {_number(s.value)} |" for s in judged.slices),
            "",
            "## Inputs",
            "",
            *(f"- `{c.header}` {c.type}{_told(c.description)}" for c in request.columns),
            "",
        ]
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _told(description: str) -> str:
    return f": {description}" if description else ""

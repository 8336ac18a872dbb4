"""The verb `evaluate`."""

import typer


def evaluate() -> None:
    """Score the challenger on the hold-out again: metrics, naive guess, slices."""
    from ..platform import bundle, config
    from ..platform.config import Workspace
    from ..platform.datasets import training
    from ..platform.split import split
    from ..platform.train import judge

    workspace, params = Workspace.here(), config.params()
    found = training(workspace.root)
    parts = split(found.rows, params, found.settings.label_delay_days)
    model = bundle.load(workspace.challenger)
    judged = judge(parts, params, model.manifest.classes, model.outputs(parts.holdout))
    typer.echo(f"{judged.rows} rows held out")
    for name, value in judged.metrics.items():
        guess = judged.baseline.get(name)
        told = "" if guess is None else f"   by guessing {guess:.4g}"
        typer.echo(f"  {name:24} {value:.4g}{told}")
    for part in judged.slices:
        told = "not defined" if part.value is None else f"{part.value:.4g}"
        typer.echo(f"  {part.column} = {part.name} ({part.rows} rows)  {judged.metric} {told}")

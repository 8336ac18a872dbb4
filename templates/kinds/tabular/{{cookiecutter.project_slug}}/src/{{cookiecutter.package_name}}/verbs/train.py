"""The verb `train`."""

import typer


def train() -> None:
    """Train on the data and leave a challenger in build/challenger."""
    from ..platform.config import Workspace
    from ..platform.train import train as run

    found = run(Workspace.here())
    for finding in found.findings:
        typer.echo(f"{finding.level}: {finding.sentence}", err=True)
    for name, value in found.cross_validation.items():
        chosen = "  <- chosen" if name == found.chosen else ""
        typer.echo(f"{found.evaluation.metric} {value:.4f} in cross-validation: {name}{chosen}")
    metric = found.evaluation.metric
    value, naive = found.evaluation.metrics[metric], found.evaluation.baseline[metric]
    typer.echo(f"{metric} {value:.4f} on the hold-out, {naive:.4f} by guessing")
    typer.echo("next: gate, then promote")

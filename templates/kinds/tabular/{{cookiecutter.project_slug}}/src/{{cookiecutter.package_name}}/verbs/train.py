"""The verb `train`."""

import typer

SHOWN = 8


def train() -> None:
    """Train on the data and leave a challenger in build/challenger."""
    from ..platform.backends import LOCAL
    from ..platform.config import Workspace
    from ..platform.errors import COMMAND
    from ..platform.schema import figure
    from ..platform.train import train as run

    found = run(Workspace.here())
    for finding in found.findings:
        typer.echo(f"{finding.level}: {finding.sentence}", err=True)
    if found.where != LOCAL.name:
        typer.echo(f"cross-validated on {found.where}")
    for name, value in found.cross_validation.items():
        chosen = "  <- chosen" if name == found.chosen else ""
        typer.echo(f"{found.evaluation.metric} {value:.4f} in cross-validation: {name}{chosen}")
    judged = found.evaluation
    typer.echo(f"{judged.rows} rows held out")
    for name, value in judged.metrics.items():
        guess = judged.baseline.get(name)
        told = "" if guess is None else f"by guessing {figure(guess)}"
        typer.echo(f"  {name:24} {figure(value):10} {told}".rstrip())
    for sentence in found.choice.sentences() if found.choice else ():
        typer.echo(sentence)
    if found.importances:
        typer.echo(f"{judged.metric} gets worse when a column is shuffled")
    for each in found.importances[:SHOWN]:
        typer.echo(f"  {each.column:24} {each.worse:<10.4f} +- {each.spread:.4f}")
    if judged.slices:
        typer.echo(f"{judged.metric} by slice")
    for part in judged.slices:
        told = "not defined" if part.value is None else figure(part.value)
        typer.echo(f"  {f'{part.column} = {part.name}':24} {told:10} {part.rows} rows")
    typer.echo(f"run {found.manifest.run_id}")
    typer.echo(f"next: {COMMAND} gate")

"""The verb `data`, and beside it the verbs `data init` and `data profile`."""

import typer


def data(ctx: typer.Context) -> None:
    """Hold the data against the contract and look for leaks (exit 3)."""
    if ctx.invoked_subcommand:
        return
    from ...platform import config, evaluate, split
    from ...platform.config import Workspace
    from ...platform.datasets import training
    from ...platform.errors import COMMAND
    from ...platform.train import feature_names, find_classes

    params = config.params()
    evaluate.check_gate(params.task, config.gate())
    found = training(Workspace.here().root)
    typer.echo(f"{found.name}: {len(found.rows)} rows keep the contract; sha256: {found.sha256}")
    if found.untold:
        typer.echo(f"{found.untold} rows without {params.target} are left out")
    parts = split.split(found.rows, params, found.settings.label_delay_days)
    late = f", {parts.late} left out because their label came later" if parts.late else ""
    typer.echo(f"{len(parts.train)} rows to train on, {len(parts.holdout)} held out{late}")
    names, classes = feature_names(params, list(found.rows.columns)), find_classes(parts, params)
    findings = split.examine(parts, params, names, classes)
    for finding in findings:
        typer.echo(f"{finding.level}: {finding.sentence}\n   hint: {finding.hint}")
    split.refuse(findings)
    typer.echo(f"next: {COMMAND} train")

"""The verb `gate`."""

from enum import StrEnum
from typing import Annotated

import typer


class Mode(StrEnum):
    """What is asked of the challenger."""

    FULL = "full"
    SMOKE = "smoke"
    CHAMPION = "champion"


MARKS = {True: "pass", False: "FAIL", None: "  - "}


def gate(
    mode: Annotated[
        Mode, typer.Option(help="smoke: plumbing only; champion: the one in force, once more")
    ] = Mode.FULL,
) -> None:
    """Say whether the challenger may become the champion, and why not (exit 20)."""
    from ..platform import gate as platform
    from ..platform.config import Workspace
    from ..platform.errors import COMMAND
    from ..platform.smoke import smoke

    workspace = Workspace.here()
    if mode is Mode.SMOKE:
        typer.echo(f"smoke: {smoke(workspace)} rows scored; nothing is said of quality")
        return
    reigns = mode is Mode.CHAMPION
    verdict = (platform.judge_champion if reigns else platform.judge_challenger)(workspace)
    for check in verdict.checks:
        typer.echo(f"{MARKS[check.passed]}  {check.name:9} {check.sentence}")
    if not verdict.passed:
        raise verdict.error
    if not reigns:
        typer.echo(f"next: {COMMAND} promote")

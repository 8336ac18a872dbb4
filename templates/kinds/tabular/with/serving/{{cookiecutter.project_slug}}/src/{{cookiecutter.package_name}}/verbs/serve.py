"""The verb `serve`."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ..platform.errors import COMMAND, Exit, ProjectError


def serve(
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one")] = 8000,
    bundle: Annotated[Path | None, typer.Option(help="build/champion if left out")] = None,
) -> NoReturn:
    """Serve the champion over HTTP, under its own code, until Ctrl-C or SIGTERM."""
    from ..platform.config import Workspace

    folder = (bundle or Workspace.here().champion).resolve()
    module, source = f"{_package(folder)}.platform.serve", folder / "source"
    if not source.joinpath(*module.split(".")).with_suffix(".py").is_file():
        sentence = f"{folder} was made before this project could serve"
        hint = f"run `{COMMAND} train`, then `{COMMAND} promote`"
        raise ProjectError(sentence, hint, Exit.CANNOT)
    # -P: no folder of the project shall hide the bundle's code. It is verified while it loads.
    command = [sys.executable, "-P", "-m", module, "--bundle", str(folder)]
    own = {"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    os.execve(command[0], [*command, "--host", host, "--port", str(port)], os.environ | own)


def _package(folder: Path) -> str:
    try:
        return str(json.loads((folder / "MANIFEST.json").read_bytes())["package"])
    except (OSError, ValueError, KeyError, TypeError):
        hint = f"run `{COMMAND} train`, then `{COMMAND} promote`"
        raise ProjectError(f"there is no champion in {folder}", hint, Exit.CANNOT) from None

"""The rehearsal: the whole loop in a workspace of its own; each file here adds steps."""

import importlib
import json
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..config import PACKAGE, Workspace
from ..datasets import Data, rehearsal
from ..errors import COMMAND


@dataclass
class Context:
    """What the steps share: workspace, data, the lines of the table, what to stop at the end."""

    workspace: Workspace
    stop: ExitStack
    lines: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    given: Data | None = None

    @cached_property
    def data(self) -> Data:
        """The training data or what stands for them, loaded and checked once."""
        return self.given or rehearsal(self.workspace.root)

    def tell(self, name: str, line: str, **evidence: Any) -> None:
        """Add a line to the table, and figures to the evidence."""
        self.lines[name] = line
        self.evidence[name] = evidence or line


Step = Callable[[Context], None]  # named by a noun, told by its docstring


def demo(workspace: Workspace, say: Callable[[str], None], data: Data | None = None) -> Context:
    """Every step in its order, in an empty workspace; the first that fails raises."""
    start = time.perf_counter()
    shutil.rmtree(workspace.build, ignore_errors=True)
    with ExitStack() as stop:
        context, found = Context(workspace, stop, given=data), steps()
        for number, (_, step) in enumerate(found, 1):
            say(f"{number}/{len(found)} {step.__name__}: {step.__doc__}")
            step(context)
    context.tell("seconds", f"{time.perf_counter() - start:.0f}")
    verbs = f"`{COMMAND} train`, `gate` and `promote`"
    context.tell("next", f"edit src/{PACKAGE}/features.py, then {verbs}")
    return context


def steps() -> list[tuple[int, Step]]:
    """The steps of the files in this folder, in the order they ask for."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    found = [pair for module in modules for pair in module.STEPS.items()]
    return sorted(found, key=lambda pair: pair[0])


def show(context: Context) -> None:
    """The table, on one screen."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{COMMAND} demo", show_header=False, title_justify="left")
    for name, line in context.lines.items():
        table.add_row(name, line)
    Console(width=None if sys.stdout.isatty() else 100).print(table)


def save(context: Context, path: Path) -> None:
    """The evidence as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"schema": "demo/1"} | context.evidence, indent=2) + "\n")

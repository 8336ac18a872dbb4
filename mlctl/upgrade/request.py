"""The command line of `mlctl upgrade`, `add` and `remove`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.core.platform import Platform
from mlctl.core.source import Source


@dataclass(frozen=True)
class Request:
    """The command line of `upgrade`, `add` and `remove`; `verb` names it, `layer` is the one that it is about.

    `busy` tells of what takes its time, `seen` keeps the newest version of each platform that was asked already.
    """

    here: Path
    verb: str = "upgrade"
    to: str = ""
    platform: str = ""
    said: tuple[str, ...] = ()
    ask: bool = True
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    swap: bool = False
    trust: bool = False
    hooks: bool = True
    pre: bool = False
    restore: tuple[str, ...] = ()
    diff: bool = False
    dry: bool = False
    stay: bool = False
    layer: str = ""
    ref: str = ""
    busy: Callable[[str], AbstractContextManager[object]] = field(default=nullcontext, repr=False, compare=False)
    seen: dict[Source, Platform] = field(default_factory=dict, repr=False, compare=False)

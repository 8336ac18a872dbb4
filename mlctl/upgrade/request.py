"""The command line of `mlctl upgrade`, `add` and `remove`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Request:
    """The command line of `upgrade`, `add` and `remove`; `verb` names it, `layer` is the one that it is about."""

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

"""A team's layout of a file: line ends that it converted, and ruff's format where its file is just that of the base.

ruff is one from outside the project, and what it reads of the project is its settings.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from mlctl.tools import git, programs

SECONDS = 20
LARGEST = 500_000


class Layout:
    """How the team of the project at `root` lays its files out."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def followed(self, path: str, base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bytes]:
        """Return both sides of the template laid out as the team's file is."""
        convert = converter(base, ours)
        if convert:
            base, theirs = convert(base), convert(theirs)
        if not path.endswith((".py", ".pyi")) or base in (ours, theirs) or not _same_code(base, ours):
            return base, theirs
        if self._format(path, base) != ours:
            return base, theirs
        new = self._format(path, theirs)
        return (base, theirs) if new is None else (ours, new)

    def _format(self, path: str, data: bytes) -> bytes | None:
        binary = _ruff(self.root)
        if not binary:
            return None
        asked = [binary, "format", "--quiet", "--no-cache", "--stdin-filename", str(self.root / path), "-"]
        try:
            done = programs.run(asked, self.root, env=git.environment(), data=data, seconds=SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None


def converter(base: bytes, ours: bytes) -> Callable[[bytes], bytes] | None:
    """Return how the user converted the line ends of a file, or nothing where they did not."""
    if b"\0" in base[:8000] or b"\0" in ours[:8000]:
        return None
    had, has = b"\r\n" in base, ours.count(b"\r\n") == ours.count(b"\n") > 0
    if has and not had:
        return lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if had and b"\r\n" not in ours:
        return lambda data: data.replace(b"\r\n", b"\n")
    return None


@cache
def _ruff(root: Path) -> str:
    """Return the ruff on the PATH, nothing where it is one of the project's own."""
    found = programs.find("ruff")
    return found if found and root.resolve() not in Path(found).resolve().parents else ""


def _same_code(base: bytes, ours: bytes) -> bool:
    """Tell whether two files are one program, so that only their layout may differ."""
    if max(len(base), len(ours)) > LARGEST:
        return False
    try:
        return ast.dump(ast.parse(base)) == ast.dump(ast.parse(ours))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False

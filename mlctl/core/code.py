"""A trusted template's own code: its files lie on the disk for a while, to be imported or run there."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlctl.core.template import Template
from mlctl.core.tree import EXECUTABLE, FOLDER, Folder, Part
from mlctl.core.walk import copied
from mlctl.tools.cookiecutter import is_hook, run_script
from mlctl.tools.files import Entry, write
from mlctl.tools.jinja import STOCK
from mlctl.tools.staging import temporary


@dataclass(frozen=True)
class _Taken:
    """A tree as it was found: its modes and its bytes."""

    found: dict[str, str]
    data: dict[str, bytes]

    def modes(self) -> dict[str, str]:
        return self.found

    def read(self, path: str) -> bytes:
        return self.data[path]


@contextlib.contextmanager
def importable(template: Template) -> Iterator[None]:
    """Let the template's local extensions be imported, from a copy of its files."""
    if STOCK.issuperset(template.extensions):
        yield
        return
    with _unpacked(template.units({})[0].tree) as folder:
        sys.path.append(str(folder))
        try:
            yield
        finally:
            sys.path.remove(str(folder))


def prompted(part: Part) -> Part:
    """Return the template `part` as its `pre_prompt` hook leaves a copy of it; `part` itself where it has none."""
    hooks = sorted(path for path in part.modes() if is_hook(path) == "pre_prompt")
    if not hooks:
        return part
    with _unpacked(part) as folder:
        for hook in hooks:
            run_script(hook, str(folder / hook), folder)
        tree = Folder(folder)
        modes = dict(tree.modes())
        return Part(_Taken(modes, {path: tree.read(path) for path, mode in modes.items() if mode != FOLDER}), "")


@contextlib.contextmanager
def _unpacked(part: Part) -> Iterator[Path]:
    """Yield a temporary folder, named as the template's own, with copies of its files."""
    whole, found = part.whole, list(copied(part.whole, part.folder))
    modes = whole.modes()
    files = {path: Entry(whole.read(end), modes[end] == EXECUTABLE) for path, end in found if end}
    with temporary("mlctl-template-") as root:
        folder = root / (os.path.basename(part.folder) or "template")
        folder.mkdir()
        write(folder, files, [path for path, end in found if not end])
        yield folder

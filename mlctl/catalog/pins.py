"""Resolves the packages of a platform anew: exact versions that fit together, from whichever index uv is set up for."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlctl.core.constraints import FILE, apart, environments
from mlctl.core.platform import Platform
from mlctl.core.units import catalog, unit
from mlctl.tools import programs
from mlctl.tools.errors import Invalid, Unable, printable
from mlctl.tools.files import put, replace
from mlctl.tools.git import redact
from mlctl.tools.staging import temporary
from mlctl.tools.uv import uv
from mlctl.tools.yaml import document

OLDEST = "3.11"
SECONDS = 600
FLAGS = ("--universal", "--annotation-style", "line", "--no-header", "--no-emit-index-url", "--no-emit-find-links")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


class Unresolved(Unable):
    """Packages that do not fit together, or an index that does not answer."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the packages can't be resolved: {printable(why)}", "correct a bound in platform.yml")


@dataclass(frozen=True)
class Pins:
    """The packages that were pinned, and those whose version changed: name, before, after ("" where there was none)."""

    number: int
    moved: tuple[tuple[str, str, str], ...]


def pin(platform: Platform, root: Path, upgrade: bool = False) -> Pins:
    """Write `constraints.txt` of the platform at `root`, and that of each environment apart.

    Versions stay where they fit, unless `upgrade`. Raises `Unresolved`, and `Unable` without uv.
    """
    told = platform.document or document(b"", "platform.yml")
    table = dict(told.mapping("packages", told.mapping("versions")))
    table |= told.mapping("also", told.mapping("versions"))  # what projects may add: tested along
    if not table:
        raise Invalid("platform.yml names no packages", "write them under `versions: packages:`")
    sheets = {FILE: table} | {apart(name): bounds for name, bounds in environments(told).items()}
    number, moved = 0, []
    for file, bounds in sheets.items():
        before = (root / file).read_text(encoding="utf-8") if (root / file).exists() else ""
        after = _compiled(platform, root, file, bounds, upgrade)
        replace(root / file, after.encode())
        old, new = (dict(_PIN.findall(text)) for text in (before, after))
        number += len(new)
        moved += [(name, old.get(name, ""), new.get(name, "")) for name in sorted(old.keys() | new.keys())]
    return Pins(number, tuple(row for row in moved if row[1] != row[2]))


def _compiled(platform: Platform, root: Path, file: str, bounds: dict[str, Any], upgrade: bool) -> str:
    binary = uv()
    if not binary:
        raise Unable("uv is not installed", 'install it: `pip install "mlctl[uv]"`')
    wanted = "".join(f"{name}{bound}\n" for name, bound in sorted(bounds.items()))
    with temporary() as aside:
        out = aside / file
        known = next((root / name for name in (file, FILE) if (root / name).exists()), None)
        if known and not upgrade:
            put(out, known.read_bytes())  # uv keeps the versions that it finds there
        command = [
            binary,
            "pip",
            "compile",
            "--quiet",
            *FLAGS,
            "--python-version",
            _oldest(platform),
            "-o",
            str(out),
            "-",
        ]
        _run(command, root, wanted)
        return out.read_text(encoding="utf-8")


def _run(command: list[str], root: Path, wanted: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    try:
        done = programs.run(command, root, env=environment, data=wanted.encode(), seconds=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unresolved(f"uv did not answer ({type(error).__name__})") from error
    if done.returncode:
        lines = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        raise Unresolved(redact(" ".join(lines))[:300] or "uv failed")


def _oldest(platform: Platform) -> str:
    """Return the oldest Python that a project may choose."""
    asked = [question for folder in ("base", *(f"kinds/{k}" for k in catalog(platform).kinds))
             for question in unit(platform, folder).questions if question.name == "python_version"]  # fmt: skip
    found = [str(one) for question in asked for one in (question.default if isinstance(question.default, list) else ())]
    return min(found, key=lambda one: tuple(map(int, re.findall(r"\d+", one))), default=OLDEST)

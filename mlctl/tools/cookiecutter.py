"""What we take from cookiecutter: its stock extensions, its way to run a hook, its notion of a binary file."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from mlctl.tools import programs
from mlctl.tools.errors import Unable, printable
from mlctl.tools.staging import temporary

EXTENSIONS = tuple(
    f"cookiecutter.extensions.{name}Extension" for name in ("Jsonify", "RandomString", "Slugify", "Time", "UUID")
)
HOOKS = ("pre_prompt", "pre_gen_project", "post_gen_project")
_TEXT = bytes(range(32, 127)) + b"\t\n\r"


class HookFailed(Unable):
    """A trusted hook of the template ended with an error; nothing was kept."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"the hook {name} failed: {printable(why)}", "mend what the hook complains of, or use `--no-hooks`"
        )


def is_hook(path: str) -> str:
    """Return which hook the file `path`, relative to the template, is; nothing if it is none."""
    folder, _, name = path.rpartition("/")
    stem = os.path.splitext(name)[0]
    return stem if folder == "hooks" and stem in HOOKS and not name.endswith("~") else ""


def is_binary(path: str, data: bytes) -> bool:
    """Tell whether cookiecutter would copy the file `path` with bytes `data` instead of rendering it."""
    extensions, signatures = _tables()
    stem, _, extension = path.rpartition("/")[2].rpartition(".")
    start = data[:512]
    if (stem and extension.lower() in extensions) or start.startswith(signatures):
        return True
    if not start.translate(None, _TEXT):
        return False  # printable ASCII is text at the first branch of its tree
    from binaryornot.helpers import is_binary_string

    return bool(is_binary_string(start))


@cache
def _tables() -> tuple[frozenset[str], tuple[bytes, ...]]:
    """Return the endings and the first bytes of binary files, from binaryornot's tables: they load ten times faster."""
    found = find_spec("binaryornot")
    folder = Path(found.origin).parent / "data" if found and found.origin else Path()
    rows = {name: _rows(folder / f"binary_{name}.csv") for name in ("extensions", "formats")}
    signatures = (bytes.fromhex(row["magic_hex"]) for row in rows["formats"])
    return frozenset(row["extension"].lower() for row in rows["extensions"]), tuple(filter(None, signatures))


def _rows(table: Path) -> list[dict[str, str]]:
    heads, *lines = table.read_text(encoding="utf-8").splitlines()
    return [dict(zip(heads.split(","), line.split(","), strict=False)) for line in lines]


def run_hook(name: str, script: str, folder: Path) -> None:
    """Run the rendered `script` of the hook file `name` in `folder` as cookiecutter does; raise `HookFailed`."""
    with temporary("mlctl-hook-") as aside:
        path = aside / os.path.basename(name)
        path.write_text(script, encoding="utf-8", newline="")
        run_script(name, str(path), folder)


def run_script(name: str, path: str, folder: Path) -> None:
    """Run the script at `path` in `folder`, what it prints on stderr; raise `HookFailed` in the name of `name`."""
    os.chmod(path, os.stat(path).st_mode | 0o100)
    command = [sys.executable, path] if path.endswith(".py") else [path]
    try:
        code = programs.run(command, folder, stdin=None, stdout=sys.stderr.fileno(), stderr=None).returncode
    except OSError as error:
        raise HookFailed(name, f"{error.strerror}; is it empty, or without a first line `#!`?") from error
    if code:
        raise HookFailed(name, f"it ended with exit code {code}")

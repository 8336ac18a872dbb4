"""What we take from cookiecutter: its stock extensions, its hook runner, its notion of a binary file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from mlctl.tools.errors import Unable, printable

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
    stem = name.rsplit(".", 1)[0] if "." in name[1:] else name
    return stem if folder == "hooks" and stem in HOOKS and not name.endswith("~") else ""


def is_binary(path: str, data: bytes) -> bool:
    """Tell whether cookiecutter would copy the file `path` with bytes `data` instead of rendering it."""
    from binaryornot.helpers import has_binary_extension, is_binary_string

    if has_binary_extension(path):
        return True
    start = data[:512]
    plain = not start.translate(None, _TEXT)
    # plain ASCII is text unless it begins with a magic number: 16 bytes tell, 512 would cost ten times that
    return bool(is_binary_string(start[:16] if plain else start))


def run_hook(name: str, script: str, folder: Path) -> None:
    """Run the rendered `script` of the hook file `name` in `folder` as cookiecutter does; raise `HookFailed`."""
    from cookiecutter.exceptions import FailedHookException
    from cookiecutter.hooks import run_script

    handle, path = tempfile.mkstemp(prefix="mlctl-hook-", suffix=Path(name).suffix)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(script)
        run_script(path, folder)
    except FailedHookException as error:
        raise HookFailed(name, str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)

"""Small files of ours below git's own folder: written in one step, dropped where damaged. Imports next to nothing."""

from __future__ import annotations

import marshal
import os
import sys
from binascii import crc32

TYPE_CHECKING = False  # the module typing takes longer than all else here
if TYPE_CHECKING:
    from typing import Any

MARK = b"mlctl1"


def load(path: str) -> Any:
    """Return what was saved at `path`; nothing where it is absent or damaged."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        body = memoryview(data)[10:]
        if data[:6] != MARK or crc32(body) != int.from_bytes(data[6:10], "big"):
            return None
        return marshal.loads(body)
    except (OSError, ValueError, EOFError, TypeError):
        return None


def save(path: str, value: Any) -> None:
    """Put `value` at `path` in one step; a disk that does not take it is nobody's fault."""
    data = marshal.dumps(value)
    aside = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(aside, "wb") as file:
            file.write(MARK + crc32(data).to_bytes(4, "big") + data)
        os.replace(aside, path)
    except OSError:
        return


def house() -> str:
    """Return what tells this mlctl and this Python from others: version, minor, and the stamps of its own files."""
    from mlctl import __version__

    here = os.path.dirname(os.path.abspath(__file__))
    standards = os.path.join(os.path.dirname(os.path.dirname(here)), "templates", "standards")
    stamps = [__version__, str(sys.version_info[1])]
    for folder in (here, f"{here}/ci", f"{here}/rules", standards, f"{standards}/rules"):
        if os.path.isdir(folder):
            entries = os.scandir(folder)
            stamps += sorted(f"{e.name}{e.stat().st_mtime_ns}" for e in entries if e.name.endswith((".py", ".yml")))
    return f"{crc32('|'.join(stamps).encode()):08x}{len(stamps)}"

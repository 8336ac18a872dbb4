"""What is known of files by their blob ids, kept below git's own folder, dropped where it is damaged."""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
from typing import Any

from mlctl.check.facts import Facts

NAME = "files.bin"
Known = tuple[list[tuple[str, str, int, str]], tuple[str, ...], list[tuple[str, ...]], str]


class Cache:
    """Results by path, valid for one blob id; `directory` is empty for a cache that forgets."""

    def __init__(self, directory: str = "", key: str = "") -> None:
        self.directory, self.key = directory, key
        self.files: dict[str, Any] = {}
        self.known: dict[str, Any] = {}
        self.changed = False
        found = load(os.path.join(directory, NAME)) if directory else None
        if isinstance(found, dict) and found.get("key") == key:
            with contextlib.suppress(KeyError, TypeError):
                self.files, self.known = dict(found["files"]), dict(found["facts"])

    def file(self, path: str, blob: str) -> Known | None:
        """Return what is known of a file with this blob id."""
        found = self.files.get(path)
        return found[1] if found and found[0] == blob else None

    def put(self, path: str, blob: str, known: Known) -> None:
        """Keep what was found out about a file."""
        self.files[path] = (blob, known)
        self.changed = True

    def facts(self, path: str, blob: str) -> Facts | None:
        """Return the facts of a file with this blob id."""
        found = self.known.get(path)
        return Facts(*found[1]) if found and found[0] == blob else None

    def put_facts(self, path: str, blob: str, facts: Facts) -> None:
        """Keep the facts of a file."""
        self.known[path] = (blob, tuple(facts))
        self.changed = True

    def save(self) -> None:
        """Write what is new; a disk that does not take it is no fault of the project."""
        if self.directory and self.changed:
            save(os.path.join(self.directory, NAME), {"key": self.key, "files": self.files, "facts": self.known})


def load(path: str) -> Any:
    """Return what was saved at `path`; nothing where it is absent or damaged."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        if hashlib.blake2b(data[32:], digest_size=32).digest() != data[:32]:
            return None
        return marshal.loads(data[32:])
    except (OSError, ValueError, EOFError, TypeError):
        return None


def save(path: str, value: Any) -> None:
    """Put `value` at `path` in one step."""
    data = marshal.dumps(value)
    aside = f"{path}.{os.getpid()}"
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(aside, "wb") as file:
            file.write(hashlib.blake2b(data, digest_size=32).digest() + data)
        os.replace(aside, path)


def house() -> str:
    """Return what tells this mlctl and this Python from others: version, minor, and the stamps of its own files."""
    from mlctl import __version__

    here = os.path.dirname(os.path.abspath(__file__))
    standards = os.path.join(os.path.dirname(os.path.dirname(here)), "templates", "standards")
    stamps = [__version__, str(sys.version_info[1])]
    for folder in (here, os.path.join(here, "rules"), standards, os.path.join(standards, "rules")):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            stamps += sorted(f"{e.name}{e.stat().st_mtime_ns}" for e in entries if e.name.endswith((".py", ".yml")))
    return hashlib.blake2b("|".join(stamps).encode(), digest_size=16).hexdigest()

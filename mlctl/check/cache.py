"""What is known of files by their blob ids, kept below git's own folder, dropped where it is damaged."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from mlctl.check.facts import Facts
from mlctl.check.look import Known
from mlctl.check.state import load, save

NAME = "files.bin"


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

"""What every refusal must be: two lines, the promised code, and nothing changed on the disk."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tests.kit.run import Result


def refused(done: Result, code: int, told: str = "") -> None:
    """Hold a run against the promise: `code`, and exactly the two lines, which say `told`, on stderr."""
    lines = done.err.splitlines()
    assert done.code == code, done
    assert len(lines) == 2, done
    assert lines[0].startswith("error: "), done
    assert lines[1].startswith(" hint: "), done
    assert len(lines[1]) > len(" hint: "), done
    assert told in done.err, done
    assert all(line.isprintable() for line in lines), done
    assert "Traceback" not in done.err, done
    assert done.out == "", done


def snapshot(*folders: Path) -> dict[str, str]:
    """Return what lies below `folders`: kind, mode and hash of each path."""
    found = {}
    for top in folders:
        for folder, names, files in os.walk(top):
            for name in (*names, *files):
                path = Path(folder, name)
                mode = path.lstat().st_mode
                data = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
                told = data.encode() if isinstance(data, str) else data
                found[str(path)] = f"{mode:o} {hashlib.sha256(told).hexdigest()}"
    return found

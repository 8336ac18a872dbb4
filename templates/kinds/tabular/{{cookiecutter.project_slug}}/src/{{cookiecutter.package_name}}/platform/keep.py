"""Files that are drafted: what the team edited since stays, and all are written or none."""

import ast
import difflib
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

SCHEMA = "drafts/1"
KNOWN, PENDING = ".mlctl/drafts.json", ".mlctl/drafts.json.new"
State = Literal["drafted", "unchanged", "yours", "merged", "kept"]


@dataclass(frozen=True)
class Fate:
    """What becomes of a file; `diff` is what a draft would change in a file that is kept."""

    path: str
    state: State
    text: str
    diff: str = ""


def settle(root: Path, drafts: Mapping[str, str], force: bool = False) -> list[Fate]:
    """The fate of each draft, by what was drafted before and what stands there now."""
    bases = [_remembered(root / name) for name in (KNOWN, PENDING)]
    rendered = _rendered(root)
    return [_fate(root, path, text, bases, rendered, force) for path, text in drafts.items()]


def _fate(
    root: Path,
    path: str,
    draft: str,
    bases: list[dict[str, str]],
    rendered: dict[str, str],
    force: bool,
) -> Fate:
    place = root / path
    if not place.is_file():
        return Fate(path, "drafted", draft)
    now = place.read_bytes().decode("utf-8", errors="replace")
    if now == draft:
        return Fate(path, "unchanged", draft)
    known = [base[path] for base in bases if path in base]
    untouched = (
        _blob(place.read_bytes()) == rendered.get(path) or now in known or _sum(now) in known
    )
    if force or untouched:
        return Fate(path, "drafted", draft)
    if known and draft in (known[0], known[-1]):
        return Fate(path, "yours", now)
    merged = _merged(path, now, known[0], draft) if known else None
    if merged is not None:
        return Fate(path, "merged", merged)
    return Fate(path, "kept", now, _diff(path, known[0] if known else now, draft))


def write(root: Path, fates: list[Fate], drafts: Mapping[str, str]) -> None:
    """Write every file that changes, or none: aside first, then renamed, undone if one fails."""
    changed = {fate.path: fate.text for fate in fates if fate.state in ("drafted", "merged")}
    pending = root / PENDING
    pending.parent.mkdir(parents=True, exist_ok=True)
    pending.write_text(_memory(drafts), encoding="utf-8")
    asides: list[tuple[Path, Path]] = []
    before: dict[Path, bytes | None] = {}
    try:
        for path, text in changed.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            aside = place.with_name(place.name + ".draft")
            asides.append((aside, place))
            aside.write_text(text, encoding="utf-8")
        for aside, place in asides:
            content = place.read_bytes() if place.is_file() else None
            aside.replace(place)
            before[place] = content
        pending.replace(root / KNOWN)
    except BaseException:
        for place, content in before.items():
            if content is None:
                place.unlink(missing_ok=True)
            else:
                place.write_bytes(content)
        for aside, _ in asides:
            aside.unlink(missing_ok=True)
        pending.unlink(missing_ok=True)
        raise


def _memory(drafts: Mapping[str, str]) -> str:
    """The drafts as they are remembered: a sum is enough for data, which are never merged."""
    files = {path: _sum(text) if path.endswith(".csv") else text for path, text in drafts.items()}
    return json.dumps({"schema": SCHEMA, "files": files}, indent=1) + "\n"


def _remembered(path: Path) -> dict[str, str]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return dict(document["files"]) if document["schema"] == SCHEMA else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _rendered(root: Path) -> dict[str, str]:
    """The files as the platform rendered them, by the sum that git gives them."""
    try:
        manifest = json.loads((root / ".mlctl" / "lock.json").read_text(encoding="utf-8"))[
            "manifest"
        ]
        return {path: entry[1] for path, entry in manifest.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return {}


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _merged(path: str, now: str, base: str, draft: str) -> str | None:
    """The team's edits and the new draft in one, where git can merge them and the result reads."""
    if path.endswith(".csv"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("now", "base", "draft")]
        for place, text in zip(places, (now, base, draft), strict=True):
            place.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run(
                ["git", "merge-file", "-p", *map(str, places)], capture_output=True, check=False
            )
        except FileNotFoundError:
            return None
    text = done.stdout.decode("utf-8", errors="replace")
    return text if done.returncode == 0 and _reads(path, text) else None


def _reads(path: str, text: str) -> bool:
    try:
        if path.endswith(".py"):
            ast.parse(text)
        elif path.endswith(".yml"):
            yaml.safe_load(text)
    except (SyntaxError, ValueError, yaml.YAMLError):
        return False
    return True


def _diff(path: str, old: str, new: str) -> str:
    if path.endswith(".csv"):
        return ""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), path, f"{path} (new draft)", lineterm="", n=1
    )
    return "\n".join(lines)

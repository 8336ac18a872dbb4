"""Which files were moved: by the template, on evidence; by the user, where a file went and a like one came."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

LIKE = 0.5
SURE = 0.7
LONGEST = 1_000_000
SPELT = {".yaml": ".yml", ".markdown": ".md", ".jpeg": ".jpg", ".htm": ".html"}
LOGS = frozenset(["changelog", "changes", "history", "news", "release-notes"])
Read = Callable[[str], bytes | None]


def by_template(
    gone: Iterable[str], came: Iterable[str], old: Mapping[str, str], new: Mapping[str, str],
    declared: Mapping[str, str], read_old: Read, read_new: Read,
) -> dict[str, str]:  # fmt: skip
    """Return where each of the paths `gone` from the rendering is among those that `came`.

    Evidence is a declared move, one template file (`old` and `new` tell it by path) that renders to another place,
    likeness of the contents, or one name in two spellings.
    """
    found: dict[str, str] = {}
    left, free = list(gone), set(came)

    def take(pairs: Iterable[tuple[str, str]]) -> None:
        for path, aim in pairs:
            if path in left and aim in free:
                found[path] = aim
                left.remove(path)
                free.discard(aim)

    take((path, _declared(path, declared)) for path in tuple(left))
    places: dict[str, list[str]] = {}
    for path in sorted(free):
        places.setdefault(new.get(path, ""), []).append(path)
    take((path, places[old[path]][0]) for path in tuple(left) if len(places.get(old.get(path, "-"), ())) == 1)
    take(alike(left, free, read_old, read_new))
    take(_named_alike(left, free))
    return found


def alike(
    gone: Iterable[str], came: Iterable[str], read_old: Read, read_new: Read, least: float = LIKE
) -> list[tuple[str, str]]:
    """Return pairs of a path that is gone and one that came whose contents are alike, the likest first."""
    before = {path: data for path in gone if (data := read_old(path)) and len(data) < LONGEST}
    after = {path: data for path in came if (data := read_new(path)) and len(data) < LONGEST} if before else {}
    lines = {path: Counter(data.splitlines(keepends=True)) for path, data in after.items()}
    scored = []
    for path, data in before.items():
        mine = Counter(data.splitlines(keepends=True))
        for aim, theirs in lines.items():
            if min(len(data), len(after[aim])) < least * max(len(data), len(after[aim])):
                continue
            score = _shared(mine, theirs) / max(len(data), len(after[aim]))
            named = posixpath.basename(path) == posixpath.basename(aim)
            if score >= least:
                scored.append((score, named, path, aim))
    scored.sort(key=lambda row: (-row[0], not row[1], row[2], row[3]))
    pairs: dict[str, str] = {}
    for _, _, path, aim in scored:
        if path not in pairs and aim not in pairs.values():
            pairs[path] = aim
    return list(pairs.items())


def folders(moved: Mapping[str, str], old: Iterable[str], new: Iterable[str]) -> dict[str, str]:
    """Return the folders that the template moved as a whole: every file that stayed with it went the same way."""
    stay = {parent for path in new for parent in parents(path)}
    found: dict[str, set[str]] = {}
    for path in old:
        aim = moved.get(path)
        for folder in parents(path):
            if folder in stay:
                continue
            below = path[len(folder) :]
            if aim is not None:
                found.setdefault(folder, set()).add(aim[: -len(below)] if aim.endswith(below) else "")
    return {folder: next(iter(aims)) for folder, aims in found.items() if len(aims) == 1 and next(iter(aims))}


def along(path: str, moved: Mapping[str, str]) -> str:
    """Return where `path` goes when its folder moves; the path itself where none of its folders does."""
    for folder in parents(path):
        if folder in moved:
            return moved[folder] + path[len(folder) :]
    return path


def parents(path: str) -> list[str]:
    """Return the folders of `path`, the innermost first."""
    found = []
    while (cut := path.rfind("/")) > 0:
        path = path[:cut]
        found.append(path)
    return found


def _declared(path: str, declared: Mapping[str, str]) -> str:
    for start, aim in declared.items():
        if path == start:
            return aim
        if path.startswith(start.rstrip("/") + "/"):
            return aim.rstrip("/") + path[len(start.rstrip("/")) :]
    return ""


def _named_alike(gone: Iterable[str], came: Iterable[str]) -> list[tuple[str, str]]:
    """Return pairs whose names mean one file: "ci.yml" and "ci.yaml", or two customary names of a changelog."""
    before, after = _called(gone), _called(came)
    return [(paths[0], after[name][0]) for name, paths in before.items() if len(paths) == len(after.get(name, ())) == 1]


def _called(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return paths by what their names mean."""
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        stem, ending = posixpath.splitext(path)
        folder, _, name = stem.rpartition("/")
        name = "changelog" if re.sub(r"[_ ]", "-", name.lower()) in LOGS else name
        found.setdefault(f"{folder}/{name}{SPELT.get(ending.lower(), ending.lower())}", []).append(path)
    return found


def _shared(first: Counter[bytes], second: Counter[bytes]) -> int:
    """Return how many bytes of lines two files have in common."""
    return sum(len(line) * count for line, count in (first & second).items())

"""`mlctl check --hook` at the speed of a commit: answers at once where nothing changed that a rule could see.

It proves that the last verdict still stands, or leaves the answer to the whole engine. Imports next to nothing.
"""

from __future__ import annotations

import gc
import os
import sys
import time

from mlctl.check.state import house, load, save

TYPE_CHECKING = False  # the module typing takes longer than all else here
if TYPE_CHECKING:
    from typing import Any

    Row = tuple[str, str, str, str]
    Rows = dict[str, Row]

KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "TMPDIR", "SYSTEMROOT")
CALM = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1"}
ALWAYS = ("-c", "protocol.allow=never", "-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false")
RAW = ("--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff")
MOST = 60
LARGEST = 500_000


class Snapshot:
    """A commit about to be made: HEAD's tree and what the index changes in it, by path (modes and blobs)."""

    def __init__(self, directory: str, key: str, tree: str, rows: Rows) -> None:
        self.key, self.tree, self.rows = key, tree, rows
        self.file = os.path.join(directory, "verdict.bin")


def answer() -> int | None:
    """Print the last verdict and return its exit code where it still stands; return nothing where it may not."""
    here = snapshot()
    known = load(here.file) if here else None
    if here is None or not isinstance(known, dict) or known.get("key") != here.key:
        return None
    changed = _changed(here, known)
    if changed is None or (changed and not _harmless(changed, known)):
        return None
    if changed or known["tree"] != here.tree or known["rows"] != here.rows:
        save(here.file, {**known, "tree": here.tree, "rows": here.rows})
    if known["said"]:
        sys.stdout.write(known["said"] + "\n")
    return int(known["code"])


def keep(
    here: Snapshot | None, code: int, said: str, standards: dict[str, Any], folders: list[str], watched: list[str]
) -> None:
    """Keep the verdict of the whole engine about the commit `here`; `watched` are Python files that are to be read.

    These are the ones in which something was found or excused, or whose very text a rule has read.
    """
    if here is not None:
        save(here.file, {"key": here.key, "tree": here.tree, "rows": here.rows, "code": code, "said": said,
                         "standards": standards, "folders": folders, "watched": watched})  # fmt: skip


def snapshot() -> Snapshot | None:
    """Return the commit about to be made in the current folder; nothing without a repository or a HEAD."""
    asked = _git("rev-parse", "--show-toplevel", "--show-prefix", "--git-path", "mlctl", "HEAD^{tree}")
    lines = os.fsdecode(asked or b"").split("\n")
    if len(lines) != 5:
        return None
    directory = os.path.abspath(lines[2])
    raw = _git("diff-index", "--cached", *RAW, lines[3], index=_index(lines[0], directory))
    if raw is None:
        return None
    day = os.environ.get("MLCTL_TODAY") or time.strftime("%Y-%m-%d", time.gmtime())
    return Snapshot(directory, f"{house()} {day} {lines[1]}", lines[3], _rows(raw))


def _index(root: str, directory: str) -> str:
    """Return the index that a hook was given, where it lies in this repository's git directory."""
    named = os.environ.get("GIT_INDEX_FILE")
    full = os.path.realpath(os.path.join(root, named)) if named else ""
    return full if full.startswith(os.path.realpath(os.path.dirname(directory)) + os.sep) else ""


def _rows(raw: bytes) -> Rows:
    """Return (old mode, new mode, old blob, new blob) by path of git's raw difference."""
    words = os.fsdecode(raw).split("\0")
    found = {}
    for facts, path in zip(words[::2], words[1::2], strict=False):
        old, new, before, after, _ = facts[1:].split(" ")
        found[path] = (old, new, before, after)
    return found


def _changed(here: Snapshot, known: dict[str, Any]) -> dict[str, tuple[str, str]] | None:
    """Return the blobs before and after of each path that differs from what was judged; nothing for other changes."""
    moved: Rows = {}
    if known["tree"] != here.tree:
        raw = _git("diff-tree", "-r", *RAW, known["tree"], here.tree)
        if raw is None:
            return None
        moved = _rows(raw)
    before, after = known["rows"], here.rows
    found: dict[str, tuple[str, str]] = {}
    for path in {*before, *after, *moved}:
        base = moved.get(path) or _unmoved(before.get(path) or after[path])
        old = before[path][1::2] if path in before else base[0::2]
        new = after[path][1::2] if path in after else base[1::2]
        if old != new:
            if old[0] != new[0] or not path.endswith(".py") or len(found) >= MOST:
                return None
            found[path] = (old[1], new[1])
    return found


def _unmoved(row: Row) -> Row:
    """Return the row of a path that is the same in both trees, from a row of the index against one of them."""
    return (row[0], row[0], row[2], row[2])


def _harmless(changed: dict[str, tuple[str, str]], known: dict[str, Any]) -> bool:
    """Tell whether no rule can see a change: nothing was found in a file nor is now, and its facts are the same."""
    from mlctl.check.catalogue import file_rules
    from mlctl.check.facts import facts
    from mlctl.check.look import look, words
    from mlctl.check.source import Source
    from mlctl.core.standards import Standards

    gc.disable()  # trees of syntax are short-lived, and collecting them takes longer than building them
    if not changed.keys().isdisjoint(known["watched"]):
        return False
    texts = _blobs([blob for pair in changed.values() for blob in pair])
    if texts is None:
        return False
    standards, rules = Standards(known["standards"]), file_rules()
    wanted = words(standards)
    for path, pair in changed.items():
        folder = max((f for f in known["folders"] if not f or path.startswith(f"{f}/")), key=len, default=None)
        if folder is None or "{" in path or max(len(texts[blob]) for blob in pair) > LARGEST:
            return False
        sources = [Source(path[len(folder) + bool(folder) :], texts[blob]) for blob in pair]
        found, _, marks, state = look(sources[1], rules, standards, wanted, 0)
        if found or marks or state or facts(sources[0]) != facts(sources[1]):
            return False
    return True


def _blobs(names: list[str]) -> dict[str, bytes] | None:
    """Return the bytes of blobs; nothing where one is not in this clone."""
    out = _git("cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode()) or b""
    found, at = {}, 0
    for name in names:
        end = out.find(b"\n", at)
        words = out[at:end].split()
        if len(words) != 3:
            return None
        at = end + 2 + int(words[2])
        found[name] = out[end + 1 : at - 1]
    return found


def _git(*arguments: str, index: str = "", stdin: bytes = b"") -> bytes | None:
    """Return what git prints, nothing where it fails; without the subprocess module, which takes longer than git."""
    binary = next(
        (f"{f}/git" for f in os.environ.get("PATH", "").split(":") if f[:1] == "/" and os.access(f"{f}/git", os.X_OK)),
        "",
    )
    if not binary:
        return None
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | CALM
    if index:
        environment["GIT_INDEX_FILE"] = index
    source, sink = os.pipe() if stdin else (os.open(os.devnull, os.O_RDONLY), -1)
    out, into = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, source, 0), (os.POSIX_SPAWN_DUP2, into, 1),
               (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]  # fmt: skip
    child = os.posix_spawn(binary, [binary, *ALWAYS, *arguments], environment, file_actions=actions)
    os.close(source)
    os.close(into)
    if stdin:
        os.write(sink, stdin)
        os.close(sink)
    with open(out, "rb") as stream:
        said = stream.read()
    return said if os.waitpid(child, 0)[1] == 0 else None

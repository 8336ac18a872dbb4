"""Says of every path of a merge what happens to it, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlctl.core.platform import Platform
from mlctl.core.record import FOLDER
from mlctl.core.tree import Commit
from mlctl.tools import git
from mlctl.tools.errors import printable
from mlctl.tools.files import within
from mlctl.upgrade.offer import Offer
from mlctl.upgrade.plan import Action, Change, Stage, Write
from mlctl.upgrade.project import OURS, Project
from mlctl.upgrade.scratch import Scratch
from mlctl.upgrade.sides import Sides

WORDS = {
    "contents": "you and the template changed the same lines", "add/add": "you and the template both made this file",
    "modify/delete": "you edited it, the template removed it", "binary": "both changed it, and it is no text",
    "distinct types": "it is of another kind on each side", "distinct modes": "it is of another kind on each side",
    "file/directory": "it is a folder on the other side",
}  # fmt: skip
EXPLAINED = 20


def writes(place: Scratch, before: str, after: str) -> tuple[Write, ...]:
    """Return every path in which two trees differ."""
    out = place.run("diff-tree", "-r", "-z", "--raw", "--no-renames", before, after)
    words = out.decode("utf-8", "surrogateescape").split("\0")
    found = []
    for facts, path in zip(words[0::2], words[1::2], strict=False):
        old_mode, new_mode, old, new, _ = facts[1:].split()
        was = (old_mode, old) if int(old_mode, 8) else None
        now = (new_mode, new) if int(new_mode, 8) else None
        found.append(Write(path, was, now))
    return tuple(found)


def changes(
    project: Project, both: Sides, found: Sequence[Write], stages: Sequence[Stage], kinds: Mapping[str, str],
    settled: Mapping[str, str],
) -> tuple[Change, ...]:  # fmt: skip
    """Return what happens to each path, sorted; raise `AssertionError` where a file of the user would be lost."""
    cut = len(project.prefix)
    told = {one.path: one for one in both.told}
    left = {t.at for t in both.triples.values() if t.at != t.path} | set(both.carried)
    for path in {stage.path for stage in stages}:
        origin, beside, _ = path[cut:].partition(f"~{OURS}")
        told[path[cut:]] = Change(path[cut:], Action.CONFLICTED, origin if beside else "", _why(path, kinds))
        left |= {origin} if beside else set()
    for write in found:
        path = write.path[cut:]
        if path in told or (write.after is None and path in left):
            continue
        told[path] = _change(path, write, both, settled.get(write.path, ""))
    for path, why in settled.items():  # also where that leaves the file as the team has it
        told.setdefault(path[cut:], Change(path[cut:], Action.SETTLED, "", why))
    _nothing_lost(project, both, found, told)
    return tuple(told[path] for path in sorted(told))


def explained(found: Sequence[Change], offer: Offer) -> tuple[Change, ...]:
    """Return the changes, each conflict with the subject of the template's last commit to that file."""
    out = []
    number = 0
    for one in found:
        platform, source = _source(offer, one.path) if one.action is Action.CONFLICTED else (offer.platform, "")
        whole, commit = platform.tree.whole, platform.version.commit
        number += bool(source)
        if source and number <= EXPLAINED and isinstance(whole, Commit) and commit:
            asked = ("log", "-1", "--format=%s", commit, "--", f":(literal){source}")
            subject = git.answers("--git-dir", str(whole.directory), *asked, source=True)
            one = replace(one, why=f"{one.why}; the template: {printable(subject)}") if subject else one
        out.append(one)
    return tuple(out)


def _source(offer: Offer, path: str) -> tuple[Platform, str]:
    """Return the platform that gives a path, and the file there; nothing where no unit does."""
    name, _, inside = offer.rendering.sources.get(path, "").partition(":")
    unit = next((u for u in offer.template.units(offer.answers) if u.name == name), None)
    if not unit or not inside:
        return offer.platform, ""
    return offer.template.platforms[unit.layer], inside


def _change(path: str, write: Write, both: Sides, settled: str) -> Change:
    triple = both.triples.get(path)
    if settled:
        return Change(path, Action.SETTLED, triple.at if triple and triple.at != path else "", settled)
    if write.after is None:
        return Change(path, Action.DELETED, "", "the template removed it")
    if triple and triple.at and triple.at != path:
        return Change(path, Action.MOVED, triple.at)
    if write.before is None:
        return Change(path, Action.ADDED)
    if within(path, FOLDER) or not triple or _untouched(triple.base, triple.ours, write):
        return Change(path, Action.UPDATED)
    return Change(path, Action.MERGED, "", "your changes and the template's")


def _untouched(base: object, ours: object, write: Write) -> bool:
    from mlctl.core.tree import blob_id

    return isinstance(base, tuple) and (base[0], blob_id(base[1])) == ours


def _why(path: str, kinds: Mapping[str, str]) -> str:
    kind = kinds.get(path) or next((k for p, k in kinds.items() if path.startswith(f"{p}~")), "")
    return WORDS.get(kind, kind or "it could not be merged")


def _nothing_lost(project: Project, both: Sides, found: Sequence[Write], told: Mapping[str, Change]) -> None:
    """Make sure that no file which only the user has was moved without evidence, changed or removed."""
    ours = {t.at for t in both.triples.values()} | set(both.triples) | set(both.carried) | set(both.carried.values())
    for write in found:
        path = write.path[len(project.prefix) :]
        known = path in ours or within(path, FOLDER) or path.partition(f"~{OURS}")[0] in ours
        inside = write.path.startswith(project.prefix)
        if write.before is not None and not (known and inside):
            raise AssertionError(f"the merge would change '{write.path}', which is the user's own")

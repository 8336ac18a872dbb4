"""Settles the files of a merged tree that git left in conflict, or merged by line into what does not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlctl.core.tree import LINK
from mlctl.upgrade.plan import Stage
from mlctl.upgrade.project import listed
from mlctl.upgrade.scratch import Merged, Scratch
from mlctl.upgrade.settle.names import structure

if TYPE_CHECKING:
    from mlctl.upgrade.settle.file import Settled

Labels = tuple[str, str]


def settle_all(
    place: Scratch, merged: Merged, changed: Iterable[str], labels: Labels
) -> tuple[dict[str, Settled], tuple[Stage, ...]]:
    """Return the files that merge better by structure and line than git merged them, and all unmerged entries.

    `changed` are the paths that both sides changed; of these, those that git merged are looked at again where they
    have a structure.
    """
    stages = _stages(merged)
    quiet = [path for path in changed if path not in stages and structure(path)]
    texts = [path for path, found in stages.items() if _is_text(found, merged.kinds.get(path, ""))]
    if not texts and not quiet:
        return {}, merged.stages
    from mlctl.upgrade.settle.file import settle, toil, valid

    made = listed(place.run("ls-tree", "-z", merged.tree, "--", *(f":(literal){path}" for path in (*texts, *quiet))))
    blobs = place.read([*(s.blob for path in texts for s in stages[path].values()), *(b for _, b in made.values())])
    settled = {}
    for path in texts:
        found = stages[path]
        base = blobs[found[1].blob] if 1 in found else b""
        most = toil(blobs[made[path][1]], labels) if path in made else 1 << 30
        one = settle(path, base, blobs[found[2].blob], blobs[found[3].blob], labels, most)
        if one is not None:
            settled[path] = one
    whole = {path: blobs[made[path][1]] for path in quiet if path in made}
    odd = {
        path: data for path, data in whole.items() if not valid(path, data) or max(_items(data).values(), default=0) > 1
    }
    mended, more = _mended(place, odd, labels) if odd else ({}, ())
    return settled | mended, (*merged.stages, *more)


def _stages(merged: Merged) -> dict[str, dict[int, Stage]]:
    found: dict[str, dict[int, Stage]] = {}
    for stage in merged.stages:
        found.setdefault(stage.path, {})[stage.number] = stage
    return found


def _is_text(found: Mapping[int, Stage], kind: str) -> bool:
    texts = all(stage.mode != LINK for stage in found.values())
    return texts and {2, 3} <= found.keys() and kind in ("contents", "add/add")


def _mended(place: Scratch, odd: Mapping[str, bytes], labels: Labels) -> tuple[dict[str, Settled], tuple[Stage, ...]]:
    """Return a merge by structure of each file that no longer parses though its sides do, else both sides.

    What clashes is unmerged. A file that parses is merged anew where an item that stands twice in it then stands once.
    """
    from mlctl.upgrade.settle.file import apart, settle, valid

    asked = [f":(literal){path}" for path in odd]
    three = [listed(place.run("ls-tree", "-z", f"refs/heads/{name}", "--", *asked)) for name in ("base", *labels)]
    blobs = place.read(blob for side in three for _, blob in side.values())
    found: dict[str, Settled] = {}
    stages: list[Stage] = []
    for path, data in odd.items():
        base, ours, theirs = (blobs[side[path][1]] for side in three)
        whole = valid(path, data)
        if not (valid(path, ours) and valid(path, theirs)) or (whole and _items(data) <= _items(ours) | _items(theirs)):
            continue
        one = settle(path, base, ours, theirs, labels)
        if whole and (one is None or one.left or not _items(one.data) < _items(data)):
            continue
        if one is None or not (one.left or valid(path, one.data)):
            one = apart(ours, theirs, labels)
        found[path] = one if whole else replace(one, why=f"{one.why}; merged by line it would no longer parse")
        stages += [Stage(*side[path], number, path) for number, side in enumerate(three, 1)]
    return found, tuple(stages)


def _items(data: bytes) -> Counter[bytes]:
    """Return how often each line stands there that begins with a quote, as the items of lists do."""
    return Counter(text for line in data.splitlines() if (text := line.strip())[:1] in (b'"', b"'"))

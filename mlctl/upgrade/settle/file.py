"""Settles a file that both sides changed: the way with the fewest clashes, told with its reasons."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mlctl.upgrade.settle import ignores, inis, jsons, requirements, styles, tables, toml, yamls
from mlctl.upgrade.settle.blocks import Block
from mlctl.upgrade.settle.lines import Chunk, Clash, Lines, merge, trimmed
from mlctl.upgrade.settle.names import YAML, structure
from mlctl.upgrade.settle.rules import PLAIN, RENAMED, Manner, settled
from mlctl.upgrade.settle.sums import adds_up
from mlctl.upgrade.settle.weave import Renamed, weave

LARGEST = 400_000
MARK = 7
NEAR = 3
PLACE = 10
LOOSE = ("ignore", ".gitattributes")
FREE = (
    ".bicep", ".c", ".cc", ".cpp", ".cs", ".css", ".go", ".h", ".hcl", ".hpp", ".java", ".js", ".jsx", ".kt", ".rs",
    ".scala", ".scss", ".sql", ".swift", ".tf", ".ts", ".tsx",
)  # fmt: skip
INDENTED = (".py", ".pyi", ".yml", ".yaml", "Makefile", ".mk", ".md")


@dataclass(frozen=True)
class Settled:
    """The bytes of a merged file, how many clashes of how many lines are left in it, and why the others are none."""

    data: bytes
    left: int
    why: str
    size: int = 0

    @property
    def toil(self) -> int:
        """What is left to a person: the lines between markers, and what each place costs."""
        return self.size + PLACE * self.left


def settle(
    path: str, base: bytes, ours: bytes, theirs: bytes, labels: tuple[str, str], most: int = 1 << 30
) -> Settled | None:
    """Return the best merge of a text file; nothing where it is none, or leaves more than the toil `most`."""
    if any(b"\0" in side or len(side) > LARGEST for side in (base, ours, theirs)):
        return None
    try:
        sides = [side.decode() for side in (base, ours, theirs)]
    except UnicodeDecodeError:
        return None
    bare = path.endswith(YAML)
    told = frozenset(line for side in sides for line in yamls.told(side)) if bare else frozenset()
    manner = Manner(path.endswith(INDENTED), path.endswith(LOOSE), path.endswith(FREE), bare, told)
    found = [_by_lines(sides, labels, manner)]
    kind = SHAPES.get(structure(path))
    if kind:
        read = [kind.blocks(_ended(side)) if side else [] for side in sides]
        known = [side for side in read if side is not None]
        ways = [way(*known) for way in kind.ways] if len(known) == len(sides) else []
        every = [*_by_blocks(ways, kind, labels, Manner(indented=bare, bare=bare, told=told), _cut(*sides)), *found]
        whole = all(kind.valid(side) for side in sides[1:])
        sound = [one for one in every if not whole or _sound(kind, ways, one, labels)]
        found = sound or [one for one in every if one.left]
    best = min(found, key=lambda one: one.toil, default=None)
    return best if best and best.toil <= most else None


def apart(ours: bytes, theirs: bytes, labels: tuple[str, str]) -> Settled:
    """Return two texts between markers, but for the lines that both begin and end with."""
    first, second = (side.decode(errors="surrogateescape").splitlines(keepends=True) for side in (ours, theirs))
    chunks = trimmed(Clash([], first, second))
    out = [line for chunk in chunks for line in (_marked(chunk, labels) if isinstance(chunk, Clash) else [chunk])]
    return Settled("".join(out).encode(errors="surrogateescape"), 1, "both sides")


Blocks = list[Block]
Sides = tuple[Blocks, Blocks, Blocks]
Way = Callable[[Blocks, Blocks, Blocks], Sides]


def _same(base: Blocks, ours: Blocks, theirs: Blocks) -> Sides:
    return base, ours, theirs


@dataclass(frozen=True)
class _Shape:
    """How files of one kind are read as blocks, in which `ways` these may lie, and what is done to the merged lines.

    Where `run`, a merge takes over what a run of the team left, so that its blocks are not those of both sides.
    """

    blocks: Callable[[str], Blocks | None]
    valid: Callable[[str], bool]
    why: str
    ways: tuple[Way, ...] = (_same,)
    after: Callable[[list[Chunk]], list[Chunk]] = list
    run: bool = False


SHAPES = {
    "toml": _Shape(toml.blocks, toml.valid, "merged by tables and keys", (_same, tables.arranged, styles.styled)),
    "yaml": _Shape(yamls.blocks, yamls.valid, "merged by keys and list items", (_same, yamls.styled)),
    "json": _Shape(jsons.blocks, jsons.valid, "merged by keys", after=jsons.punctuated),
    "notebook": _Shape(jsons.blocks, jsons.valid, "merged by cells", (jsons.as_run,), jsons.punctuated, run=True),
    "requirements": _Shape(requirements.blocks, requirements.valid, "merged by requirements"),
    "ini": _Shape(inis.blocks, inis.valid, "merged by sections and keys"),
    "patterns": _Shape(ignores.blocks, requirements.valid, "merged by patterns"),
}


def valid(path: str, data: bytes) -> bool:
    """Tell whether a file parses; one without a structure always does."""
    kind = SHAPES.get(structure(path))
    try:
        return kind is None or kind.valid(data.decode())
    except UnicodeDecodeError:
        return True


def _by_lines(sides: list[str], labels: tuple[str, str], manner: Manner) -> Settled:
    base, ours, theirs = (side.splitlines(keepends=True) for side in sides)
    return _written(merge(base, ours, theirs), labels, "changes to neighbouring lines", manner)


def _by_blocks(ways: list[Sides], kind: _Shape, labels: tuple[str, str], manner: Manner, cut: str) -> list[Settled]:
    """Return the merge of the blocks in each of the `ways` that they may lie, without `cut` at the end of the file."""
    found = []
    for sides in ways:
        chunks, reasons = _answered(weave(*sides), manner)
        chunks = kind.after(chunks)
        chunks[-1:] = [last.rstrip(cut) if isinstance(last, str) else last for last in chunks[-1:]]
        found.append(_written(chunks, labels, "; ".join(reasons) or kind.why, manner))
    return found


def _cut(base: str, ours: str, theirs: str) -> str:
    """Return what the last line is not to end with: a line end that a side has not there, and the other left so."""
    was, mine, new = (bool(side) and not side.endswith("\n") for side in (base, ours, theirs))
    return "\r\n" if (new if mine == was else mine) else ""


def _sound(kind: _Shape, ways: list[Sides], found: Settled, labels: tuple[str, str]) -> bool:
    """Tell whether a merge parses and holds what the sides come to, its clashes settled for the one or the other."""
    texts = _both_ways(found.data.decode(), labels) if found.left else {0: found.data.decode()}
    if not all(map(kind.valid, texts.values())):
        return False
    if kind.run or not ways:
        return True
    merged = [(taken, kind.blocks(_ended(text))) for taken, text in texts.items()]
    return all(made is None or any(adds_up(*sides, made, taken) for sides in ways) for taken, made in merged)


def _both_ways(text: str, labels: tuple[str, str]) -> dict[int, str]:
    """Return a text with its clashes settled all for the one side, 1, and all for the other, 2."""
    clash = "".join(f"{re.escape(mark)}\n((?:.*\n)*?)" for mark in (f"{'<' * MARK} {labels[0]}", "=" * MARK))
    marked = re.compile(f"(?m)^{clash}{'>' * MARK} {re.escape(labels[1])}\n")
    return {side: marked.sub(rf"\{side}", text) for side in (1, 2)}


def _answered(chunks: list[Chunk], manner: Manner) -> tuple[list[Chunk], list[str]]:
    """Return chunks without the clashes that the rules settle, and the reasons."""
    reasons: dict[str, None] = {}
    found: list[Chunk] = []
    for chunk in chunks:
        answer = settled(chunk, manner) if isinstance(chunk, Clash) else None
        if answer:
            reasons[RENAMED if isinstance(chunk, Renamed) else answer[1]] = None
        found += answer[0] if answer else [chunk]
    return found, list(reasons)


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def _written(chunks: list[Chunk], labels: tuple[str, str], why: str, manner: Manner = PLAIN) -> Settled:
    """Return the text of merged chunks; clashes that the rules settle are none, others stand between markers."""
    reasons: dict[str, None] = {}
    out: Lines = []
    left = size = 0
    for chunk in _joined(chunks, manner):
        if isinstance(chunk, str):
            out.append(chunk)
            continue
        answer = settled(chunk, manner)
        if answer:
            out += answer[0]
            reasons[answer[1]] = None
        else:
            left += 1
            size += len(chunk.ours) + len(chunk.theirs) + 1
            out += _marked(chunk, labels)
    return Settled("".join(out).encode(), left, "; ".join(reasons) or why, size)


def _joined(chunks: list[Chunk], manner: Manner) -> list[Chunk]:
    """Return the chunks with clashes that a person must settle made one, where at most `NEAR` lines lie between."""
    found: list[Chunk] = []
    last: int | None = None
    for chunk in chunks:
        if not isinstance(chunk, Clash) or settled(chunk, manner):
            found.append(chunk)
            continue
        if last is not None and len(found) - last - 1 <= NEAR and all(isinstance(c, str) for c in found[last + 1 :]):
            between = [c for c in found[last + 1 :] if isinstance(c, str)]
            before = found[last]
            assert isinstance(before, Clash)
            del found[last:]
            chunk = Clash(
                before.base + between + chunk.base, before.ours + between + chunk.ours,
                before.theirs + between + chunk.theirs,
            )  # fmt: skip
        last = len(found)
        found.append(chunk)
    return found


def _marked(clash: Clash, labels: tuple[str, str]) -> Lines:
    return [
        f"{'<' * MARK} {labels[0]}\n", *_whole(clash.ours), f"{'=' * MARK}\n", *_whole(clash.theirs),
        f"{'>' * MARK} {labels[1]}\n",
    ]  # fmt: skip


def _whole(lines: Lines) -> Lines:
    return [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else lines[-1] + "\n"] if lines else []


def toil(data: bytes, labels: tuple[str, str]) -> int:
    """Return what git's own merge of a file leaves to a person, from the markers in it."""
    found = size = 0
    inside = False
    for line in data.splitlines():
        if line == f"{'<' * MARK} {labels[0]}".encode():
            found, inside = found + 1, True
        elif line == f"{'>' * MARK} {labels[1]}".encode():
            inside = False
        else:
            size += inside
    return size + PLACE * found

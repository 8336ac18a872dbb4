"""When a clash of lines is none: one side only lays the base out anew, or holds what the other wants."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations

from mlctl.upgrade.settle.lines import Clash, Lines
from mlctl.upgrade.settle.lists import TOLD, by_item

_LAYOUT = re.compile(r"\s+|,(?=\s*[\])}])|(?<=[\[({])\s+")
_WORD = r"(?!(?:true|false|yes|no|on|off|null|y|n)\b)[A-Za-z][\w./+-]*|v?\d+\.\d+\.[\w.+-]+"
_QUOTED = re.compile(rf"""^(\s*(?:- +)?[\w.-]+: +)["']({_WORD})["'](?=\s*(?:#.*)?$)""", re.IGNORECASE)
_SPARE = re.compile(r"(?<=[\s\[({])\s+|\s+(?=[\])}])")
_QUOTES = str.maketrans("'", '"')
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")
_VERSION = re.compile(r"(?<![\w.])v?\d+(?:\.\d+)+(?:[-.]?(?:a|b|rc|alpha|beta|post|dev)\.?\d*)*(?!\w)|(?<=@)v\d+(?!\w)")
_REV = re.compile(r"(?<=rev: )[a-zA-Z][\w./-]*")
_ACTION = re.compile(r"(?:- +)?uses: *([\w./-]+)@([\w.-]+)(?: +#+ *(v?[\d.]+))?")
_HASH = "--hash="
_ALONE = re.compile(r"import [\w., ]+|from [\w.]+ import [\w., ]+|\[[^\]]+\]: ?\S+")
_PINS = re.compile(r"uses:|rev:|(?<![a-z])(?:versions?|python)(?![a-z])|(?<![a-z_])image(?![a-z_])|[=~><]=|\^|==")
_ASKED = re.compile(
    r"""(["']?(?<![\w.-])[A-Za-z][\w.-]*(?:\[[\w, -]+\])?)(?:(?: *,)? *(?:[<>~=!]=|[<>]) *\d[\w.*]*)+(?=["']?,?$)"""
)
_FLOOR = re.compile(r"""(?:- +)?["']?[A-Za-z][\w.-]*(?:\[[\w, -]+\])? *>= *[\d.]+["']?,?""")
_BOUND = re.compile(r"(?:<=?|!=)\s*[\w.]+|\[[^\]\d]*\d[^\],]*,[^\]]*\]")
_BESIDE = re.compile(r"""((?:[^"'#]|"[^"]*"|'[^']*')*?)(\s+#.*)?""")

SAME = "both sides say the same"
HELD = "the template's change is there already"
NEWER = "your version is newer than the template's"
RAISED = "you both raised it, the template further"
PLATFORM_LAYOUT = "the template only laid it out anew"
TEAM_LAYOUT = "you only laid it out anew"
PINNED = "both sides pinned it by hash: yours is kept, pin it anew"
BOTH = "both added lines that do not depend on each other"
OUT = "you took it out, the template only raised its version"
ITEMS = "both lists merged item by item"
RENAMED = "you took it out, the template renamed it"
BLANK = "one side is blank"


@dataclass(frozen=True)
class Manner:
    """What lines of a file mean: `indented`, that indentation does; `loose`, that each line stands for itself.

    Where `free`, neither indentation nor the ends of lines mean anything; where `bare`, a word needs no quotes, unless
    it stands in a line that is `told` as it is.
    """

    indented: bool = False
    loose: bool = False
    free: bool = False
    bare: bool = False
    told: frozenset[str] = frozenset()


PLAIN = Manner()


def settled(clash: Clash, manner: Manner = PLAIN) -> tuple[Lines, str] | None:
    """Return the lines that a clash comes to, and why; nothing where a person must decide."""
    if manner.indented and any(_moved(*two) for two in combinations((clash.base, clash.ours, clash.theirs), 2)):
        return None
    found = _same(clash, manner) or _meant(clash, manner)
    bare = manner.bare and manner.told.isdisjoint((*clash.base, *clash.ours, *clash.theirs))
    return found or (_barely(clash, manner) if bare else None)


def _barely(clash: Clash, manner: Manner) -> tuple[Lines, str] | None:
    """Settle a clash by what its sides say without the quotes that YAML needs not; the team's manner stays."""
    base, ours, theirs = ([_QUOTED.sub(r"\1\2", li) for li in side] for side in (clash.base, clash.ours, clash.theirs))
    found = _same(Clash(base, ours, theirs), manner) or _meant(Clash(base, ours, theirs), manner)
    if found and found[0] is ours:
        return clash.ours, found[1]
    if found and found[0] is theirs:
        return (theirs if ours == clash.ours else clash.theirs), found[1]
    return None


def _same(clash: Clash, manner: Manner) -> tuple[Lines, str] | None:
    """Settle a clash in which one side says what the other or the base says, laid out anew."""
    base, ours, theirs = plain(clash.base), plain(clash.ours), plain(clash.theirs)
    if ours == theirs:
        return (clash.theirs if _tidier(clash.theirs, clash.ours) else clash.ours), SAME
    if not base:
        return None if ours and theirs else (clash.ours if ours else clash.theirs, BLANK)
    if theirs == base:
        return clash.ours, PLATFORM_LAYOUT
    if _stripped(clash.ours) == _stripped(clash.base) or (manner.free and ours == base):
        return clash.theirs, TEAM_LAYOUT
    if beside := _beside(clash):
        return beside, SAME
    if _laid_out(clash):
        return [_quoted(*lines) for lines in zip(clash.base, clash.ours, clash.theirs, strict=True)], TEAM_LAYOUT
    return None


def _meant(clash: Clash, manner: Manner) -> tuple[Lines, str] | None:
    """Settle a clash in which one side holds what the other wants, or both can stand."""
    if _holds(clash.base, clash.ours, clash.theirs):
        return clash.ours, HELD
    if _holds(clash.base, clash.theirs, clash.ours):
        return clash.theirs, HELD
    if listed := by_item(clash):
        return listed, ITEMS
    if _newer(clash):
        return clash.ours, NEWER
    if _raised_actions(clash):
        return clash.theirs, RAISED
    if _newer_pins(clash):
        return clash.ours, PINNED
    base = plain(clash.base)
    if not base and _independent(clash, manner):
        return [*_whole(clash.ours), *(line for line in clash.theirs if line not in clash.ours)], BOTH
    if base and not plain(clash.ours) and _alike(clash.base, clash.theirs):
        return clash.ours, OUT
    return None


def plain(lines: Lines) -> str:
    """Return what lines say, without their layout: blanks, kinds of quotes, last commas."""
    alike = (line if TOLD.search(line) else line.translate(_QUOTES) for line in lines)
    text = _LAYOUT.sub(lambda found: "" if found[0].startswith(",") else " ", "\n".join(alike))
    return re.sub(r"\s*([<>=!~]=|[\[\](){},:=])\s*", r"\1", text).strip().rstrip(",").replace(",]", "]")


def _beside(clash: Clash) -> Lines | None:
    """Return lines that say one thing on both sides, each with the comment behind it that one side alone changed."""
    if not len(clash.base) == len(clash.ours) == len(clash.theirs):
        return None
    found = []
    for lines in zip(clash.base, clash.ours, clash.theirs, strict=True):
        was, mine, new = (_BESIDE.fullmatch(line.rstrip()) if len(line) < 500 else None for line in lines)
        if not (was and mine and new and mine[1].strip()) or mine[1] != new[1] or was[2] not in (mine[2], new[2]):
            return None
        found.append(lines[2] if was[2] == mine[2] else lines[1])
    return found


def _laid_out(clash: Clash) -> bool:
    """Tell whether the three sides stand line for line, and ours is the base but for quotes and blanks in its lines."""
    same = len(clash.base) == len(clash.ours) == len(clash.theirs)
    pairs = zip(clash.base, clash.ours, strict=True) if same else ()
    return same and all(plain([a, "."]) == plain([b, "."]) for a, b in pairs)


def _quoted(base: str, ours: str, theirs: str) -> str:
    """Return the template's line in the team's kind of quotes, where the team changed nothing else of it."""
    for old, new in (("'", '"'), ('"', "'")):
        if base != ours and base.replace(old, new) == ours and not {new, "\\"} & set(theirs):
            return theirs.replace(old, new)
    return theirs


def _tidier(first: Lines, second: Lines) -> bool:
    """Tell whether the first side is the second without spare blanks: those after another one, or inside a bracket."""
    one, other = _stripped(first), _stripped(second)
    return one != other and one == [_SPARE.sub("", line) for line in other]


def _moved(first: Lines, second: Lines) -> bool:
    """Tell whether two sides differ in the indentation of their lines alone."""
    both = [[line.rstrip() for line in side if line.strip()] for side in (first, second)]
    return both[0] != both[1] and _stripped(first) == _stripped(second)


def _stripped(lines: Lines) -> Lines:
    return [text for line in lines if (text := line.strip())]


def _holds(base: Lines, full: Lines, wanted: Lines) -> bool:
    """Tell whether `full` has all that `wanted` added to the base, and nothing of what it took away.

    Lines that one side takes out and the other writes anew are no such case.
    """
    old, want, have = _bag(base), _bag(wanted), _bag(full)
    added, taken = want - old, old - want
    more = have - old
    return bool(added or (taken and not more)) and not added - have and not taken & have


def _bag(lines: Lines) -> Counter[str]:
    return Counter(text for line in lines if (text := line.strip()))


def _newer_pins(clash: Clash) -> bool:
    """Tell whether both sides pin the same packages by hash, ours at no older version, theirs lower none."""
    base, mine, new = (_pins(side) for side in (clash.base, clash.ours, clash.theirs))
    return bool(mine) and mine.keys() == new.keys() and all(
        _number(mine[name]) >= _number(new[name]) >= _number(base.get(name, "0")) > () for name in mine
    )  # fmt: skip


def _pins(lines: Lines) -> dict[str, str]:
    """Return the versions of the packages that lines pin by hash, and nothing where they do more."""
    heads = _unhashed(lines)
    if not any(_HASH in line for line in lines) or not all("==" in head for head in heads):
        return {}
    pairs = (head.partition("==") for head in heads)
    return {name.strip(): version.strip() for name, _, version in pairs}


def _independent(clash: Clash, manner: Manner) -> bool:
    """Tell whether the lines that both sides added at one place may stand one after the other."""
    return all(manner.loose or _ALONE.fullmatch(line) for line in _stripped([*clash.ours, *clash.theirs]))


def _whole(lines: Lines) -> Lines:
    return [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else lines[-1] + "\n"]


def _newer(clash: Clash) -> bool:
    """Tell whether both sides only raised versions, ours at least as far as theirs: its wish is met."""
    base, ours, theirs = (_unhashed(side) for side in (clash.base, clash.ours, clash.theirs))
    if len(ours) != len(theirs) or not all(_raised(mine, new) for mine, new in zip(ours, theirs, strict=True)):
        return False
    old: dict[str, Lines] = {}
    for line in base:
        old.setdefault(_masked(line), []).append(line)
    return all(_raised(new, was) for new in theirs for was in old.get(_masked(new), ()))


def _raised_actions(clash: Clash) -> bool:
    """Tell whether both sides only raised actions, hooks and lower bounds, the template each as far and as firmly.

    A hook or bound it raised to no more than a later patch release of the version that the team chose.
    """
    base, ours, theirs = (_stripped(side) for side in (clash.base, clash.ours, clash.theirs))
    if not len(base) == len(ours) == len(theirs):
        return False
    lines = zip(base, ours, theirs, strict=True)
    return all(
        mine in (was, new) or (new != was and (_further(was, mine, new) or _patched(was, mine, new)))
        for was, mine, new in lines
    )  # fmt: skip


def _patched(base: str, ours: str, theirs: str) -> bool:
    """Tell whether three lines name the version of one hook or bound, the last a later patch release than ours."""
    was, mine, new = (_VERSION.findall(line) for line in (base, ours, theirs))
    named = ours.startswith("rev:") or _FLOOR.fullmatch(ours)
    alike = named and _masked(base) == _masked(ours) == _masked(theirs)
    if not alike or len(was) > 1 or not len(mine) == len(new) == 1:
        return False
    old, this, that = (_number(*found) if found else () for found in (was, mine, new))
    return old < this < that and any(this[:2]) and this[:2] == that[:2] and this[-1] == that[-1]


def _further(base: str, ours: str, theirs: str) -> bool:
    """Tell whether three lines use one action, each at no older version than that before, the last as firmly as ours.

    A commit is firmer than a version, a whole version than a part of one, a release than a pre-release.
    """
    was, mine, new = (_ACTION.fullmatch(line) for line in (base, ours, theirs))
    if was is None or mine is None or new is None or not was[1] == mine[1] == new[1]:
        return False
    numbers = [_number(one[3] or one[2]) for one in (was, mine, new)]
    pinned = bool(_COMMIT.fullmatch(new[2]))
    firm = pinned or (not _COMMIT.fullmatch(mine[2]) and new[2].count(".") >= mine[2].count("."))
    return all(numbers) and numbers == sorted(numbers) and firm and numbers[2][-1] >= numbers[1][-1]


def _alike(base: Lines, theirs: Lines) -> bool:
    """Tell whether two sides differ in versions alone, or in those that a requirement asks for."""
    was, new = ([_masked(_ASKED.sub(r"\1<asked>", line)) for line in _unhashed(side)] for side in (base, theirs))
    return was == new


def _unhashed(lines: Lines) -> Lines:
    """Return lines without the hashes of a pinned requirement, and the comments that say what needs it."""
    return [t.rstrip("\\").strip() for t in _stripped(lines) if not t.startswith((_HASH, "# via", "#   "))]


def _raised(ours: str, theirs: str) -> bool:
    """Tell whether two lines are one, but for versions, none of which is older in ours; what they exclude is one."""
    if plain([ours]) == plain([theirs]):
        return True
    if not _PINS.search(ours) or _masked(ours) != _masked(theirs) or _BOUND.findall(ours) != _BOUND.findall(theirs):
        return False
    mine, new = _VERSION.findall(ours), _VERSION.findall(theirs)
    return 0 < len(mine) == len(new) and all(_number(m) >= _number(n) for m, n in zip(mine, new, strict=True))


def _masked(line: str) -> str:
    return plain([_VERSION.sub("<version>", _REV.sub("<version>", _COMMIT.sub("<commit>", line)))])


def _number(text: str) -> tuple[int, ...]:
    from packaging.version import InvalidVersion, Version

    try:
        found = Version(text)
    except InvalidVersion:
        return ()
    return (*found.release, *(0,) * (6 - len(found.release)), 0 if found.is_prerelease else 1)

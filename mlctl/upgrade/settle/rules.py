"""When a clash of lines is none: one side only lays the base out anew, or holds what the other wants."""

from __future__ import annotations

import re
from collections import Counter

from mlctl.upgrade.settle.lines import Clash, Lines

_LAYOUT = re.compile(r"\s+|,(?=\s*[\])}])|(?<=[\[({])\s+")
_QUOTES = str.maketrans("'", '"')

SAME = "both sides say the same"
HELD = "the template's change is there already"
PLATFORM_LAYOUT = "the template only laid it out anew"
TEAM_LAYOUT = "you only laid it out anew"


def settled(clash: Clash) -> tuple[Lines, str] | None:
    """Return the lines that a clash comes to, and why; nothing where a person must decide."""
    base, ours, theirs = plain(clash.base), plain(clash.ours), plain(clash.theirs)
    if ours == theirs:
        return clash.ours, SAME
    if base and theirs == base:
        return clash.ours, PLATFORM_LAYOUT
    if base and _stripped(clash.ours) == _stripped(clash.base):
        return clash.theirs, TEAM_LAYOUT
    if _holds(clash.base, clash.ours, clash.theirs):
        return clash.ours, HELD
    if _holds(clash.base, clash.theirs, clash.ours):
        return clash.theirs, HELD
    return None


def _stripped(lines: Lines) -> Lines:
    return [text for line in lines if (text := line.strip())]


def plain(lines: Lines) -> str:
    """Return what lines say, without their layout: blanks, kinds of quotes, last commas."""
    text = _LAYOUT.sub(lambda found: "" if found[0].startswith(",") else " ", "\n".join(lines))
    return re.sub(r"\s*([\[\](){},:=])\s*", r"\1", text.translate(_QUOTES)).strip().replace(",]", "]")


def _holds(base: Lines, full: Lines, wanted: Lines) -> bool:
    """Tell whether `full` has all that `wanted` added to the base, and nothing of what it took away."""
    old, want, have = _bag(base), _bag(wanted), _bag(full)
    added, taken = want - old, old - want
    return bool(added or taken) and not added - have and not taken & have


def _bag(lines: Lines) -> Counter[str]:
    return Counter(text for line in lines if (text := line.strip()))

"""The open field: who excuses which rule where, why and until when; what is malformed does not apply."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mlctl.check.inline import Inline
from mlctl.check.rule import REGISTRY
from mlctl.core.project import WAIVERS, Project, matches
from mlctl.core.standards import Standards
from mlctl.tools.errors import printable

KEYS = frozenset(("rule", "paths", "category", "reason", "owner", "until", "approved_by"))


@dataclass(frozen=True)
class Waiver:
    """An excuse for `rule` in `paths` (all where empty) or in one line; `faults` say why it does not apply."""

    rule: str
    paths: tuple[str, ...]
    category: str
    reason: str
    owner: str
    until: str
    approver: str
    file: str
    line: int
    faults: tuple[str, ...] = ()
    inline: bool = False

    def holds(self, today: str) -> bool:
        """Tell whether it applies on the day `today` (ISO); `until` is inclusive."""
        return not self.faults and today <= self.until

    def covers(self, code: str, path: str, line: int) -> bool:
        """Tell whether it is about a finding."""
        if code != self.rule:
            return False
        if self.inline:
            return path == self.file and line == self.line
        return not self.paths or matches(path, self.paths)


def waivers(project: Project, standards: Standards, known: Iterable[str], comments: Iterable[Inline]) -> list[Waiver]:
    """Return the waivers of a project: those of its file and those of its lines."""
    codes = frozenset(known) | REGISTRY.keys()
    lines = [n for n, text in enumerate(project.text(WAIVERS).splitlines(), 1) if re.match(r"-(\s|$)", text)]
    found = []
    for at, said in enumerate(project.waivers):
        line = lines[at] if at < len(lines) else 1
        found.append(_entry(said, line, standards, codes))
    return found + [one for comment in comments for one in _inline(comment, standards, codes)]


def _entry(said: Any, line: int, standards: Standards, codes: frozenset[str]) -> Waiver:
    if not isinstance(said, dict):
        return Waiver("", (), "", "", "", "", "", WAIVERS, line, ("it is no table of keys",))
    texts = {
        key: str(said.get(key) or "").strip() for key in ("rule", "category", "reason", "owner", "until", "approved_by")
    }
    paths = said.get("paths") or []
    faults = [f"there is no key '{printable(str(key))}'" for key in sorted(said.keys() - KEYS, key=str)]
    if not isinstance(paths, list) or not all(
        isinstance(p, str) and ".." not in p and not p.startswith("/") for p in paths
    ):
        faults.append("'paths' is a list of globs below the project")
        paths = []
    faults += _faults(texts, standards, codes, category=True)
    return Waiver(
        texts["rule"], tuple(paths), texts["category"], texts["reason"], texts["owner"], texts["until"],
        texts["approved_by"], WAIVERS, line, tuple(faults),
    )  # fmt: skip


def _inline(said: Inline, standards: Standards, codes: frozenset[str]) -> Iterator[Waiver]:
    for code in (one.strip() for one in said.codes.split(",")):
        texts = {
            "rule": code,
            "reason": said.reason,
            "owner": said.owner,
            "until": said.until,
            "category": "",
            "approved_by": "",
        }
        faults = tuple(_faults(texts, standards, codes, category=False))
        yield Waiver(code, (), "", said.reason, said.owner, said.until, "", said.path, said.line, faults, inline=True)


def _faults(texts: dict[str, str], standards: Standards, codes: frozenset[str], category: bool) -> Iterator[str]:
    """Yield what a waiver lacks."""
    for key in ("rule", "reason", "owner", "until"):
        if not texts[key]:
            yield f"it has no '{key}'"
    if texts["rule"] and texts["rule"] not in codes:
        yield f"there is no rule '{printable(texts['rule'])}'"
    if texts["until"] and not day(texts["until"]):
        yield f"'{printable(texts['until'])}' is no date like 2027-03-31"
    known = standards.table("waivers").get("categories") or []
    if category and texts["category"] not in known:
        yield f"its category is one of {', '.join(map(str, known))}"
    policy = standards.table("policies").get(texts["rule"])
    approver = str(standards.said.get("approver", ""))
    if policy == "locked" and texts["approved_by"] != approver:
        yield f"{texts['rule']} is locked: it needs 'approved_by: \"{approver}\"'"


def day(text: str) -> datetime.date | None:
    """Return the date of an ISO text; nothing where it is none."""
    try:
        return datetime.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None

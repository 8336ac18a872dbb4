"""Attested promises: what is kept outside of the repository, by whom, where that can be seen, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlctl.check.rule import Rule
from mlctl.check.waivers import day
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards
from mlctl.tools.errors import printable

KEYS = frozenset(("see", "owner", "until", "note"))


@dataclass(frozen=True)
class Attestation:
    """That `owner` answers for a promise until a day (ISO), as can be looked up at `see`; `faults`: why it is none."""

    code: str
    see: str
    owner: str
    until: str
    line: int
    faults: tuple[str, ...] = ()

    def holds(self, today: str) -> bool:
        """Tell whether it is complete and in date on the day `today` (ISO); `until` is inclusive."""
        return not self.faults and today <= self.until

    @property
    def words(self) -> str:
        """Who answers, where to look, until when."""
        return f"{self.see} ({self.owner}, until {self.until})"


def attestations(project: Project, standards: Standards, rules: Mapping[str, Rule], today: str) -> list[Attestation]:
    """Return what `attested` in the record says, by code: `{SRV104: {see: URL or path, owner: …, until: DATE}}`."""
    lines = project.text(PROJECT).splitlines()
    found = []
    for code, said in (project.facts.get("attested") or {}).items():
        line = next(
            (n for n, text in enumerate(lines, 1) if re.match(rf"\s+[\"']?{re.escape(code)}[\"']?\s*:", text)), 1
        )
        texts = {key: str(said.get(key) or "").strip() for key in KEYS} if isinstance(said, Mapping) else {}
        faults = tuple(_faults(project, standards, rules.get(code), said, texts, today))
        found.append(
            Attestation(code, texts.get("see", ""), texts.get("owner", ""), texts.get("until", ""), line, faults)
        )
    return found


def _faults(
    project: Project, standards: Standards, rule: Rule | None, said: Any, texts: Mapping[str, str], today: str
) -> Iterator[str]:
    """Yield what an attestation lacks."""
    if not isinstance(said, Mapping):
        yield "it is no table with see, owner and until"
        return
    if rule is None:
        yield "there is no such rule"
    elif not rule.attestable:
        yield "it must be shown by the repository: what does not fit is waived"
    yield from (f"there is no key '{printable(str(key))}'" for key in sorted(said.keys() - KEYS, key=str))
    yield from (f"it has no '{key}'" for key in ("see", "owner", "until") if not texts[key])
    see, end, now = texts["see"], day(texts["until"]), day(today)
    if see and "://" not in see and not project.has(see.partition("#")[0]):
        yield f"'{printable(see)}' is neither an address nor a file of the project"
    if texts["until"] and end is None:
        yield f"'{printable(texts['until'])}' is no date like 2027-03-31"
    longest = standards.number("attestation_days", 365)
    if end and now and (end - now).days > longest:
        yield f"it runs until {texts['until']}, longer than {longest} days"

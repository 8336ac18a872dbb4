"""Writes a waiver into `.mlctl/waivers.yml`, beside what stands there."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from mlctl.check.catalogue import catalogue
from mlctl.check.listing import here_project
from mlctl.check.report import Asked, standards_of
from mlctl.check.waivers import day
from mlctl.core.index import Index, top
from mlctl.core.project import WAIVERS, Project
from mlctl.core.standards import Standards
from mlctl.core.template import Unknown
from mlctl.tools import files, yaml
from mlctl.tools.errors import Invalid, Unable, printable

HEAD = "# Who is excused from which promise of the platform, why, and until when. `mlctl waive` adds to it.\n"


@dataclass(frozen=True)
class Wish:
    """A waiver as it was asked for."""

    code: str
    until: str
    reason: str
    category: str
    owner: str
    paths: tuple[str, ...]
    approver: str


def waive(here: Path, wish: Wish) -> str:
    """Add the waiver and return the file it stands in; raise `Invalid` for one that would not hold."""
    project = here_project(here)
    if project is None or not isinstance(project.repository, Index):
        raise Unable(f"no project is at '{printable(str(top(here)))}'", "run `mlctl adopt` first, or go to the project")
    standards = standards_of(project)
    known = catalogue(standards)
    code = wish.code.upper()
    if code not in known:
        raise Unknown("rule", wish.code, list(known))
    owner = wish.owner or str(project.facts.get("owner") or "")
    _valid(wish, code, owner, standards)
    entry = {"rule": code, "paths": list(wish.paths), "category": wish.category, "reason": wish.reason, "owner": owner,
             "until": wish.until, "approved_by": wish.approver}  # fmt: skip
    _append(project, project.repository.root, {key: value for key, value in entry.items() if value})
    return project.full(WAIVERS)


def _append(project: Project, root: Path, entry: dict[str, object]) -> None:
    path = root / project.full(WAIVERS)
    text = path.read_text("utf-8") if path.is_file() else HEAD
    said = yaml.load(text, project.full(WAIVERS), texts=True)
    if said is not None and not isinstance(said, list):
        raise yaml.Malformed(project.full(WAIVERS), 1, "must be a list of waivers")
    if entry in (said or []):
        return
    if said == []:
        text = text.replace("[]", "")
    start = text if not text or text.endswith("\n") else text + "\n"
    files.replace(path, (start + yaml.dump([entry])).encode())


def _valid(wish: Wish, code: str, owner: str, standards: Standards) -> None:
    limits, end = standards.table("waivers"), day(wish.until)
    today = day(Asked().day) or datetime.date.min
    if end is None:
        raise Invalid(f"'{printable(wish.until)}' is no date", "write it as 2027-03-31")
    if end < today:
        raise Invalid(f"{wish.until} is in the past", "name the last day on which the waiver shall hold")
    most = int(limits.get("max_days", 180))
    if (end - today).days > most:
        latest = (today + datetime.timedelta(days=most)).isoformat()
        raise Invalid(f"a waiver lasts at most {most} days", f"name a day up to {latest}")
    if wish.category not in (limits.get("categories") or []):
        raise Unknown("category", wish.category, list(limits.get("categories") or []))
    if not wish.reason.strip():
        raise Invalid("a waiver needs a reason", 'say why with --reason "…"')
    if not owner:
        raise Invalid("a waiver needs an owner", "name one with --owner, or `owner` in .mlctl/project.yml")
    approver = str(standards.said.get("approver", ""))
    if standards.table("policies").get(code) == "locked" and wish.approver != approver:
        raise Invalid(f"{code} is locked", f"ask {approver}, then add `--approved-by {approver}`")

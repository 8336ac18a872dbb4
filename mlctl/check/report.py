"""Holds projects against their standards and returns all that was found, waived or not."""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mlctl.check.attested import Attestation, attestations
from mlctl.check.cache import Cache
from mlctl.check.catalogue import catalogue
from mlctl.check.code import code
from mlctl.check.rule import SEVERITIES, STAGES, Finding, Rule, reached
from mlctl.check.setting import Setting, setting
from mlctl.check.waivers import Waiver, day, waivers
from mlctl.core.project import Project
from mlctl.core.record import PROJECT, STANDARDS
from mlctl.core.standards import Standards, embedded, parsed


@dataclass(frozen=True)
class Verdict:
    """A finding in force: `path` is the repository's, `waived` says by what, `under` names the rule it follows from."""

    rule: Rule
    severity: str
    path: str
    line: int
    message: str
    fingerprint: str
    waived: str = ""
    under: str = ""
    edit: str = ""
    waiver: Waiver | None = None
    refused: bool = False

    @property
    def counts(self) -> bool:
        """Whether it makes a run fail."""
        return self.severity == "error" and not self.waived


@dataclass(frozen=True)
class Checked:
    """What was found in one project.

    `skipped` rules say why, `awaiting` ones which kind of evidence they need, `attested` ones who answers for them.
    `unseen` files say why nothing looked into them.
    """

    project: Project
    stage: str
    standards: Standards
    verdicts: tuple[Verdict, ...]
    passed: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    awaiting: Mapping[str, str] = field(default_factory=dict)
    attested: Mapping[str, str] = field(default_factory=dict)
    unseen: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> frozenset[str]:
        """The codes of the rules with a finding that is not waived."""
        return frozenset(one.rule.code for one in self.verdicts if not one.waived)

    @property
    def waived(self) -> frozenset[str]:
        """The codes of the rules all of whose findings are waived."""
        return frozenset(one.rule.code for one in self.verdicts) - self.failed


@dataclass(frozen=True)
class Report:
    """What was found in all projects of a run."""

    projects: tuple[Checked, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing makes the run fail."""
        return not any(one.counts for checked in self.projects for one in checked.verdicts)


@dataclass(frozen=True)
class Asked:
    """What a run was asked for; `today` is an ISO date in UTC, `evidence` the machine-readable results by name."""

    stage: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    today: str = ""
    baseline: bool = False
    evidence: Mapping[str, Any] | None = None
    standards: Standards | None = None

    @property
    def day(self) -> str:
        """The day of the run."""
        return self.today or os.environ.get("MLCTL_TODAY") or datetime.datetime.now(datetime.UTC).date().isoformat()

    def wants(self, code: str) -> bool:
        """Tell whether a rule was selected and not ignored, by its code or the start of it."""
        chosen = not self.select or code.startswith(self.select)
        return chosen and not (self.ignore and code.startswith(self.ignore))


def report(projects: Iterable[Project], asked: Asked, cache: Cache | None = None) -> Report:
    """Return what is found in `projects`."""
    return Report(tuple(_checked(project, asked, cache) for project in projects))


def standards_of(project: Project) -> Standards:
    """Return the project's own snapshot of the standards, the embedded ones where it has none."""
    if STANDARDS not in project.names:
        return embedded()
    name = project.full(STANDARDS)
    return parsed(project.repository.read(name), name, "project's")


def stage_of(project: Project, asked: Asked) -> str:
    """Return the stage that a project is held against; raise `Malformed` for one that is none."""
    from mlctl.tools import yaml

    said = asked.stage or project.facts.get("stage") or STAGES[0]
    if said not in STAGES:
        raise yaml.Malformed(
            project.full(PROJECT), project.line(PROJECT, "stage:"), f"'stage' is one of {', '.join(STAGES)}"
        )
    return str(said)


def _checked(project: Project, asked: Asked, cache: Cache | None) -> Checked:
    standards = asked.standards or standards_of(project)
    stage, rules = stage_of(project, asked), catalogue(standards)
    wanted = [one for one in rules.values() if reached(one.stage, stage) and asked.wants(one.code)]
    settings = {one.code: setting(one, standards, project, asked.day) for one in wanted}
    project.memo("evidence", lambda: asked.evidence)
    project.memo("today", lambda: asked.day)
    files = code(project, standards, cache)
    excuses = waivers(project, standards, rules, files.inline)
    answers = attestations(project, standards, rules, asked.day)
    project.memo("waivers", lambda: excuses)
    project.memo("attestations", lambda: answers)
    found: list[Verdict] = []
    skipped = {code: f"switched off in {PROJECT}" for code, how in settings.items() if how.off}
    awaiting = {
        one.code: one.evidence for one in wanted
        if one.code not in skipped and _awaits(one, answers, asked) and any(one.look(project, standards))
    }  # fmt: skip
    for one in wanted:
        if one.code not in skipped and one.code not in awaiting:
            found += _findings(one, project, standards, settings[one.code], asked)
    found, attested = _answered(found, answers, asked.day)
    found = _folded(_baselined(_excused(found, excuses, project, asked.day), project, asked), rules)
    found += _unused(rules, found, excuses, wanted, settings, project, asked)
    other = {verdict.rule.code for verdict in found} | skipped.keys() | awaiting.keys() | attested.keys()
    passed = tuple(one.code for one in wanted if one.code not in other)
    unread = {path: why for path, why in project.repository.unread.items() if path in map(project.full, project.paths)}
    found = [one for one in found if one.path not in unread or one.rule.code == "PRJ100"]
    order = sorted(found, key=lambda v: (v.path, v.line, v.rule.code, v.message))
    return Checked(
        project, stage, standards, tuple(order), passed, skipped, awaiting, attested, {**files.newer, **unread}
    )


def _awaits(rule: Rule, answers: list[Attestation], asked: Asked) -> bool:
    """Tell whether nothing is known yet that would show or attest a promise."""
    if rule.evidence == "demonstrated":
        return not asked.evidence and not any(one.code == rule.code for one in answers)
    return rule.evidence == "attested" and not any(one.code == rule.code for one in answers)


def _answered(found: list[Verdict], answers: list[Attestation], today: str) -> tuple[list[Verdict], dict[str, str]]:
    """Return the verdicts that no attestation answers for, and by code who answers for the others."""
    holding = {one.code: one for one in answers if one.holds(today)}
    late = {one.code: one for one in answers if not one.faults and not one.holds(today)}
    attested = {one.rule.code: holding[one.rule.code].words for one in found if one.rule.code in holding}
    kept = [
        replace(one, message=f"{one.message} (what {late[one.rule.code].owner} attested ended on "
                             f"{late[one.rule.code].until})") if one.rule.code in late else one
        for one in found if one.rule.code not in attested
    ]  # fmt: skip
    return kept, attested


def _findings(rule: Rule, project: Project, standards: Standards, how: Setting, asked: Asked) -> list[Verdict]:
    """Return what a rule finds in a project."""
    if rule.scope == "file":
        files = code(project, standards)
        found = [finding for code_, finding in files.findings if code_ == rule.code]
        found = [one for one in found if not (rule.unless and rule.unless(files, one.path))]
    else:
        found = list(rule.look(project, standards))
    if how.refused:
        found_refused = Finding(PROJECT, f"{rule.code} is {how.policy}: '{how.refused}' does not hold, a waiver does")
        return [_verdict(rule, how.severity, project, f) for f in found] + [
            _verdict(rule, "warning", project, found_refused)
        ]
    return [_verdict(rule, how.severity, project, finding) for finding in found]


def _verdict(rule: Rule, severity: str, project: Project, finding: Finding) -> Verdict:
    path = finding.path[1:] if finding.path.startswith("/") else project.full(finding.path)
    text = "\0".join([rule.code, path, project.folder, " ".join(finding.message.split())])
    mark = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Verdict(rule, severity, path, finding.line, finding.message, mark, edit=finding.edit)


def _excused(found: list[Verdict], excuses: list[Waiver], project: Project, today: str) -> list[Verdict]:
    """Return the verdicts with those marked that a waiver covers; one that has expired is told."""
    result = []
    for one in found:
        inside = one.path.removeprefix(f"{project.folder}/" if project.folder else "")
        meta = one.rule.code.startswith("WVR")
        fitting = [w for w in excuses if not meta and w.covers(one.rule.code, inside, one.line)]
        holding = next((w for w in fitting if w.holds(today)), None)
        late = next((w for w in fitting if not w.faults and not w.holds(today)), None)
        if holding:
            one = replace(one, waived=f"{holding.reason} ({holding.owner}, until {holding.until})", waiver=holding)
        elif late:
            one = replace(one, message=f"{one.message} (its waiver ended on {late.until})")
        result.append(one)
    return result


def _baselined(found: list[Verdict], project: Project, asked: Asked) -> list[Verdict]:
    if not asked.baseline:
        return found
    known = project.baseline
    return [replace(v, waived=v.waived or "it is in the baseline") if v.fingerprint in known else v for v in found]


def _folded(found: list[Verdict], rules: Mapping[str, Rule]) -> list[Verdict]:
    """Return the verdicts with the consequences put under the promise whose breaking they follow from.

    An error never hides below a warning.
    """
    broken: dict[str, Verdict] = {}
    for one in found:
        broken.setdefault(one.rule.code, one)
    result = []
    for one in found:
        roots = (broken[needed] for needed in one.rule.requires if needed in broken)
        root = next((r for r in roots if SEVERITIES.index(r.severity) >= SEVERITIES.index(one.severity)), None)
        waived = one.waived or (root.waived if root else "")
        result.append(replace(one, under=root.rule.code, waived=waived) if root else one)
    return result


def _unused(
    rules: Mapping[str, Rule], found: list[Verdict], excuses: list[Waiver], wanted: list[Rule],
    settings: Mapping[str, Setting], project: Project, asked: Asked,
) -> list[Verdict]:  # fmt: skip
    """Return a finding for each waiver that excuses nothing, of the rules that were looked at."""
    if "WVR103" not in settings:
        return []
    ran = {one.code for one in wanted if not settings[one.code].off and one.evidence == "observed"}
    used = {id(one.waiver) for one in found if one.waiver}
    return [
        _verdict(rules["WVR103"], settings["WVR103"].severity, project,
                 Finding(w.file, f"the waiver of {w.rule} excuses nothing", w.line, edit="" if w.inline else "waiver"))
        for w in excuses if w.rule in ran and w.holds(asked.day) and id(w) not in used and day(w.until)
    ]  # fmt: skip

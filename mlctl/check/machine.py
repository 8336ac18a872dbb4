"""A report for machines: JSON, SARIF 2.1.0 and GitHub's annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from mlctl import __version__
from mlctl.check.fix import mendable
from mlctl.check.report import Checked, Report, Verdict
from mlctl.tools.errors import printable

LEVELS = {"error": "error", "warning": "warning", "info": "note"}
WORDS = {"error": "error", "warning": "warning", "info": "notice"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def document(report: Report) -> dict[str, Any]:
    """Return the report as `mlctl.check/1`."""
    return {"schema": "mlctl.check/1", "projects": [_project(checked) for checked in report.projects]}


def _project(checked: Checked) -> dict[str, Any]:
    return {
        "path": checked.project.folder or ".",
        "stage": checked.stage,
        "standards": checked.standards.origin,
        "rules": {
            "passed": list(checked.passed),
            "failed": sorted(checked.failed),
            "waived": sorted(checked.waived),
            "skipped": [{"code": c, "why": why} for c, why in sorted(checked.skipped.items())]
            + [{"code": c, "why": f"awaiting evidence: {kind}"} for c, kind in sorted(checked.awaiting.items())],
            "attested": [{"code": c, "by": words} for c, words in sorted(checked.attested.items())],
        },
        "findings": [_finding(one, checked) for one in checked.verdicts],
    }


def _finding(one: Verdict, checked: Checked) -> dict[str, Any]:
    return {
        "code": one.rule.code, "name": one.rule.name, "severity": one.severity, "path": one.path,
        "line": one.line or None, "message": one.message, "mend": one.rule.mend, "waived": one.waived or None,
        "follows_from": one.under or None, "evidence": one.rule.evidence,
        "fixable": mendable(checked, one), "fingerprint": one.fingerprint,
    }  # fmt: skip


def statistics(report: Report) -> dict[str, Any]:
    """Return how often each rule was broken and waived."""
    found = [one for checked in report.projects for one in checked.verdicts]
    open_, waived = (Counter(v.rule.code for v in found if bool(v.waived) is w) for w in (False, True))
    names = {one.rule.code: one.rule.name for one in found}
    rows = [
        {"code": c, "name": names[c], "findings": open_[c], "waived": waived[c]}
        for c in sorted(names, key=lambda c: (-open_[c], c))
    ]
    return {"schema": "mlctl.check.statistics/1", "rules": rows}


def sarif(report: Report, foreign: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Return the report as SARIF 2.1.0, waived findings as suppressed results, with the runs of other tools."""
    found = [one for checked in report.projects for one in checked.verdicts]
    rules = {one.rule.code: one.rule for one in found}
    order = {code: at for at, code in enumerate(sorted(rules))}
    waiting = {code: kind for checked in report.projects for code, kind in checked.awaiting.items()}
    driver = {
        "name": "mlctl", "version": __version__, "semanticVersion": __version__,
        "rules": [
            {"id": code, "name": code, "shortDescription": {"text": rules[code].name},
             "fullDescription": {"text": rules[code].why}, "help": {"text": rules[code].mend},
             "defaultConfiguration": {"level": LEVELS[rules[code].severity]}}
            for code in order
        ],
    }  # fmt: skip
    run = {
        "tool": {"driver": driver}, "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"REPOSITORY": {"description": {"text": "the top of the repository"}}},
        "invocations": [{"executionSuccessful": True, "toolConfigurationNotifications": [
            {"level": "note", "descriptor": {"id": code}, "message": {"text": f"{code} awaits evidence: {kind}"}}
            for code, kind in sorted(waiting.items())
        ]}],
        "results": [_result(one, order[one.rule.code]) for one in found],
    }  # fmt: skip
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run, *foreign]}


def _result(one: Verdict, at: int) -> dict[str, Any]:
    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(one.path, errors="surrogateescape"), "uriBaseId": "REPOSITORY"}
    }
    if one.line:
        place["region"] = {"startLine": one.line}
    result: dict[str, Any] = {
        "ruleId": one.rule.code, "ruleIndex": at, "level": LEVELS[one.severity],
        "message": {"text": printable(one.message)}, "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"mlctl/v1": one.fingerprint}, "suppressions": [],
    }  # fmt: skip
    if one.waived:
        kind = "inSource" if one.waiver and one.waiver.inline else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": one.waived}]
    return result


def notices(report: Report) -> Iterator[str]:
    """Yield GitHub's workflow commands, one a finding that is not waived."""
    for checked in report.projects:
        for one in checked.verdicts:
            if not one.waived:
                line = f",line={one.line}" if one.line else ""
                title = _property(f"{one.rule.code} {one.rule.name}")
                place = f"file={_property(one.path)}{line},title={title}"
                yield f"::{WORDS[one.severity]} {place}::{_data(one.message)}%0A{_data(one.rule.mend)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

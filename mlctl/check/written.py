"""Rules as data: what a platform writes in `standards/rules/*.yml` becomes the same `Rule` as code does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mlctl.check.primitives import Check, compiled
from mlctl.check.rule import EVIDENCE, POLICIES, SEVERITIES, STAGES, Example, Finding, Rule
from mlctl.core.project import Project
from mlctl.core.standards import Standards
from mlctl.tools.errors import Invalid, printable
from mlctl.tools.limits import limited

SECONDS = 2.0
KEYS = frozenset(("code", "name", "stage", "severity", "policy", "since", "effective_on", "check", "when", "why",
                  "mend", "message", "at", "good", "bad", "evidence", "requires", "fix", "attestable"))  # fmt: skip


class BadRule(Invalid):
    """A rule of the standards that is none."""

    def __init__(self, standards: Standards, code: str, why: str) -> None:
        lines = standards.text.splitlines()
        line = next(
            (n for n, text in enumerate(lines, 1) if code and re.search(rf"code:\s*.?{re.escape(code)}", text)), 1
        )
        place = f"{printable(standards.name)}:{line}: " if standards.name else "the standards: "
        super().__init__(
            f"{place}the rule {printable(code) or 'without a code'} {why}",
            "correct it in the platform's standards/rules, or put back .mlctl/standards.yml with `mlctl upgrade`",
        )


def written(standards: Standards) -> list[Rule]:
    """Return the rules that `standards` bring as data."""
    found = [_rule(said, standards) for said in standards.rules]
    doubles = {one.code for one in found if sum(other.code == one.code for other in found) > 1}
    if doubles:
        raise BadRule(standards, min(doubles), "stands twice")
    return found


def _rule(said: Any, standards: Standards) -> Rule:
    if not isinstance(said, dict):
        raise BadRule(standards, "", "is no table of keys")
    code = str(said.get("code", ""))
    _valid(said, code, standards)
    check = compiled(said["check"], lambda why: BadRule(standards, code, why))
    return Rule(
        code, str(said["name"]), said["stage"], said.get("severity", "error"), said.get("policy", "recommended"),
        "project", str(said.get("since", "")), _flat(said["why"]), _flat(said["mend"]),
        _look(said, check, code, standards),
        _examples(said["good"], code, standards), _examples(said["bad"], code, standards), said.get("fix", "none"),
        said.get("evidence", "observed"), str(said.get("effective_on", "")), tuple(said.get("requires") or ()),
        attestable=said.get("attestable") is True or said.get("evidence") == "attested",
        origin=f"the {standards.origin} standards",
    )  # fmt: skip


def _valid(said: dict[str, Any], code: str, standards: Standards) -> None:
    if not re.fullmatch(r"[A-Z]{3}\d{3}", code):
        raise BadRule(standards, code, "its code must be three letters and three digits")
    for key in ("name", "stage", "check", "why", "mend", "good", "bad"):
        if not said.get(key):
            raise BadRule(standards, code, f"has no '{key}'")
    for key in sorted(said.keys() - KEYS):
        raise BadRule(standards, code, f"there is no key '{printable(str(key))}' in a rule")
    for key, known in (("stage", STAGES), ("severity", SEVERITIES), ("policy", POLICIES), ("evidence", EVIDENCE)):
        if key in said and said[key] not in known:
            raise BadRule(standards, code, f"'{key}' is one of {', '.join(known)}")


def _look(
    said: dict[str, Any], check: Check, code: str, there: Standards
) -> Callable[[Project, Standards], Iterator[Finding]]:
    """Return the function that looks: where `when` does not hold the rule says nothing."""
    when = compiled({"all": said["when"]}, lambda why: BadRule(there, code, why)) if said.get("when") else None
    at, message = str(said.get("at", "")), str(said.get("message", said["name"]))

    def look(project: Project, standards: Standards) -> Iterator[Finding]:
        try:
            with limited(SECONDS):
                result = None if when and not when(project, standards).holds else check(project, standards)
        except TimeoutError as error:
            raise BadRule(there, code, f"takes longer than {SECONDS} seconds") from error
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            raise BadRule(there, code, f"has an option that does not fit ({printable(str(error))[:80]})") from error
        if result and not result.holds:
            telling = [place for place in result.places if place[1] or place[2] or not at]
            for path, line, more in telling or [(at or "pyproject.toml", 0, "")]:
                yield Finding(path, f"{message}: {more}" if more else message, line)

    return look


def _examples(said: Any, code: str, standards: Standards) -> tuple[Example, ...]:
    found = said if isinstance(said, list) else [said]
    if not all(isinstance(one, dict) for one in found):
        raise BadRule(standards, code, "an example is a table of paths and texts")
    return tuple({str(path): str(text if text is not None else "") for path, text in one.items()} for one in found)


def _flat(text: Any) -> str:
    return " ".join(str(text).split())

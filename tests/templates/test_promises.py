"""Every choice of components is ready for production: what is left out is missed by its own rules, and by no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.check.report import Asked, Checked, report
from mlctl.core import platform, source, units
from mlctl.core.ask import ask
from mlctl.core.project import Drawn, Project
from mlctl.core.record import Place, record
from mlctl.core.render import render

PLATFORM = platform.find(source.parse("mlctl", Path.cwd()), platform.WORKTREE)
CATALOG = units.catalog(PLATFORM)
OTHERS = [n for n, unit in CATALOG.components.items() if n not in CATALOG.defaults and unit.provides != "ci"]
MISSED = {
    "ci-github": {"PRJ106", "PRJ107", "TRN111", "EVL102", "SEC104", "SEC105", "DPL106", "RTR101"},
    "monitoring": {"MON101", "MON103"},
    "retrain": {"RTR101"},
}


def checked(ci: str, added: tuple[str, ...] = (), dropped: tuple[str, ...] = ()) -> Checked:
    """The verdict at stage production on a project as it was rendered, with a lock."""
    template = units.template(PLATFORM, "", added, dropped)
    answers = ask(template, {"project_name": "churn", "ci": ci}, None, False)
    rendering = render(template, answers, {})
    files: dict[str, str | bytes] = {path: entry.data for path, entry in rendering.files.items()}
    files |= record(template, answers, rendering, [Place("mlctl")]).files() | {"uv.lock": ""}
    return report([Project(Drawn(files))], Asked(stage="production", today="2027-01-01")).projects[0]


def told(found: Checked) -> set[str]:
    """What is missing, with its place."""
    return {f"{one.rule.code} {one.path}: {one.message}" for one in found.verdicts}


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_a_fresh_project_keeps_every_promise_of_production(ci: str) -> None:
    found = checked(ci)
    assert told(found) == set()
    assert found.awaiting == {"EVL101": "demonstrated"}


@pytest.mark.parametrize("name", OTHERS)
def test_a_component_more_or_swapped_breaks_no_promise(name: str) -> None:
    assert told(checked("github", added=(name,))) == set()


@pytest.mark.parametrize("name", [n for n in CATALOG.defaults if CATALOG.components[n].provides != "tracking"])
def test_a_component_less_is_missed_by_its_own_rules_alone(name: str) -> None:
    missing = {one.rule.code for one in checked("github", dropped=(name,)).verdicts}
    assert missing <= MISSED.get(name, set())


def test_without_ci_only_what_ci_would_do_is_missed() -> None:
    assert {one.rule.code for one in checked("none").verdicts} <= MISSED["ci-github"]

"""What a report holds: stages, severities, waivers, consequences, baselines."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import pytest

from mlctl.check.report import Asked, Checked, report
from mlctl.core.project import Drawn, Project, projects
from mlctl.core.standards import Standards, embedded
from mlctl.tools.errors import MlctlError

PATH = {"src/a.py": "X = '/home/ada/x'\n", ".mlctl/project.yml": "stage: shared\n"}
WAIVER = {"rule": "PRJ110", "category": "time", "reason": "moving", "owner": "'@t'", "until": "2027-01-31"}


def checked(sketch: Mapping[str, str], **asked: Any) -> Checked:
    return report([Project(Drawn(sketch))], Asked(today="2027-01-01", **asked)).projects[0]


def waived(**more: str) -> dict[str, str]:
    said = "\n  ".join(f"{key}: {value}" for key, value in {**WAIVER, **more}.items())
    return {**PATH, ".mlctl/waivers.yml": f"- {said}\n"}


def codes(found: Checked) -> set[str]:
    return {one.rule.code for one in found.verdicts if not one.waived}


def test_a_rule_holds_from_its_stage_on() -> None:
    assert "PRJ110" not in codes(checked({**PATH, ".mlctl/project.yml": "stage: explore"}))
    assert "PRJ110" in codes(checked(PATH))
    assert "PRJ110" in codes(checked({**PATH, ".mlctl/project.yml": "stage: explore"}, stage="production"))


def test_a_waiver_excuses_and_stays_in_sight() -> None:
    found = checked(waived(), select=("PRJ110",))
    assert [one.waived for one in found.verdicts] == ["moving (@t, until 2027-01-31)"]
    assert found.waived == {"PRJ110"}


@pytest.mark.parametrize("more", [{"until": "2026-12-31"}, {"owner": ""}, {"paths": "[docs/**]"}])
def test_a_waiver_that_is_late_incomplete_or_elsewhere_does_not_apply(more: dict[str, str]) -> None:
    assert "PRJ110" in codes(checked(waived(**more), select=("PRJ110",)))


def test_an_expired_waiver_is_told_with_the_finding() -> None:
    found = checked(waived(until="2026-12-31"), select=("PRJ110", "WVR"))
    assert "its waiver ended on 2026-12-31" in found.verdicts[-1].message
    assert "WVR102" in codes(found)


def test_code_in_what_is_no_python_file_is_read_by_no_rule_over_python() -> None:
    text = "from sklearn.preprocessing import StandardScaler\nfrom sklearn.model_selection import train_test_split\n"
    leak = f"{text}train_test_split(StandardScaler().fit_transform(X))\n"
    assert "FEA104" in codes(checked({"a.py": leak}, stage="shared"))
    assert "FEA104" not in codes(checked({"a.txt": leak}, stage="shared"))


def test_what_names_no_module_that_a_rule_asks_for_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    real = ast.parse
    monkeypatch.setattr(ast, "parse", lambda data, *more: parsed.append(str(data)) or real(data, *more))
    files = {f"src/a{number}.py": f"import os\nX = {number}\n" for number in range(9)}
    checked({**files, "src/b.py": "import prefect\n"}, stage="production")
    assert len(parsed) == 1


def test_the_last_day_of_a_waiver_still_counts() -> None:
    assert "PRJ110" not in codes(checked(waived(until="2027-01-01"), select=("PRJ110",)))


def test_a_comment_waives_its_own_line_alone() -> None:
    comment = "  # mlctl: ignore[PRJ110] until=2027-02-01 owner=@t -- a sample\n"
    found = checked({**PATH, "src/a.py": f"X = '/home/ada/x'{comment}Y = '/home/ada/y'\n"}, select=("PRJ110", "WVR"))
    assert [(one.line, bool(one.waived)) for one in found.verdicts] == [(1, True), (2, False)]


def test_a_waiver_comment_inside_a_string_is_none() -> None:
    text = "X = '''/home/ada/x # mlctl: ignore[PRJ110] until=2027-02-01 owner=@t -- no'''\n"
    assert "PRJ110" in codes(checked({**PATH, "src/a.py": text}, select=("PRJ110",)))


def test_a_locked_rule_needs_the_approver() -> None:
    there = waived(rule="SEC101")
    assert "SEC101" in codes(checked(there, select=("SEC101",)))
    approved = waived(rule="SEC101", approved_by="'@ml-platform'")
    assert "SEC101" not in codes(checked(approved, select=("SEC101",)))


def test_a_project_switches_off_what_is_recommended_and_raises_freely() -> None:
    record = "stage: shared\ncheck: {disable: [PRJ110], severities: {PRJ103: error}}"
    found = checked({**PATH, ".mlctl/project.yml": record})
    assert "PRJ110" in found.skipped
    assert {one.severity for one in found.verdicts if one.rule.code == "PRJ103"} == {"error"}


def test_a_project_can_not_lower_what_is_required() -> None:
    record = "stage: production\ncheck: {disable: [EVL102]}"
    found = checked({".mlctl/project.yml": record}, select=("EVL102",))
    assert [one.severity for one in found.verdicts] == ["warning", "error"]
    assert "a waiver does" in found.verdicts[0].message


def test_a_consequence_stands_under_the_promise_it_follows_from() -> None:
    found = checked({".mlctl/project.yml": "stage: production\nentry_points: {train: t, serve: s}", "t.py": ""})
    under = {one.rule.code: one.under for one in found.verdicts}
    assert under["FEA102"] == "PRJ106"
    assert under["DPL105"] == "MON106"


def test_an_error_is_a_warning_until_its_day() -> None:
    standards = Standards({**embedded().said, "effective_on": {"SEC101": "2027-02-01"}})
    found = checked({"README.md": ""}, select=("SEC101",), standards=standards)
    assert [one.severity for one in found.verdicts] == ["warning"]


def test_the_baseline_holds_findings_whatever_line_they_move_to() -> None:
    mark = checked(PATH, select=("PRJ110",)).verdicts[0].fingerprint
    moved = {**PATH, "src/a.py": f"\n\n{PATH['src/a.py']}", ".mlctl/baseline.json": f'{{"findings": ["{mark}"]}}'}
    assert "PRJ110" in codes(checked(moved, select=("PRJ110",)))
    assert "PRJ110" not in codes(checked(moved, select=("PRJ110",), baseline=True))


def test_each_project_of_a_repository_has_its_own_stage_and_paths() -> None:
    sketch = {
        "a/.mlctl/project.yml": "stage: shared",
        "a/src/x.py": PATH["src/a.py"],
        "b/.mlctl/project.yml": "stage: explore",
    }
    found = report(projects(Drawn(sketch)), Asked(today="2027-01-01", select=("PRJ110",)))
    assert [(one.project.folder, one.stage, [v.path for v in one.verdicts]) for one in found.projects] == [
        ("a", "shared", ["a/src/x.py"]), ("b", "explore", []),
    ]  # fmt: skip


def test_what_must_be_demonstrated_waits_for_evidence() -> None:
    there = {".mlctl/project.yml": "stage: production"}
    assert checked(there, select=("EVL101",)).awaiting == {"EVL101": "demonstrated"}
    assert checked(there, select=("EVL101",), evidence={}).awaiting
    assert "EVL101" in codes(checked(there, select=("EVL101",), evidence={"demo": {"rows": 3}}))
    assert "EVL101" not in codes(checked(there, select=("EVL101",), evidence={"demo": {"baseline": 0.5}}))


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        (".mlctl/project.yml", "stage: lab", "project.yml:1"),
        (".mlctl/project.yml", "owner: a\nentry_points: 3", "project.yml:2"),
        (".mlctl/lock.json", '{"schema": "mlctl.lock/1", "layers": 3}', "lock.json:1"),
        (".mlctl/waivers.yml", "a: b", "waivers.yml:1"),
        (".mlctl/standards.yml", "schema: mlctl.standards/1\nlimits: {a: b}", "standards.yml:2"),
        (".mlctl/standards.yml", "schema: mlctl.standards/1\nrules:\n- code: ABC001", "standards.yml:3"),
    ],
)
def test_a_broken_file_of_ours_is_named_with_its_line(path: str, text: str, place: str) -> None:
    with pytest.raises(MlctlError) as error:
        checked({".mlctl/project.yml": "stage: regulated", path: text}, stage="" if "lab" in text else "regulated")
    assert place in error.value.sentence
    assert error.value.hint
    assert error.value.code == 2


ANSWER = "  {}: {{see: 'https://monitor.example/12', owner: '@ops', until: {}}}\n"
PRODUCTION = "stage: regulated\nattested:\n"


def test_what_is_attested_is_told_with_who_answers_for_it() -> None:
    found = checked({".mlctl/project.yml": PRODUCTION + ANSWER.format("MON101", "2027-06-30")}, select=("MON101",))
    assert found.attested == {"MON101": "https://monitor.example/12 (@ops, until 2027-06-30)"}
    assert (found.verdicts, found.passed) == ((), ())


def test_an_attestation_that_ended_brings_the_finding_back() -> None:
    record = PRODUCTION + ANSWER.format("MON101", "2026-12-31")
    found = checked({".mlctl/project.yml": record}, select=("MON101", "WVR105"))
    assert codes(found) == {"MON101", "WVR105"}
    assert "what @ops attested ended on 2026-12-31" in found.verdicts[0].message
    assert {one.line for one in found.verdicts if one.rule.code == "WVR105"} == {3}


def test_the_last_day_of_an_attestation_still_counts() -> None:
    record = PRODUCTION + ANSWER.format("MON101", "2027-01-01")
    assert checked({".mlctl/project.yml": record}, select=("MON101",)).attested


@pytest.mark.parametrize("code", ["SEC101", "XYZ999", "PRJ106"])
def test_what_the_repository_itself_must_show_can_not_be_attested(code: str) -> None:
    record = PRODUCTION + ANSWER.format(code, "2027-06-30")
    found = checked({".mlctl/project.yml": record, "a.py": ""}, select=("SEC101", "PRJ106", "WVR105"))
    assert codes(found) == {"SEC101", "PRJ106", "WVR105"}
    assert found.attested == {}


def test_what_is_kept_here_needs_no_attestation() -> None:
    record = PRODUCTION + ANSWER.format("MON101", "2027-06-30")
    assert checked({".mlctl/project.yml": record, "src/drift.py": ""}, select=("MON101",)).passed == ("MON101",)


def test_what_can_only_be_attested_waits_until_somebody_answers() -> None:
    there = {"datasets.yml": "datasets:\n  a:\n    pii: true\n", ".mlctl/project.yml": "stage: regulated\n"}
    assert checked(there, select=("EVL104",)).awaiting == {"EVL104": "attested"}
    answered = {**there, ".mlctl/project.yml": PRODUCTION + ANSWER.format("EVL104", "2027-06-30")}
    assert checked(answered, select=("EVL104",)).awaiting == {}
    late = {**there, ".mlctl/project.yml": PRODUCTION + ANSWER.format("EVL104", "2026-06-30")}
    assert codes(checked(late, select=("EVL104",))) == {"EVL104"}

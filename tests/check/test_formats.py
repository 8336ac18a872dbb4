"""What machines read: stable keys, valid SARIF, GitHub's commands that nobody can forge."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from mlctl.check import machine
from mlctl.check.report import Asked, Report, report
from mlctl.core.project import Drawn, Project

WAIVER = """\
- rule: PRJ110
  category: time
  reason: moving
  owner: '@t'
  until: 2027-01-31
"""
COMMENT = "# mlctl: ignore[TRN105] until=2027-02-01 owner=@t -- why not"
SKETCH = {
    ".mlctl/project.yml": "stage: shared\n", ".mlctl/waivers.yml": WAIVER, "src/a b.py": "X = '/home/ada/x'\n",
    "src/b.py": f"from sklearn.cluster import KMeans\nKMeans(3)  {COMMENT}\n",
}  # fmt: skip


def found(sketch: Mapping[str, str] = SKETCH) -> Report:
    return report([Project(Drawn(sketch))], Asked(today="2027-01-01"))


def test_json_has_the_promised_keys() -> None:
    document = json.loads(json.dumps(machine.document(found())))
    assert document["schema"] == "mlctl.check/1"
    project = document["projects"][0]
    assert {"path", "stage", "standards", "rules", "findings"} <= project.keys()
    assert project["rules"].keys() == {"passed", "failed", "waived", "skipped", "attested"}
    promised = {"code", "name", "severity", "path", "line", "message", "mend", "waived", "fixable", "fingerprint"}
    assert all(promised <= one.keys() for one in project["findings"])


def test_sarif_suppresses_what_is_waived_and_hides_nothing() -> None:
    run = machine.sarif(found())["runs"][0]
    results = {one["ruleId"]: one for one in run["results"]}
    assert [one["kind"] for one in results["PRJ110"]["suppressions"]] == ["external"]
    assert [one["kind"] for one in results["TRN105"]["suppressions"]] == ["inSource"]
    assert results["SEC101"]["suppressions"] == []
    place = results["PRJ110"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "src/a%20b.py"
    assert place["region"] == {"startLine": 1}


def test_every_sarif_result_points_to_its_rule() -> None:
    run = machine.sarif(found())["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert all(one["partialFingerprints"] for one in run["results"])


def test_reports_of_other_tools_become_runs() -> None:
    other = {"tool": {"driver": {"name": "other"}}, "results": []}
    assert machine.sarif(found(), (other,))["runs"][1] == other


def test_github_s_commands_can_not_be_forged_by_a_file_s_name() -> None:
    lines = list(machine.notices(found({"a.py\n::error::x,y:z.py": "<<<<<<< a\n=======\n>>>>>>> b\n"})))
    assert all(line.startswith(("::error file=", "::warning file=")) for line in lines)
    assert not any("\n" in line for line in lines)


def test_a_fingerprint_does_not_move_with_lines() -> None:
    moved = {**SKETCH, "src/a b.py": "\n\nX = '/home/ada/x'\n"}
    marks = [{one.rule.code: one.fingerprint for one in found(s).projects[0].verdicts} for s in (SKETCH, moved)]
    assert marks[0]["PRJ110"] == marks[1]["PRJ110"]


@pytest.mark.parametrize("count", [0, 1])
def test_statistics_count_by_rule(count: int) -> None:
    sketch = {f"src/{n}.py": "X = '/home/ada/x'\n" for n in range(count)} | {".mlctl/project.yml": "stage: shared"}
    rows = {row["code"]: row["findings"] for row in machine.statistics(found(sketch))["rules"]}
    assert rows.get("PRJ110", 0) == count


def test_what_waits_for_evidence_is_told_in_every_format() -> None:
    there = found({".mlctl/project.yml": "stage: production\n", "src/a.py": ""})
    run = machine.sarif(there)["runs"][0]
    notes = run["invocations"][0]["toolConfigurationNotifications"]
    assert [(one["descriptor"]["id"], one["level"]) for one in notes] == [("EVL101", "note")]
    assert "EVL101" not in {one["ruleId"] for one in run["results"]}
    skipped = machine.document(there)["projects"][0]["rules"]["skipped"]
    assert {"code": "EVL101", "why": "awaiting evidence: demonstrated"} in skipped


def test_what_is_attested_is_told_with_who_answers() -> None:
    record = "stage: production\nattested: {MON101: {see: 'https://m.example', owner: '@t', until: 2027-02-01}}\n"
    rules = machine.document(found({".mlctl/project.yml": record}))["projects"][0]["rules"]
    assert rules["attested"] == [{"code": "MON101", "by": "https://m.example (@t, until 2027-02-01)"}]
    assert "MON101" not in rules["failed"] + rules["passed"]

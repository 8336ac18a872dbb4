"""`mlctl platform test` holds a platform against the bar and tells what its next release will do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlctl.catalog.cases import cases
from mlctl.catalog.place import place
from tests import kit
from tests.kit import TOP

README = f"base/{TOP}/README.md"
LONG = "".join(f"line {number} of {{{{ cookiecutter.project_name }}}}\n\n" for number in range(12))


@pytest.fixture
def folder(folder: Path) -> Path:
    """A sound platform with one release, and a golden tree."""
    kit.write(folder, README, LONG)
    kit.write(folder, "golden.txt", "")
    kit.release(folder, "v1.0.0")
    return folder


def proven(bench: kit.Mlctl, *flags: str, code: int | None = None) -> dict[str, object]:
    """Return what `platform test` says as data."""
    done = bench("platform", "test", "--format", "json", *flags, timeout=240)
    assert done.code in (0, 1), done.err
    assert code is None or done.code == code, done.out
    found: dict[str, object] = json.loads(done.out)
    return found


def test_each_pair_of_choices_stands_in_some_case(folder: Path) -> None:
    kit.append(folder, "base/unit.yml", "  # no more\n")
    found = cases(place(folder))
    ports = {(dict(case.answers).get("ci"), "tracking" in case.added) for case in found[1:]}
    assert ports == {(ci, there) for ci in ("github", "gitlab", "none") for there in (True, False)}
    public = {(dict(case.answers).get("ci"), dict(case.answers).get("public")) for case in found[1:]}
    assert public == {(ci, said) for ci in ("github", "gitlab", "none") for said in ("no", "yes")}


def test_a_need_is_kept_in_every_case(folder: Path) -> None:
    kit.append(folder, "components/tracking/unit.yml", "needs: [ci-gitlab]\n")
    found = [case for case in cases(place(folder)) if "tracking" in case.added]
    assert found
    for case in found:  # it comes along, so nobody is asked
        assert "ci" not in dict(case.answers), case.told


def test_the_golden_tree_tells_what_is_rendered_otherwise(folder: Path, bench: kit.Mlctl) -> None:
    bench("platform", "test", "--regold", "--last", "0")
    assert proven(bench, "--last", "0")["golden"] == []
    kit.write(folder, "components/tracking/" + TOP + "/src/tracking.py", "import mlflow  # anew\n")
    drift = proven(bench, "--last", "0", code=1)["golden"]
    assert isinstance(drift, list)
    assert len(drift) == 2
    assert all("src/tracking.py" in line for line in drift)


def test_a_broken_promise_is_a_fault_of_the_case(folder: Path, bench: kit.Mlctl) -> None:
    (folder / README).unlink()
    found = proven(bench, "--last", "0", "--only", "service/1", code=1)
    [case] = found["cases"]  # type: ignore[misc]
    assert "SML001 README.md: there is a README" in case["faults"]


def test_a_promise_that_only_an_absent_component_keeps_is_excused(folder: Path, bench: kit.Mlctl) -> None:
    (folder / README).unlink()
    kit.append(folder, "components/tracking/unit.yml", "keeps: [SML001]\n")
    kit.write(folder, f"components/tracking/{TOP}/README.md", "# {{ cookiecutter.project_name }}\n")
    found = proven(bench, "--last", "0")
    faults = [fault for case in found["cases"] for fault in case["faults"] if "SML001" in fault]  # type: ignore[attr-defined]
    assert faults == []


def test_what_differs_each_time_is_a_fault(folder: Path, bench: kit.Mlctl) -> None:
    kit.append(folder, README, "{{ range(10**5) | random }}\n")
    found = proven(bench, "--last", "0", "--only", "service/1", code=1)
    assert "'README.md' is rendered differently the second time" in str(found["cases"])


def test_history_is_replayed_untouched_and_edited(folder: Path, bench: kit.Mlctl) -> None:
    kit.release(folder, "v1.1.0", {README: LONG.replace("line 2 of", "line two of")})
    kit.write(folder, README, LONG.replace("line 2 of", "line 2, of"))
    found = proven(bench, "--only", "v1.")
    names = [one["name"] for one in found["upgrades"]]  # type: ignore[attr-defined]
    assert names == [f"{v}/service/{how}" for v in ("v1.1.0", "v1.0.0") for how in ("untouched", "edited")]
    assert all(not one["lost"] and not one["faults"] for one in found["upgrades"])  # type: ignore[attr-defined]


def test_a_conflict_is_predicted_for_those_who_edited(folder: Path, bench: kit.Mlctl) -> None:
    kit.write(folder, f"components/ci-github/{TOP}/.github/workflows/ci.yml", "on: push\n# a line of the platform\n")
    found = {one["how"]: one for one in proven(bench, "--only", "v1.")["upgrades"]}  # type: ignore[attr-defined]
    assert found["untouched"]["conflicts"] == []
    assert found["edited"]["conflicts"] == [".github/workflows/ci.yml"]
    assert found["edited"]["lost"] == []


def test_a_promise_that_a_release_would_break_is_predicted(folder: Path, bench: kit.Mlctl) -> None:
    rules = folder / "standards" / "rules" / "readme.yml"
    rules.write_text(rules.read_text() + rules.read_text().replace("SML001", "SML002").replace("README.md", "NOTES.md"))
    found = proven(bench, "--only", "v1.0.0")["upgrades"]
    assert [one["broken"] for one in found] == [["SML002"], ["SML002"]]  # type: ignore[attr-defined]


def test_a_fault_names_the_command_that_tries_it_again(folder: Path, bench: kit.Mlctl) -> None:
    (folder / README).unlink()
    done = bench("platform", "test", "--last", "0", timeout=240)
    again = next(line for line in done.out.splitlines() if "again:" in line).partition("again: mlctl ")[2]
    assert again == "platform test --only service/1"
    assert bench(*again.split()).code == 1


def test_a_platform_that_is_a_folder_of_its_repository_is_replayed_from_inside(
    folder: Path, bench: kit.Mlctl, tmp_path: Path
) -> None:
    there = (tmp_path / "repository").resolve()
    shutil.copytree(folder, there / "templates", ignore=shutil.ignore_patterns(".git"))
    kit.release(there, "v2.0.0")
    words = ("platform", "test", "--format", "json", "--only", "v2.0.0/service/untouched")
    done = bench(*words, cwd=there / "templates", timeout=240)
    [found] = json.loads(done.out)["upgrades"]
    assert (done.code, found["faults"]) == (0, []), done.err

"""`mlctl platform test` holds a platform against the bar and tells what its next release will do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from itertools import combinations, product
from pathlib import Path

import pytest

from mlctl.catalog.cases import cases, pairwise, runs
from mlctl.catalog.place import place
from mlctl.check.catalogue import built_in
from tests import kit
from tests.kit import TOP

RUN = {
    "base/unit.yml": "about: all\nquestions:\n  project_name: {prompt: Name?, default: churn}\n"
    'derived: {project_slug: "{{ cookiecutter.project_name }}"}\ngenerated: [uv.lock]\n',
    f"base/{TOP}/tests/test_it.py": "def test_it():\n    assert True\n",
    f"base/{TOP}/.pre-commit-config.yaml": "repos:\n  - repo: local\n    hooks:\n"
    "      - {id: no-print, name: no print, language: pygrep, entry: 'print[(]', types: [python]}\n",
    "kinds/service/unit.yml": "about: a service\nquestions:\n  public: {prompt: Public?, choices: [no, yes]}\n",
    "components/tracking/unit.yml": "about: MLflow\n",
}
DEFAULT = {"ci": "github", "public": "no"}
README = f"base/{TOP}/README.md"
LONG = "".join(f"line {number} of {{{{ cookiecutter.project_name }}}}\n\n" for number in range(12))


@pytest.fixture
def folder(folder: Path) -> Path:
    """A sound platform with one release, and a golden tree."""
    kit.write(folder, README, LONG)
    kit.write(folder, "golden.txt", "")
    kit.release(folder, "v1.0.0")
    return folder


@pytest.fixture
def light(folder: Path) -> Path:
    """The same platform, its projects without a package and asked for a README alone: they are run in a moment."""
    for path, text in RUN.items():
        kit.write(folder, path, text)
    kit.append(folder, "standards/standards.yml", f"severities: {dict.fromkeys(built_in(), 'info')}\n")
    return folder


def pairs(rows: Iterable[Sequence[object]]) -> set[object]:
    """Return which two values stand side by side in some row, with their places."""
    return {pair for row in rows for pair in combinations(enumerate(row), 2)}


def proven(bench: kit.Mlctl, *flags: str, code: int | None = None) -> dict[str, object]:
    """Return what `platform test` says as data."""
    done = bench("platform", "test", "--format", "json", *flags, timeout=240)
    assert done.code in (0, 1), done.err
    assert code is None or done.code == code, done.out
    found: dict[str, object] = json.loads(done.out)
    return found


def test_each_pair_of_choices_stands_in_some_case(folder: Path) -> None:
    kit.append(folder, "base/unit.yml", "  # no more\n")
    found = [(DEFAULT | dict(case.answers), "tracking" in case.added) for case in cases(place(folder))]
    every = product(("github", "gitlab", "none"), (True, False), ("no", "yes"))
    stood = [(answers["ci"], there, answers["public"]) for answers, there in found]
    assert pairs(stood) == pairs(every)
    assert len(stood) <= 7


def test_few_rows_hold_each_pair_of_many_choices() -> None:
    choices = {f"port-{n}": ["", "one", "other"] for n in range(5)} | {f"extra-{n}": ["", "there"] for n in range(5)}
    rows = [tuple(row.values()) for row in pairwise(choices, lambda row: True, dict.fromkeys(choices, ""))]
    assert pairs(rows) == pairs(product(*choices.values()))
    assert len(rows) <= 15


def test_each_pair_of_components_stands_in_some_run_and_nothing_else_varies(folder: Path) -> None:
    found = runs(place(folder))
    assert found[0].told == "-k service"
    assert {(dict(case.answers)["ci"], case.added) for case in found[1:]} | {("github", ())} == {
        (ci, added) for ci in ("github", "gitlab", "none") for added in ((), ("tracking",))
    }
    assert len(found) == 6
    assert all(dict(case.answers).keys() == {"ci"} for case in found[1:])


def test_a_choice_beside_no_other_is_tried_in_each_of_its_ways() -> None:
    assert [row["ci"] for row in pairwise({"ci": ["", "github"]}, lambda row: True, {"ci": ""})] == ["", "github"]


def test_what_a_case_is_told_to_lack_does_not_come_along(folder: Path) -> None:
    kit.write(folder, "components/deploy/unit.yml", "about: it needs both\nneeds: [tracking, ci]\n")
    settings = (folder / "platform.yml").read_text()
    kit.write(folder, "platform.yml", settings.replace("components: [", "components: [deploy, "))
    found = [case for case in runs(place(folder)) if "deploy" in case.added]
    assert {dict(case.answers)["ci"] for case in found} == {"github", "gitlab"}
    assert all("tracking" in case.added for case in found)


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


def test_a_fault_of_a_pair_is_found_and_told_with_the_command_that_tries_it_again(
    light: Path, bench: kit.Mlctl
) -> None:
    alone = "from pathlib import Path\n\n\ndef test_alone():\n    assert not Path('.gitlab-ci.yml').exists()\n"
    kit.write(light, f"components/tracking/{TOP}/tests/test_alone.py", alone)
    done = bench("platform", "test", "--last", "0", "--run", "--only", "run/", timeout=240)
    lines = done.out.splitlines()
    assert (done.code, lines[-1].partition("replayed, ")[2]) == (1, "6 run; 1 with faults")
    [told] = [line for line in lines if line.endswith(": -k service --with tracking --set ci=gitlab")][:1]
    assert lines[lines.index(told) + 1] == "  tests stopped:"
    assert "test_alone" in done.out
    [retry] = [line.partition("again: mlctl ")[2] for line in lines if "again: mlctl " in line]
    again = bench(*retry.split(), timeout=240)
    assert (again.code, again.out.splitlines()[-1].partition("replayed, ")[2]) == (1, "1 run; 1 with faults")


def test_a_fault_that_only_a_hook_of_the_project_sees_is_found(light: Path, bench: kit.Mlctl) -> None:
    kit.write(light, f"kinds/service/{TOP}/src/service.py", "print('here')\n")
    [found] = proven(bench, "--run", "--only", "run/service/1", code=1)["runs"]  # type: ignore[misc]
    assert list(found["steps"]) == ["new", "install", "hooks"]
    assert "hooks stopped:\nno print" in found["faults"][0]
    assert "src/service.py:1:print('here')" in found["faults"][0]


def test_a_project_without_hooks_is_run_without_them(light: Path, bench: kit.Mlctl) -> None:
    (light / f"base/{TOP}/.pre-commit-config.yaml").unlink()
    [found] = proven(bench, "--run", "--only", "run/service/1", code=0)["runs"]  # type: ignore[misc]
    assert list(found["steps"]) == ["new", "install", "tests", "evidence"]


def test_a_name_that_no_case_has_is_refused(folder: Path, bench: kit.Mlctl) -> None:
    done = bench("platform", "test", "--only", "run/service/1")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "error: no case's name holds 'run/service/1'",
        " hint: drop `--only`, or add `--run` for the cases that are run",
    ]


def test_a_run_is_excused_from_what_only_an_absent_component_keeps(light: Path, bench: kit.Mlctl) -> None:
    (light / README).unlink()
    kit.append(light, "components/tracking/unit.yml", "keeps: [SML001]\n")
    [there, *_] = [case for case in runs(place(light)) if case.added]
    [without] = proven(bench, "--run", "--only", "run/service/1", code=0)["runs"]  # type: ignore[misc]
    [beside] = proven(bench, "--run", "--only", f"run/{there.name}", code=1)["runs"]  # type: ignore[misc]
    assert without["faults"] == []
    assert "1 error, " in beside["faults"][0]

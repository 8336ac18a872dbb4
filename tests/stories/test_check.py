"""`mlctl check`, `mlctl rules` and `mlctl waive` from the command line, over real repositories."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import kit

NOTEBOOK = """\
{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": 3,
   "outputs": [{"text": "7"}],
   "source": ["x"]
  }
 ]
}
"""
RECORD = "# ours\nstage: shared\nowner: '@team'\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a record and some broken promises."""
    files = {".mlctl/project.yml": RECORD, "a.ipynb": NOTEBOOK, "src/a.py": "X = '/home/ada/x'\n"}
    return kit.make_repo(tmp_path / "churn", files)


def test_findings_end_in_1_and_exit_zero_masks_them(repository: Path, mlctl: kit.Mlctl) -> None:
    assert mlctl("check", cwd=repository).code == 1
    assert mlctl("check", "--exit-zero", cwd=repository).code == 0
    assert mlctl("check", "--select", "TPL", cwd=repository).code == 0


def test_the_text_names_rule_place_and_mend(repository: Path, mlctl: kit.Mlctl) -> None:
    said = mlctl("check", "--select", "PRJ110", cwd=repository).out
    assert "warning PRJ110 no absolute machine paths in code" in said
    assert "src/a.py:1: '/home/ada/x' is a path of one machine" in said
    assert "→ Name the file relative to the project" in said


def test_json_alone_is_on_stdout(repository: Path, mlctl: kit.Mlctl) -> None:
    found = mlctl("check", "--format", "json", cwd=repository)
    assert json.loads(found.out)["projects"][0]["stage"] == "shared"
    assert found.err == ""


def test_a_result_is_written_to_a_file(repository: Path, mlctl: kit.Mlctl) -> None:
    found = mlctl("check", "--format", "sarif", "--output", "out.sarif", cwd=repository)
    assert found.out == ""
    assert json.loads((repository / "out.sarif").read_text())["version"] == "2.1.0"


def test_a_report_is_written_to_a_pipe_or_through_a_link_and_takes_the_place_of_neither(
    repository: Path, mlctl: kit.Mlctl, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        mlctl("check", "--format", "json", "--output", str(tmp_path / "pipe"), cwd=repository)
        assert reader.stdout is not None
        assert json.load(reader.stdout)["schema"]
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "link").symlink_to("report.json")
    mlctl("check", "--format", "json", "--output", str(tmp_path / "link"), cwd=repository)
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "report.json").read_text())["schema"]


def test_fix_clears_outputs_and_unused_waivers_and_keeps_comments(repository: Path, mlctl: kit.Mlctl) -> None:
    entry = "- rule: {}\n  category: time # why\n  reason: r\n  owner: '@t'\n  until: 2026-12-31\n"
    kit.write(
        repository, ".mlctl/waivers.yml", "# head\n" + entry.format("TRN105") + "# next\n" + entry.format("PRJ110")
    )
    kit.commit(repository)
    shown = mlctl("check", "--diff", cwd=repository, env={"MLCTL_TODAY": "2026-12-01"})
    assert "-- rule: TRN105" in shown.out
    assert shown.code == 1
    mlctl("check", "--fix", cwd=repository, env={"MLCTL_TODAY": "2026-12-01"})
    assert json.loads((repository / "a.ipynb").read_text())["cells"][0]["outputs"] == []
    assert (repository / ".mlctl/waivers.yml").read_text() == "# head\n# next\n" + entry.format("PRJ110")


def test_diff_writes_nothing(repository: Path, mlctl: kit.Mlctl) -> None:
    mlctl("check", "--diff", cwd=repository)
    assert (repository / "a.ipynb").read_text() == NOTEBOOK


def test_waive_writes_what_check_takes(repository: Path, mlctl: kit.Mlctl) -> None:
    today = {"MLCTL_TODAY": "2027-01-01"}
    done = mlctl(
        "waive",
        "PRJ110",
        "--until",
        "2027-02-01",
        "--reason",
        "it: moves",
        "--path",
        "src/**",
        cwd=repository,
        env=today,
    )
    assert done.code == 0, done.err
    kit.commit(repository)
    found = json.loads(mlctl("check", "--select", "PRJ110,WVR", "--format", "json", cwd=repository, env=today).out)
    assert found["projects"][0]["rules"]["waived"] == ["PRJ110"]
    assert found["projects"][0]["rules"]["failed"] == []


def test_a_waiver_that_is_written_twice_stands_there_once(repository: Path, mlctl: kit.Mlctl) -> None:
    wish = (
        "waive",
        "PRJ110",
        "--until",
        "2027-02-01",
        "--reason",
        'it is "ours": #1',
        "--path",
        "a.py",
        "--path",
        "*.x",
    )
    for more, times in (((), 1), ((), 1), (("--category", "tooling-gap"), 2)):
        assert mlctl(*wish, *more, cwd=repository, env={"MLCTL_TODAY": "2027-01-01"}).code == 0
        assert (repository / ".mlctl/waivers.yml").read_text().count("PRJ110") == times


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("NOPE", "--until", "2027-02-01", "--reason", "r"), "there is no rule 'NOPE'"),
        (("PRJ110", "--until", "soon", "--reason", "r"), "'soon' is no date"),
        (("PRJ110", "--until", "2029-01-01", "--reason", "r"), "at most 180 days"),
        (("PRJ110", "--until", "2027-02-01", "--reason", " "), "needs a reason"),
        (("SEC101", "--until", "2027-02-01", "--reason", "r"), "SEC101 is locked"),
        (("PRJ110", "--until", "2027-02-01", "--reason", "r", "--category", "x"), "there is no category 'x'"),
    ],
)
def test_a_waiver_that_would_not_hold_is_refused(
    repository: Path, mlctl: kit.Mlctl, arguments: tuple[str, ...], words: str
) -> None:
    done = mlctl("waive", *arguments, cwd=repository, env={"MLCTL_TODAY": "2027-01-01"})
    assert done.code == 2
    assert words in done.err
    assert done.err.count("\n") == 2
    assert not (repository / ".mlctl/waivers.yml").exists()


@pytest.mark.parametrize("place", [".mlctl/waivers.yml", ".mlctl/.waivers.yml.mlctl"])
def test_a_folder_where_a_waiver_is_to_be_written_is_named(repository: Path, mlctl: kit.Mlctl, place: str) -> None:
    kit.write(repository, f"{place}/a", "a\n")
    before = kit.snapshot(repository)
    wish = ("waive", "PRJ110", "--until", "2027-02-01", "--reason", "r")
    kit.refused(mlctl(*wish, cwd=repository, env={"MLCTL_TODAY": "2027-01-01"}), 3, "waivers.yml")
    assert kit.snapshot(repository) == before


def test_rules_explains_one_with_its_examples(repository: Path, mlctl: kit.Mlctl) -> None:
    said = mlctl("rules", "prj110", cwd=repository).out
    assert "A path of one machine works on that machine." in said
    assert "Broken:" in said
    assert "the severity is set by the rule itself" in said


def test_rules_says_which_line_sets_a_rule_and_what_was_refused(repository: Path, mlctl: kit.Mlctl) -> None:
    said = "stage: shared\ncheck:\n  severities: {DAT106: error}\n  disable: [SEC101]\n"
    kit.write(repository, ".mlctl/project.yml", said)
    assert "the severity is set by .mlctl/project.yml:3" in mlctl("rules", "DAT106", cwd=repository).out
    said = mlctl("rules", "SEC101", cwd=repository).out
    assert "the policy by the embedded standards" in said
    assert ".mlctl/project.yml says 'off': that does not hold for what is locked" in said
    listed = json.loads(mlctl("rules", "--format", "json", cwd=repository).out)
    assert len(listed["rules"]) > 50


def test_the_baseline_only_shrinks(repository: Path, mlctl: kit.Mlctl) -> None:
    mlctl("check", "--write-baseline", cwd=repository)
    kit.commit(repository)
    assert mlctl("check", "--baseline", cwd=repository).code == 0
    kit.write(repository, "data/a.csv", "1,2\n" * 40_000)
    kit.commit(repository)
    assert mlctl("check", "--baseline", cwd=repository).code == 1
    mlctl("check", "--write-baseline", cwd=repository)
    assert mlctl("check", "--baseline", cwd=repository).code == 1


def test_reports_of_other_tools_are_merged(repository: Path, mlctl: kit.Mlctl) -> None:
    run = {"tool": {"driver": {"name": "gitleaks"}}, "results": [{"message": {"text": "x"}}]}
    kit.write(repository, "out/g.sarif", json.dumps({"version": "2.1.0", "runs": [run]}))
    found = mlctl("check", "--with-reports", "out", "--format", "sarif", cwd=repository)
    assert json.loads(found.out)["runs"][1] == run


def test_run_alone_runs_the_project_s_commands(repository: Path, mlctl: kit.Mlctl) -> None:
    said = "evidence: {demo: {run: 'sh make.sh', file: build/demo.json}}\n"
    kit.write(repository, ".mlctl/project.yml", RECORD + said)
    kit.write(repository, "make.sh", "mkdir -p build; echo '{\"baseline\": 0.5}' > build/demo.json\n")
    kit.commit(repository)
    asked = ("check", "--stage", "production", "--select", "EVL101")
    assert "awaiting evidence" in mlctl(*asked, cwd=repository).out
    assert not (repository / "build").exists()
    assert mlctl(*asked, "--run", cwd=repository).code == 0


def test_a_command_of_blanks_is_none(repository: Path, mlctl: kit.Mlctl) -> None:
    kit.write(repository, ".mlctl/project.yml", RECORD + "evidence: {demo: {run: ' ', file: demo.json}}\n")
    kit.commit(repository)
    done = mlctl("check", "--run", cwd=repository)
    assert (done.code, "needs `run` and `file`" in done.err) == (2, True)


def test_one_project_of_several_is_named_by_its_path(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    root = kit.make_repo(tmp_path / "mono", {"a/.mlctl/project.yml": RECORD, "b/.mlctl/project.yml": RECORD})
    found = json.loads(mlctl("check", "b", "--format", "json", cwd=root).out)
    assert [one["path"] for one in found["projects"]] == ["b"]
    assert len(json.loads(mlctl("check", "--format", "json", cwd=root).out)["projects"]) == 2


def test_a_project_that_git_does_not_know_yet_is_told_as_such(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    root = kit.make_repo(tmp_path / "mono", {"a/.mlctl/project.yml": RECORD})
    kit.write(root, "b/.mlctl/project.yml", RECORD)
    words = "'b' is a project that is not in git's index"
    assert words in mlctl("check", "b", cwd=root).err
    assert words in mlctl("check", cwd=root / "b").err
    assert words not in mlctl("check", "a", cwd=root).err
    kit.git(root, "add", "b")
    assert words not in mlctl("check", "b", cwd=root).err
    whole = kit.make_repo(tmp_path / "whole", {"a.txt": "a"})
    kit.write(whole, ".mlctl/project.yml", RECORD)
    assert "'whole' is a project that is not in git's index" in mlctl("check", cwd=whole).err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere",), 2, "does not exist"),
        (("--stage", "lab"), 2, "there is no stage 'lab'"),
        (("--select", "XYZ"), 2, "there is no rule 'XYZ'"),
        (("--fix", "--staged"), 2, "--fix changes files"),
        (("--with-reports", "nowhere"), 2, "is no folder"),
    ],
)
def test_asked_wrongly_is_two_lines(
    repository: Path, mlctl: kit.Mlctl, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found = mlctl("check", *arguments, cwd=repository)
    assert (found.code, found.out) == (code, "")
    assert words in found.err
    assert [line.partition(":")[0] for line in found.err.splitlines()] == ["error", " hint"]


def test_outside_of_a_repository_it_can_not(mlctl: kit.Mlctl) -> None:
    found = mlctl("check")
    assert found.code == 3
    assert "lies in no git repository" in found.err


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A repository whose files would leave a canary if they ran, and files that are hard to read."""
    text = f"open({str(tmp_path / 'canary')!r}, 'w')\n"
    names = ("conftest.py", "setup.py", "sitecustomize.py", "usercustomize.py", "typer.py", "yaml.py", "mlctl.py")
    root = kit.make_repo(tmp_path / "r", dict.fromkeys(names, text))
    kit.write(root, "git", f"#!/bin/sh\ntouch {tmp_path / 'canary'}\n", executable=True)
    odd = {"nul.py": b"x = 1\0", "broken.py": b"def f(:\n", "latin.py": b"x = '\xe9'\n", "a\x1b[31m.py": b"def g(:\n"}
    for name, data in odd.items():
        kit.write(root, name, data)
    kit.write(root, "deep.py", "x = " + "(" * 5000 + ")" * 5000)
    kit.write(root, "huge.ipynb", '{"cells": [{"outputs": ["' + "x" * 30_000_000 + '"]}]}')
    (root / "loop").symlink_to("loop2")
    (root / "loop2").symlink_to("loop")
    kit.commit(root)
    return root


@pytest.mark.parametrize("how", [(), ("--staged",), ("--hook",), ("--stage", "regulated")])
def test_nothing_of_the_project_runs_and_odd_files_are_findings(
    hostile: Path, mlctl: kit.Mlctl, how: tuple[str, ...]
) -> None:
    found = mlctl("check", *how, cwd=hostile, env={"PATH": f".:{os.environ['PATH']}"})
    assert found.code == 1
    assert not (hostile.parent / "canary").exists()
    assert "\x1b" not in found.out
    for path in ("nul.py", "broken.py:1", "latin.py", "deep.py", "huge.ipynb"):
        assert path in found.out


def test_no_network_is_needed(repository: Path, mlctl: kit.Mlctl) -> None:
    alone = ("unshare", "-rn")
    if mlctl("--version", before=alone).code != 0:
        pytest.skip("this system does not let a process leave the network")
    assert mlctl("check", cwd=repository, before=alone) == mlctl("check", cwd=repository)

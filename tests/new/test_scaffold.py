"""What is committed, told and refused when a project is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import kit

TOP = "{{cookiecutter.project_slug}}"


@pytest.mark.parametrize("ignored", [".*\n", "*.json\n", ".mlctl/\n", "*\n"])
def test_the_record_is_committed_whatever_the_project_ignores(mlctl: kit.Mlctl, template: Path, ignored: str) -> None:
    kit.write(template, f"{TOP}/.gitignore", ignored)
    assert mlctl("new", "-p", str(template), "-y").code == 0
    held = kit.git(mlctl.here / "churn", "ls-files").splitlines()
    assert {".mlctl/project.yml", ".mlctl/lock.json"} <= set(held)


@pytest.mark.parametrize("path", [".mlctl", ".mlctl/lock.json", ".MLCTL/project.yml"])
def test_a_template_may_not_write_the_record(mlctl: kit.Mlctl, template: Path, path: str) -> None:
    kit.write(template, f"{TOP}/{path}", "mine\n")
    kit.refused(mlctl("new", "-p", str(template), "-y"), 3, "unsafe path")
    assert list(mlctl.here.iterdir()) == []


def test_a_name_of_the_template_can_not_forge_what_is_told(mlctl: kit.Mlctl, template: Path) -> None:
    settings = {"templates": {"k\x1b[31m\nerror: no": {"path": "./inner"}}}
    (template / "cookiecutter.json").rename(kit.write(template, "inner/cookiecutter.json", ""))
    (template / TOP).rename(template / "inner" / TOP)
    kit.write(template, "cookiecutter.json", json.dumps(settings))
    done = mlctl("new", "-p", str(template), "-y")
    assert done.code == 0, done.err
    assert "made churn from k\\x1b[31m\\nerror: no worktree" in done.out


def test_a_dry_run_runs_no_hook_and_says_so(mlctl: kit.Mlctl, template: Path, tmp_path: Path) -> None:
    for hook in ("pre_prompt", "post_gen_project"):
        kit.write(template, f"hooks/{hook}.sh", f"#!/bin/sh\ntouch {tmp_path}/canary\n", executable=True)
    done = mlctl("new", "-p", str(template), "-y", "--trust", "--dry-run")
    assert "would run the template's hooks/pre_prompt.sh" in done.err
    assert not (tmp_path / "canary").exists()


def test_a_pre_prompt_hook_makes_the_template_and_is_recorded(mlctl: kit.Mlctl, template: Path) -> None:
    hook = '#!/bin/sh\necho \'{"project_slug": "made"}\' > cookiecutter.json\nrm -r */src\n'
    kit.write(template, "hooks/pre_prompt.sh", hook, executable=True)
    kit.write(template, f"{TOP}/README.md", "plain\n")
    done = mlctl("new", "-p", str(template), "-y", "--trust")
    assert done.code == 0, done.err
    record = json.loads((mlctl.here / "made/.mlctl/lock.json").read_text())
    assert record["hooks_ran"] == ["hooks/pre_prompt.sh"]
    assert list(record["manifest"]) == ["README.md"]

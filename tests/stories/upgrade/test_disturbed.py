"""People who work while an upgrade runs, and what an earlier one left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import kit
from tests.upgrade.kit import LINES, Story, snapshot

HERS = LINES.replace("line 2\n", "line 2, hers\n")
CLASH = LINES.replace("line 2\n", "line 2, new\n")
Meanwhile = Callable[[str, str], dict[str, str]]


@pytest.fixture
def meanwhile(tmp_path: Path) -> Meanwhile:
    """Give an environment in which `script` runs in the shell just before git is asked for `verb` the first time."""

    def around(verb: str, script: str) -> dict[str, str]:
        words = f'#!/bin/sh\nfor word; do case "$word" in {verb}) mkdir {tmp_path}/once 2>/dev/null && (\n{script}\n)\n'
        real = shutil.which("git")
        kit.write(tmp_path, "bin/git", f'{words};; esac; done\nexec {real} "$@"\n', executable=True)
        return {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}

    return around


def two_files(story) -> Story:
    """A project with an edit, and a release that changes one file and brings one."""
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"b.py": "b2\n", "new/n.py": "new\n"})
    return it


def folders(it: Story) -> list[str]:
    """Return the folders of the work tree."""
    return sorted(at for at, _, _ in os.walk(it.project) if not at.startswith(f"{it.project}/.git"))


@pytest.mark.parametrize("verb", ["merge-tree", "index-pack"])
def test_a_file_that_is_edited_while_the_upgrade_runs_keeps_the_edit(story, meanwhile, verb: str) -> None:
    it = two_files(story)
    refused = it("upgrade", env=meanwhile(verb, f"echo meanwhile > {it.project}/b.py"))
    assert refused.code == 3
    assert "b.py" in refused.err
    assert it.files() == {"a.py": HERS, "b.py": "meanwhile\n"}
    kit.git(it.project, "checkout", "b.py")
    assert it("upgrade").code == 0
    assert it.files() == {"a.py": HERS, "b.py": "b2\n", "new/n.py": "new\n"}


@pytest.mark.parametrize("verb", ["merge-tree", "index-pack"])
def test_a_file_that_appears_while_the_upgrade_runs_stays(story, meanwhile, verb: str) -> None:
    it = two_files(story)
    script = f"mkdir {it.project}/new; echo meanwhile > {it.project}/new/n.py"
    refused = it("upgrade", env=meanwhile(verb, script))
    assert refused.code == 3
    assert "new/n.py" in refused.err
    assert it.files() == {"a.py": HERS, "b.py": "b\n", "new/n.py": "meanwhile\n"}
    assert kit.git(it.project, "status", "--porcelain") == "?? new/"


def test_a_file_that_is_edited_before_an_upgrade_is_taken_back_is_named(story, meanwhile) -> None:
    it = two_files(story)
    refused = it("upgrade", env=meanwhile("update-index", f"echo hers >> {it.project}/b.py; kill -TERM $PPID"))
    kit.refused(refused, 3, "changed while the upgrade ran, and left alone: b.py; all else is as it was")
    assert it.files() == {"a.py": HERS, "b.py": "b2\nhers\n"}
    assert kit.git(it.project, "status", "--porcelain") == "M b.py"


@pytest.mark.parametrize("stopped", [True, False])
def test_an_empty_folder_of_the_users_stays_where_an_upgrade_is_taken_back(story, meanwhile, stopped: bool) -> None:
    it = story({"a.py": LINES, "old/b.py": "b\n"})
    it.release("v2", {"models/.gitkeep": "", "data/raw/.gitkeep": "", "new/n/n.py": "n\n", "old/b.py": None})
    for folder in ("models", "data"):
        (it.project / folder).mkdir()
    before = folders(it)
    if stopped:
        assert it("upgrade", env=meanwhile("update-index", "kill -TERM $PPID")).code == 143
    else:
        assert it("upgrade").code == 0
        assert not (it.project / "old").exists()
        assert it("upgrade", "--abort").code == 0
    assert folders(it) == before


def test_a_commit_that_is_made_while_the_upgrade_runs_stops_it(story, meanwhile) -> None:
    it = two_files(story)
    commit = f"cd {it.project} && git commit --quiet --allow-empty -m meanwhile"
    refused = it("upgrade", env=meanwhile("merge-tree", commit))
    assert (refused.code, it.files()) == (3, {"a.py": HERS, "b.py": "b\n"})
    assert "HEAD moved" in refused.err


def test_the_second_of_two_upgrades_names_the_first(story, meanwhile, mlctl) -> None:
    it = two_files(story)
    env = mlctl.environment(meanwhile("merge-tree", "sleep 20"))
    first = subprocess.Popen([str(kit.SCRIPT), "upgrade"], cwd=it.project, env=env, stderr=subprocess.DEVNULL)
    while not (it.project / ".git/mlctl/upgrade.lock").exists():
        time.sleep(0.05)
    time.sleep(0.2)
    refused = it("upgrade")
    assert refused.code == 3
    assert f"(process {first.pid})" in refused.err
    assert first.wait(60) == 0
    assert it.files() == {"a.py": HERS, "b.py": "b2\n", "new/n.py": "new\n"}


def test_markers_that_were_committed_are_named_before_anything_is_merged_on_top(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": CLASH})
    assert it("upgrade").code == 1
    kit.commit(it.project, "All of it")
    it.release("v3", {"b.py": "b3\n"})
    before = snapshot(it.project)
    for words in (["upgrade"], ["upgrade", "--dry-run"]):
        refused = it(*words)
        assert refused.code == 3
        assert refused.err.startswith("error: conflict markers of an earlier upgrade are committed in a.py\n hint: ")
    assert snapshot(it.project) == before
    it.edit({"a.py": HERS})
    assert it("upgrade").code == 0
    assert it.files() == {"a.py": HERS, "b.py": "b3\n"}


def test_a_platform_is_fetched_once(tmp_path: Path, mlctl: kit.Mlctl, platform: Path) -> None:
    made = mlctl("new", "churn", "-p", platform.as_uri(), "--defaults")
    assert made.code == 0, made.err
    kit.release(platform, "v1.1.0", {f"base/{kit.TOP}/new.txt": "new\n"})
    log = f'#!/bin/sh\nfor word; do [ "$word" = fetch ] && echo >> {tmp_path}/log; done\n'
    kit.write(tmp_path, "bin/git", f'{log}exec {shutil.which("git")} "$@"\n', executable=True)
    env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    assert mlctl("upgrade", "--commit", cwd=mlctl.here / "churn", env=env).code == 0
    assert (mlctl.here / "churn/new.txt").read_text() == "new\n"
    assert (tmp_path / "log").read_text() == "\n"

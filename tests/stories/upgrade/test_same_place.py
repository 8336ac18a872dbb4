"""An upgrade that puts a folder where the team has a file of its own, or a file where it has a folder."""

from __future__ import annotations

import os

import pytest

from tests import kit
from tests.upgrade.kit import LINES, snapshot

HERS = LINES.replace("line 2\n", "line 2, hers\n")
ITS = LINES.replace("line 11\n", "line 11, new\n")


def test_a_file_of_the_team_stays_beside_the_folder_that_takes_its_name(story) -> None:
    it = story({"a.py": LINES})
    it.edit({"conf": "own\n", "a.py": HERS})
    it.release("v2", {"conf/main.yml": "x: 1\n", "a.py": ITS})
    before = snapshot(it.project)
    done = it("upgrade")
    assert done.code == 1, done.err
    assert it.read("conf~your-project") == "own\n"
    assert it.read("conf/main.yml") == "x: 1\n"
    assert "removed" not in done.out
    assert it("upgrade", "--abort").code == 0
    assert snapshot(it.project) == before


def test_a_link_of_the_team_is_not_taken_away_for_a_folder(story) -> None:
    it = story({"a.py": LINES, "src/b.py": "b\n"})
    os.symlink("src", it.project / "conf")
    kit.commit(it.project)
    it.release("v2", {"conf/main.yml": "x: 1\n"})
    refused = it("upgrade")
    assert (refused.code, "the link 'conf' lies where" in refused.err) == (3, True)
    kit.git(it.project, "mv", "conf", "there")
    kit.commit(it.project)
    assert it("upgrade", "--commit").code == 0


def test_a_link_of_the_team_where_the_template_edits_the_file_is_told_in_words(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    kit.remove(it.project, "a.py")
    os.symlink("b.py", it.project / "a.py")
    kit.commit(it.project)
    it.release("v2", {"a.py": ITS})
    done = it("upgrade")
    assert done.code == 1
    assert "a.py   it is of another kind on each side" in done.out


def test_a_dry_run_tells_what_would_stand_in_the_way(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.release("v2", {"c.py": "c\n", "b.py": "b2\n"})
    kit.write(it.project, "c.py", "not tracked\n")
    seen = it("upgrade", "--dry-run")
    assert seen.code == 0
    assert "note: in the way of the upgrade itself: a file that git does not track: c.py\n" in seen.err
    kit.remove(it.project, "c.py")
    kit.write(it.project, "b.py", "not committed\n")
    assert "note: in the way of the upgrade itself: uncommitted changes: b.py\n" in it("upgrade", "--diff").err
    assert "in the way" in it("upgrade").err


def test_a_folder_of_the_team_stays_where_a_file_of_the_template_takes_its_name(story) -> None:
    it = story({"a.py": LINES})
    it.edit({"conf/own.yml": "own\n"})
    it.release("v2", {"conf": "x: 1\n"})
    assert it("upgrade").code == 1
    assert it.read("conf/own.yml") == "own\n"
    assert it.read("conf~platform-v2") == "x: 1\n"


def test_a_file_that_the_template_moves_into_what_the_team_has_as_a_file_loses_no_edit(story) -> None:
    it = story({"old/a.py": LINES, "b.py": "b\n"})
    it.edit({"old/a.py": HERS, "new": "own\n"})
    it.release("v2", {"old/a.py": None, "new/a.py": ITS})
    assert it("upgrade", "--commit").code == 0
    assert it.read("new") == "own\n"
    assert it.read("old/a.py") == HERS.replace("line 11\n", "line 11, new\n")
    it.release("v3", {"new/a.py": ITS.replace("line 6\n", "line 6, newer\n")})
    assert it("upgrade", "--commit").code == 0
    assert "line 6, newer\n" in it.read("old/a.py")


@pytest.mark.parametrize("place", ["vendor/other", "vendor/other/x.py"])
def test_a_submodule_of_the_team_is_not_taken_away_for_a_file_of_the_template(story, tmp_path, place: str) -> None:
    it = story({"a.py": LINES})
    other = kit.make_repo(tmp_path / "other", {"x": "x\n"})
    kit.git(it.project, "submodule", "--quiet", "add", str(other), "vendor/other")
    kit.commit(it.project)
    it.release("v2", {place: "x\n"})
    refused = it("upgrade")
    assert (refused.code, "the submodule 'vendor/other'" in refused.err) == (3, True)
    kit.git(it.project, "mv", "vendor/other", "moved")
    kit.commit(it.project)
    assert it("upgrade", "--commit").code == 0
    assert it.read("moved/x") == "x\n"

"""A file that the team moved or took away, and the template too: nothing of either is dropped without a line."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests import kit
from tests.upgrade.kit import LINES

HERS = LINES.replace("line 2\n", "line 2, hers\n")
ITS = LINES.replace("line 11\n", "line 11, new\n")
BOTH = HERS.replace("line 11\n", "line 11, new\n")


def test_a_file_that_both_moved_to_one_place_holds_both_edits(story) -> None:
    it = story({"old.py": LINES})
    it.edit({"old.py": None, "new.py": HERS})
    it.release("v2", {"old.py": None, "new.py": ITS})
    assert it("upgrade").code == 0
    assert it.files() == {"new.py": BOTH}


def test_files_that_both_moved_to_one_folder_are_read_at_once(story, tmp_path: Path) -> None:
    names = [f"{number}.py" for number in range(20)]
    old, hers, its = (
        {f"{folder}/{name}": f"{name}\n{text}" for name in names}
        for folder, text in (("old", LINES), ("new", HERS), ("new", ITS))
    )
    it = story(old)
    it.edit({**dict.fromkeys(old), **hers})
    it.release("v2", {**dict.fromkeys(old), **its})
    log = f'#!/bin/sh\necho "$@" >> {tmp_path}/log\nexec {shutil.which("git")} "$@"\n'
    kit.write(tmp_path, "bin/git", log, executable=True)
    assert it("upgrade", env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}).code == 0
    assert it.read("new/7.py") == f"7.py\n{BOTH}"
    assert (tmp_path / "log").read_text().count("cat-file") < len(names)


def test_a_file_of_the_teams_own_at_the_new_place_of_one_it_deleted_is_a_conflict(story) -> None:
    it = story({"old.py": LINES})
    it.edit({"old.py": None, "new.py": "her own\n"})
    it.release("v2", {"old.py": None, "new.py": ITS})
    assert it("upgrade").code == 1
    assert it.unmerged() == ["2 new.py", "3 new.py"]


def test_a_place_that_is_the_teams_is_told_where_the_template_moves_a_file_there(story) -> None:
    it = story({"old.py": LINES})
    it.edit({"old.py": HERS, "new.py": "her own\n"})
    it.release("v2", {"old.py": None, "new.py": ITS})
    assert it.actions() == {"old.py": "merged", "new.py": "kept"}
    assert "new.py   this place is yours: what the template moved here stays in 'old.py'" in it("upgrade").out
    assert it.files() == {"old.py": BOTH, "new.py": "her own\n"}


def test_a_file_that_the_team_moved_and_the_template_removed_stays_and_is_told(story) -> None:
    it = story({"old.py": LINES, "a.py": "a\n"})
    it.edit({"old.py": None, "mine.py": HERS})
    it.release("v2", {"old.py": None})
    done = it("upgrade", "--commit")
    assert (done.code, it.files()) == (0, {"mine.py": HERS, "a.py": "a\n"})
    assert "kept             mine.py   you moved it here from 'old.py', which the template removed" in done.out
    assert it("upgrade").out.startswith("up to date")

"""What an upgrade that waits for its owner says of itself, to every command and in every project of a repository."""

from __future__ import annotations

import pytest

from tests import kit
from tests.upgrade.kit import LINES, Story, snapshot

HERS = LINES.replace("line 2\n", "line 2, hers\n")
CLASH = LINES.replace("line 2\n", "line 2, new\n")


@pytest.fixture
def waiting(story) -> Story:
    """A project whose upgrade waits with a conflict in a.py."""
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": CLASH, "b.py": "b2\n"})
    assert it("upgrade").code == 1
    return it


@pytest.fixture
def mono(story, tmp_path) -> Story:
    """A repository of two projects, seen from "one"; a release is there."""
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.release("v2", {"b.py": "b2\n"})
    top = kit.make_repo(tmp_path / "mono")
    for name in ("one", "two"):
        kit.git(it.project, "checkout-index", "-a", f"--prefix={top}/{name}/")
    kit.commit(top)
    return Story(it.template, top / "one", it.mlctl)


@pytest.mark.parametrize("more", [["--dry-run"], ["--diff"], []])
def test_an_upgrade_that_waits_is_named_and_not_taken_for_work_to_unstage(waiting, more: list[str]) -> None:
    refused = waiting("upgrade", *more)
    assert refused.code == 3
    assert refused.err == (
        "error: the upgrade to v2 is not finished\n"
        " hint: resolve and `mlctl upgrade --continue`, or take it back with `mlctl upgrade --abort`\n"
    )


def test_status_names_what_is_not_resolved_yet(waiting) -> None:
    assert "  upgrade   to v2 is staged but for 1 not resolved (a.py): " in waiting("status").out
    kit.write(waiting.project, "a.py", HERS)
    kit.git(waiting.project, "add", "a.py")
    assert "  upgrade   to v2 is staged: commit, `--continue` or `--abort`" in waiting("status").out


@pytest.mark.parametrize("end", ["--abort", "--continue"])
@pytest.mark.parametrize("more", [["--dry-run"], ["--diff"], ["--to", "v1"], ["--restore", "a.py"]])
def test_an_end_of_an_upgrade_takes_no_wish_beside_it(waiting, end: str, more: list[str]) -> None:
    before = snapshot(waiting.project)
    refused = waiting("upgrade", end, *more)
    assert (refused.code, snapshot(waiting.project)) == (2, before)
    assert "end what was begun: leave out what else is asked" in refused.err


def test_continue_looks_at_what_it_commits_and_not_at_what_was_edited_since(waiting) -> None:
    kit.git(waiting.project, "add", "a.py")  # markers and all
    kit.write(waiting.project, "a.py", HERS)
    refused = waiting("upgrade", "--continue")
    kit.refused(refused, 3, "conflict markers are left in a.py\n hint: resolve them, `git add` them, then run `mlctl")
    kit.git(waiting.project, "add", "a.py")
    assert waiting("upgrade", "--continue").code == 0
    assert kit.git(waiting.project, "show", "HEAD:a.py") == HERS.strip()


@pytest.mark.parametrize("verb", [["--abort"], ["--continue"], [], ["--dry-run"]])
def test_the_upgrade_of_another_project_is_left_to_it(mono, verb: list[str]) -> None:
    assert mono("upgrade").code == 0
    two = mono.project.parent / "two"
    refused = mono.mlctl("upgrade", *verb, cwd=two)
    assert refused.code == 3
    assert refused.err == (
        "error: the upgrade of '../one' to v2 is not finished\n"
        " hint: end it there: `mlctl -C ../one upgrade --continue`, or take it back with `--abort`\n"
    )
    assert mono.mlctl("-C", "../one", "upgrade", "--continue", cwd=two).code == 0
    assert mono.mlctl("upgrade", "--commit", cwd=two).code == 0


def test_a_hint_quotes_a_folder_with_a_space(mono) -> None:
    there = mono.project.with_name("a b")
    kit.git(mono.project.parent, "mv", "one", there.name)
    kit.commit(there.parent)
    assert mono.mlctl("upgrade", cwd=there).code == 0
    refused = mono.mlctl("upgrade", cwd=there.with_name("two"))
    assert "`mlctl -C '../a b' upgrade --continue`" in refused.err


def test_status_tells_of_an_upgrade_in_its_own_project_alone(mono) -> None:
    mono("upgrade")
    assert "is staged" in mono("status").out
    assert "is staged" not in mono.mlctl("status", cwd=mono.project.parent / "two").out


def test_a_path_with_a_line_break_is_refused_in_its_own_words(story) -> None:
    it = story({"a.py": LINES})
    place = it.project.parent / "line\nbreak"
    it.project.rename(place)
    for verb in ("status", "upgrade", "diff"):
        refused = it.mlctl(verb, cwd=place)
        assert refused.code == 3
        assert refused.err.startswith("error: a line break is in the path ")


def test_a_lock_that_was_committed_with_conflict_markers_is_told_how_to_be_ended(story) -> None:
    it = story({"a.py": LINES})
    lock = it.read(".mlctl/lock.json")
    it.edit({".mlctl/lock.json": f"<<<<<<< one\n{lock}=======\n{lock}>>>>>>> two\n"})
    for verb in ("status", "upgrade", "diff"):
        refused = it(verb)
        assert (refused.code, "lock.json holds conflict markers" in refused.err) == (3, True)
        assert "git checkout --ours .mlctl" in refused.err


def test_a_record_with_conflict_markers_is_told_how_to_be_ended(story) -> None:
    it = story({"a.py": LINES})
    start = kit.git(it.project, "rev-parse", "HEAD")
    for branch, stage in (("one", "shared"), ("two", "production")):
        kit.git(it.project, "checkout", "--quiet", "-b", branch, start)
        it.edit({".mlctl/project.yml": it.read(".mlctl/project.yml").replace("explore", stage)})
    with pytest.raises(AssertionError, match="git merge one"):
        kit.git(it.project, "merge", "one")
    for verb in (["status"], ["upgrade"], ["upgrade", "--dry-run"]):
        refused = it(*verb)
        assert (refused.code, "project.yml holds conflict markers" in refused.err) == (3, True)
        assert "git checkout --ours .mlctl" in refused.err

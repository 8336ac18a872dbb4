"""An upgrade in a sparse checkout: what is not checked out is merged all the same, and stays out of the work tree."""

from __future__ import annotations

import pytest

from tests import kit
from tests.upgrade.kit import LINES, Story

HERS = LINES.replace("line 2\n", "line 2, hers\n")
CLASH = LINES.replace("line 2\n", "line 2, new\n")


@pytest.fixture
def sparse(story) -> Story:
    """A project whose folder "out" is not checked out, and was edited in it."""
    it = story({"in/a.py": LINES, "out/b.py": LINES, "out/c.py": LINES, "out/d.py": "d\n"})
    it.edit({"out/b.py": HERS})
    kit.git(it.project, "sparse-checkout", "set", "in", ".mlctl")
    return it


def tagged(it: Story) -> str:
    """Return every path of the index with its tag: S where it is not checked out."""
    return kit.git(it.project, "ls-files", "-t")


def test_what_is_not_checked_out_is_not_seen_as_deleted_afterwards(sparse) -> None:
    before = tagged(sparse)
    sparse.release("v2", {"out/c.py": CLASH, "in/a.py": CLASH})
    assert sparse("upgrade", "--commit").code == 0
    assert (kit.git(sparse.project, "status", "--porcelain"), tagged(sparse)) == ("", before)
    assert kit.git(sparse.project, "show", "HEAD:out/c.py") + "\n" == CLASH


def test_a_staged_upgrade_goes_back_to_what_was_checked_out(sparse) -> None:
    before = tagged(sparse)
    sparse.release("v2", {"out/c.py": CLASH, "out/d.py": None})
    assert sparse("upgrade").code == 0
    assert sparse("upgrade", "--abort").code == 0
    assert (kit.git(sparse.project, "status", "--porcelain"), tagged(sparse)) == ("", before)


@pytest.mark.parametrize("theirs", [CLASH, None])
def test_a_conflict_in_what_is_not_checked_out_lies_in_the_work_tree(sparse, theirs: str | None) -> None:
    before = tagged(sparse)
    sparse.release("v2", {"out/b.py": theirs, "out/c.py": CLASH})
    assert sparse("upgrade").code == 1
    assert "line 2, hers\n" in sparse.read("out/b.py")
    assert not (sparse.project / "out/c.py").exists()
    assert sparse("upgrade", "--abort").code == 0
    assert (kit.git(sparse.project, "status", "--porcelain"), tagged(sparse)) == ("", before)


def test_a_conflict_in_what_is_not_checked_out_is_resolved_and_committed(sparse) -> None:
    sparse.release("v2", {"out/b.py": CLASH, "out/c.py": CLASH})
    sparse("upgrade")
    kit.write(sparse.project, "out/b.py", HERS)
    kit.git(sparse.project, "add", "--sparse", "out/b.py")
    assert sparse("upgrade", "--continue").code == 0
    assert kit.git(sparse.project, "status", "--porcelain") == ""
    assert kit.git(sparse.project, "show", "HEAD:out/c.py") + "\n" == CLASH


@pytest.mark.parametrize("verb", [["upgrade"], ["status"], ["adopt", "--defaults"]])
def test_a_record_that_is_not_checked_out_is_asked_for_and_not_made_anew(sparse, verb: list[str]) -> None:
    kit.git(sparse.project, "sparse-checkout", "set", "in")
    refused = sparse(*verb)
    assert refused.code == 3
    assert "git sparse-checkout add .mlctl" in refused.err
    assert not (sparse.project / ".mlctl").exists()
    kit.git(sparse.project, "sparse-checkout", "add", ".mlctl")
    assert sparse("status").code == 0

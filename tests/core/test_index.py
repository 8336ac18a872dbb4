"""What git knows of a repository: the commit about to be made, and the work tree beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.index import Index, NoRepository, WorkTree, top
from mlctl.core.project import Drawn, Project, matches, projects
from tests import kit


def test_the_index_holds_what_was_added_not_what_lies_on_the_disk(tmp_path: Path) -> None:
    root = kit.make_repo(tmp_path / "r", {"a.py": "old"})
    kit.write(root, "a.py", "new")
    kit.write(root, "b.py", "untracked")
    assert Index(root).read("a.py") == b"old"
    assert WorkTree(root).read("a.py") == b"new"
    assert set(Index(root).modes()) == set(WorkTree(root).modes()) == {"a.py"}
    assert Index(root).on_disk("b.py")


def test_a_file_announced_by_add_n_is_not_in_the_commit(tmp_path: Path) -> None:
    root = kit.make_repo(tmp_path / "r", {"a.py": "x", "empty.py": ""})
    kit.write(root, "b.py", "text")
    kit.git(root, "add", "-N", "b.py")
    assert set(Index(root).modes()) == {"a.py", "empty.py"}


def test_a_file_deleted_from_the_disk_is_gone_from_the_work_tree_alone(tmp_path: Path) -> None:
    root = kit.make_repo(tmp_path / "r", {"a.py": "x", "b.py": "y"})
    kit.remove(root, "b.py")
    assert "b.py" in Index(root).modes()
    assert "b.py" not in WorkTree(root).modes()


def test_blobs_and_sizes_are_those_of_the_view(tmp_path: Path) -> None:
    root = kit.make_repo(tmp_path / "r", {"a.py": "one"})
    before = WorkTree(root).blob("a.py")
    kit.write(root, "a.py", "three")
    assert Index(root).blob("a.py") == before != WorkTree(root).blob("a.py")
    assert (Index(root).sizes(), WorkTree(root).sizes()) == ({"a.py": 3}, {"a.py": 5})


def test_a_folder_outside_of_any_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRepository) as error:
        top(tmp_path)
    assert "git init" in error.value.hint


def test_what_can_not_be_read_is_told(tmp_path: Path) -> None:
    root = kit.make_repo(tmp_path / "r")
    kit.write(root, "a.py", "x = 1\n")
    kit.git(root, "add", ".")
    (root / "a.py").unlink()
    (root / "a.py").mkdir()
    view = WorkTree(root)
    assert dict(view.stream(["a.py"])) == {}
    assert view.unread == {"a.py": "it can't be read: is a directory"}


def test_odd_names_are_read(tmp_path: Path) -> None:
    root = kit.make_repo(tmp_path / "r", {"a b\n.txt": "x", "ü.txt": "y"})
    assert {path: Index(root).read(path) for path in Index(root).modes()} == {"a b\n.txt": b"x", "ü.txt": b"y"}


def test_every_folder_with_a_record_is_a_project_and_nested_ones_stand_apart() -> None:
    record = ".mlctl/project.yml"
    found = projects(Drawn({f"a/{record}": "", f"a/b/{record}": "", "a/x.py": "", "a/b/y.py": "", "z.py": ""}))
    told = [(one.folder, one.has("x.py"), one.has("b/y.py")) for one in found]
    assert told == [("a", True, False), ("a/b", False, False)]
    assert found[1].has("y.py")


def test_a_repository_without_a_record_is_one_project() -> None:
    assert [one.folder for one in projects(Drawn({"a.py": ""}))] == [""]


@pytest.mark.parametrize(
    ("path", "glob", "fits"),
    [
        ("a.py", "*.py", True), ("src/a.py", "*.py", False), ("src/a.py", "**/*.py", True), ("a.py", "**/*.py", True),
        ("src/x/platform/a.py", "src/*/platform/**", True), ("a.yml", "a.y*ml", True), ("b", "[ab]", True),
    ],
)  # fmt: skip
def test_a_star_stays_in_its_folder(path: str, glob: str, fits: bool) -> None:
    assert matches(path, [glob]) is fits


def test_a_project_reads_the_repository_s_ci_and_its_own_files() -> None:
    project = Project(Drawn({".github/workflows/ci.yml": "on: push", "a/b.py": "x"}), "a")
    assert project.paths == ("b.py",)
    assert project.everywhere(".github/workflows/*.yml") == [".github/workflows/ci.yml"]


def test_a_sparse_checkout_reads_from_the_index_what_is_not_on_the_disk(tmp_path: Path) -> None:
    root = kit.make_repo(tmp_path / "r", {"a/x.py": "x", "b/y.py": "y"})
    kit.git(root, "sparse-checkout", "set", "a")
    assert not (root / "b/y.py").exists()
    assert WorkTree(root).read("b/y.py") == b"y"

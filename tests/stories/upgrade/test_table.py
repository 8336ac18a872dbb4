"""The table: what other tools lose in ordinary cases, mlctl keeps."""

from __future__ import annotations

from tests import kit
from tests.upgrade.kit import LINES

HERS = LINES.replace("line 2\n", "line 2, hers\n")
ITS = LINES.replace("line 11\n", "line 11, new\n")
BOTH = HERS.replace("line 11\n", "line 11, new\n")


def test_a_file_that_the_template_renames_and_edits_keeps_the_users_edit(story) -> None:
    it = story({"old.py": LINES})
    it.edit({"old.py": HERS})
    it.release("v2", {"old.py": None, "new.py": ITS})
    assert it("upgrade").code == 0
    assert it.read("new.py") == BOTH
    assert any(line.startswith("R") and line.endswith("old.py\tnew.py") for line in it.staged())


def test_a_folder_that_the_template_renames_takes_the_users_file_along(story) -> None:
    it = story({"pkg/a.py": LINES, "pkg/b.py": "b\n" * 9})
    it.edit({"pkg/a.py": HERS, "pkg/extra.py": "hers\n"})
    it.release("v2", {"pkg": None, "lib/a.py": ITS, "lib/b.py": "b\n" * 9})
    done = it("upgrade")
    assert (done.code, it.read("lib/a.py"), it.read("lib/extra.py")) == (0, BOTH, "hers\n")
    assert "pkg/extra.py → lib/extra.py" in done.out
    assert not (it.project / "pkg").exists()


def test_a_file_that_the_user_renamed_gets_the_templates_edit(story) -> None:
    it = story({"a.py": LINES})
    it.edit({"a.py": None, "mine.py": HERS})
    it.release("v2", {"a.py": ITS})
    assert it("upgrade").code == 0
    assert it.read("mine.py") == BOTH
    assert not (it.project / "a.py").exists()


def test_a_file_that_the_template_removes_and_the_user_edited_is_a_conflict(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": None})
    assert it("upgrade").code == 1
    assert it.read("a.py") == HERS
    assert it.unmerged() == ["1 a.py", "2 a.py"]


def test_a_binary_that_both_changed_keeps_the_users_bytes(story) -> None:
    it = story({"logo.png": b"\x89PNG\0base", "a.py": "a\n"})
    it.edit({"logo.png": b"\x89PNG\0hers"})
    it.release("v2", {"logo.png": b"\x89PNG\0new"})
    assert it("upgrade").code == 1
    assert (it.project / "logo.png").read_bytes() == b"\x89PNG\0hers"
    assert it.unmerged() == ["1 logo.png", "2 logo.png", "3 logo.png"]


def test_a_binary_that_only_the_user_changed_stays(story) -> None:
    it = story({"logo.png": b"\x89PNG\0base", "a.py": "a\n"})
    it.edit({"logo.png": b"\x89PNG\0hers"})
    it.release("v2", {"a.py": "a2\n"})
    assert it("upgrade").code == 0
    assert (it.project / "logo.png").read_bytes() == b"\x89PNG\0hers"


def test_a_conflict_leaves_markers_and_stages_and_merges_the_rest(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": LINES.replace("line 2\n", "line 2, new\n"), "b.py": "b2\n"})
    assert it("upgrade").code == 1
    assert "<<<<<<< your-project\nline 2, hers\n=======\nline 2, new\n>>>>>>> platform-v2\n" in it.read("a.py")
    assert it.unmerged() == ["1 a.py", "2 a.py", "3 a.py"]
    assert "M\tb.py" in it.staged()


def test_an_untracked_file_in_the_way_is_named_and_others_are_not(story) -> None:
    it = story({"a.py": "a\n"})
    kit.write(it.project, "new.py", "hers\n")
    kit.write(it.project, "other.py", "hers\n")
    it.release("v2", {"new.py": "new\n"})
    refused = it("upgrade")
    assert (refused.code, it.read("new.py")) == (3, "hers\n")
    assert "new.py" in refused.err
    assert "other.py" not in refused.err


def test_an_ignored_file_in_the_way_is_kept_and_told(story) -> None:
    it = story({"a.py": "a\n", ".gitignore": "*.env\n"})
    kit.write(it.project, "prod.env", "SECRET=1\n")
    it.release("v2", {"prod.env": "SECRET=\n", "a.py": "a2\n"})
    done = it("upgrade")
    assert (done.code, it.read("prod.env"), it.read("a.py")) == (0, "SECRET=1\n", "a2\n")
    assert "prod.env" in done.out


def test_an_executable_bit_arrives_beside_the_users_edit(story) -> None:
    it = story({"run.sh": LINES})
    it.edit({"run.sh": HERS})
    it.release("v2", {"run.sh": LINES}, executable=("run.sh",))
    assert it("upgrade").code == 0
    assert it.read("run.sh") == HERS
    assert (it.project / "run.sh").stat().st_mode & 0o100


def test_a_changed_answer_that_renames_the_package_moves_the_users_modules(story) -> None:
    it = story({"src/{{cookiecutter.greeting}}/core.py": LINES, "README.md": "# {{cookiecutter.greeting}}\n"})
    it.edit({"src/hello/core.py": HERS, "src/hello/own.py": "own\n"})
    assert it("upgrade", "--set", "greeting=moin").code == 0
    assert it.read("src/moin/core.py") == HERS
    assert it.read("src/moin/own.py") == "own\n"
    assert not (it.project / "src/hello").exists()


def test_a_file_that_becomes_a_folder_is_a_conflict_and_the_users_file_stays_beside(story) -> None:
    it = story({"conf": LINES, "a.py": "a\n"})
    it.edit({"conf": HERS})
    it.release("v2", {"conf": None, "conf/main.yml": "x: 1\n"})
    assert it("upgrade").code == 1
    assert it.read("conf/main.yml") == "x: 1\n"
    assert it.read("conf~your-project") == HERS


def test_a_file_that_the_user_deleted_stays_deleted_and_can_be_restored(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"b.py": None})
    it.release("v2", {"a.py": ITS, "b.py": "b2\n"})
    assert it.actions() == {"a.py": "updated", "b.py": "kept-deleted"}
    assert it("upgrade", "--commit").code == 0
    assert not (it.project / "b.py").exists()
    assert it("upgrade", "--restore", "b.py").code == 0
    assert it.read("b.py") == "b2\n"


def test_a_file_that_the_user_converted_to_crlf_merges_and_keeps_crlf(story) -> None:
    it = story({"a.py": LINES})
    it.edit({"a.py": HERS.replace("\n", "\r\n").encode()})
    it.release("v2", {"a.py": ITS})
    assert it("upgrade").code == 0
    assert (it.project / "a.py").read_bytes() == BOTH.replace("\n", "\r\n").encode()


def test_a_dry_run_tells_the_very_tree_that_apply_writes(story) -> None:
    import json

    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": ITS, "c.py": "c\n"})
    told = json.loads(it("upgrade", "--dry-run", "--format", "json").out)
    assert it("upgrade").code == 0
    assert kit.git(it.project, "write-tree") == told["result"]
    assert it.read("c.py") == "c\n"

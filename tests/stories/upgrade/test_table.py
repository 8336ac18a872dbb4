"""The table: what other tools lose in ordinary cases, mlctl keeps; each story compares the whole tree."""

from __future__ import annotations

import json

from tests import kit
from tests.upgrade.kit import LINES, snapshot

HERS = LINES.replace("line 2\n", "line 2, hers\n")
ITS = LINES.replace("line 11\n", "line 11, new\n")
BOTH = HERS.replace("line 11\n", "line 11, new\n")
CLASH = LINES.replace("line 2\n", "line 2, new\n")
MARKED = LINES.replace(
    "line 2\n", "<<<<<<< your-project\nline 2, hers\n=======\nline 2, new\n>>>>>>> platform-v2\n"
)  # fmt: skip


def text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def test_a_file_that_the_template_renames_and_edits_keeps_the_users_edit(story) -> None:
    it = story({"old.py": LINES})
    it.edit({"old.py": HERS})
    it.release("v2", {"old.py": None, "new.py": ITS})
    assert it("upgrade").code == 0
    assert it.files() == {"new.py": BOTH}
    assert any(line.startswith("R") and line.endswith("old.py\tnew.py") for line in it.staged())


def test_a_folder_that_the_template_renames_takes_the_users_file_along(story) -> None:
    it = story({"pkg/a.py": LINES, "pkg/b.py": "b\n" * 9})
    it.edit({"pkg/a.py": HERS, "pkg/extra.py": "hers\n"})
    it.release("v2", {"pkg": None, "lib/a.py": ITS, "lib/b.py": "b\n" * 9})
    done = it("upgrade")
    assert (done.code, it.files()) == (0, {"lib/a.py": BOTH, "lib/b.py": "b\n" * 9, "lib/extra.py": "hers\n"})
    assert "pkg/extra.py → lib/extra.py" in done.out
    assert not (it.project / "pkg").exists()


def test_a_file_that_the_user_renamed_gets_the_templates_edit(story) -> None:
    it = story({"a.py": LINES})
    it.edit({"a.py": None, "mine.py": HERS})
    it.release("v2", {"a.py": ITS})
    assert it("upgrade").code == 0
    assert it.files() == {"mine.py": BOTH}


def test_a_file_that_the_template_removes_and_the_user_edited_is_a_conflict(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": None})
    assert it("upgrade").code == 1
    assert it.files() == {"a.py": HERS, "b.py": "b\n"}
    assert it.unmerged() == ["1 a.py", "2 a.py"]


def test_a_binary_that_both_changed_keeps_the_users_bytes(story) -> None:
    it = story({"logo.png": b"\x89PNG\0base", "a.py": "a\n"})
    it.edit({"logo.png": b"\x89PNG\0hers"})
    it.release("v2", {"logo.png": b"\x89PNG\0new"})
    assert it("upgrade").code == 1
    assert it.files() == {"logo.png": text(b"\x89PNG\0hers"), "a.py": "a\n"}
    assert it.unmerged() == ["1 logo.png", "2 logo.png", "3 logo.png"]


def test_a_binary_that_only_the_user_changed_stays(story) -> None:
    it = story({"logo.png": b"\x89PNG\0base", "a.py": "a\n"})
    it.edit({"logo.png": b"\x89PNG\0hers"})
    it.release("v2", {"a.py": "a2\n"})
    assert it("upgrade").code == 0
    assert it.files() == {"logo.png": text(b"\x89PNG\0hers"), "a.py": "a2\n"}


def test_a_conflict_leaves_markers_and_stages_and_merges_the_rest(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": CLASH, "b.py": "b2\n"})
    told = it("upgrade", "--dry-run")
    assert (
        told.code,
        "a.py   you and the template changed the same lines; the template: Release v2\n" in told.out,
    ) == (1, True)
    assert it("upgrade").code == 1
    assert it.files() == {"a.py": MARKED, "b.py": "b2\n"}
    assert it.unmerged() == ["1 a.py", "2 a.py", "3 a.py"]
    assert "M\tb.py" in it.staged()


def test_an_untracked_file_in_the_way_is_named_and_others_are_not(story) -> None:
    it = story({"a.py": "a\n"})
    kit.write(it.project, "new.py", "hers\n")
    kit.write(it.project, "other.py", "hers\n")
    it.release("v2", {"new.py": "new\n"})
    refused = it("upgrade")
    assert (refused.code, it.files()) == (3, {"a.py": "a\n", "new.py": "hers\n", "other.py": "hers\n"})
    assert "new.py" in refused.err
    assert "other.py" not in refused.err
    kit.write(it.project, "new.py", "new\n")  # the very bytes that would come are no obstacle
    assert it("upgrade").code == 0
    assert it.files() == {"a.py": "a\n", "new.py": "new\n", "other.py": "hers\n"}


def test_an_ignored_file_in_the_way_is_kept_and_told(story) -> None:
    it = story({"a.py": "a\n", ".gitignore": "*.env\n"})
    kit.write(it.project, "prod.env", "SECRET=1\n")
    it.release("v2", {"prod.env": "SECRET=\n", "a.py": "a2\n"})
    done = it("upgrade")
    assert (done.code, it.files()) == (0, {"a.py": "a2\n", ".gitignore": "*.env\n", "prod.env": "SECRET=1\n"})
    assert "prod.env" in done.out


def test_an_executable_bit_arrives_beside_the_users_edit(story) -> None:
    it = story({"run.sh": LINES})
    it.edit({"run.sh": HERS})
    it.release("v2", {"run.sh": LINES}, executable=("run.sh",))
    assert it("upgrade").code == 0
    assert it.files() == {"run.sh*": HERS}


def test_a_changed_answer_that_renames_the_package_moves_the_users_modules(story) -> None:
    it = story({"src/{{cookiecutter.greeting}}/core.py": LINES, "README.md": "# {{cookiecutter.greeting}}\n"})
    it.edit({"src/hello/core.py": HERS, "src/hello/own.py": "own\n"})
    assert it("upgrade", "--set", "greeting=moin").code == 0
    assert it.files() == {"src/moin/core.py": HERS, "src/moin/own.py": "own\n", "README.md": "# moin\n"}


def test_a_release_that_does_not_render_leaves_the_project_as_it_is(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": ITS, "b.py": "b2\n", "c.py": "{{ cookiecutter.nothing }}\n"})
    before = snapshot(it.project)
    assert it("upgrade").code in (2, 3)
    assert (snapshot(it.project), kit.git(it.project, "status", "--porcelain")) == (before, "")


def test_a_full_disk_leaves_the_project_as_it_is(story) -> None:
    it = story({"a.py": LINES, "z.txt": "z\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": ITS, "z.txt": "".join(f"{n * n * 7919}\n" for n in range(60_000))})
    before = snapshot(it.project)
    refused = it("upgrade", before=("bash", "-c", 'ulimit -f 100; exec "$@"', "-"))
    assert refused.code == 3
    assert (snapshot(it.project), kit.git(it.project, "status", "--porcelain")) == (before, "")
    assert it("upgrade").code == 0
    assert it.read("a.py") == BOTH


def test_a_file_that_becomes_a_folder_is_a_conflict_and_the_users_file_stays_beside(story) -> None:
    it = story({"conf": LINES, "a.py": "a\n"})
    it.edit({"conf": HERS})
    it.release("v2", {"conf": None, "conf/main.yml": "x: 1\n"})
    assert it("upgrade").code == 1
    assert it.files() == {"a.py": "a\n", "conf/main.yml": "x: 1\n", "conf~your-project": HERS}
    assert it("upgrade", "--abort").code == 0
    assert it.files() == {"a.py": "a\n", "conf": HERS}


def test_a_link_in_the_template_arrives_as_the_file_it_leads_to(story) -> None:
    it = story({"conf.yml": LINES, "new.yml": ITS})
    it.edit({"conf.yml": HERS})
    kit.remove(it.template, "{{cookiecutter.name}}/conf.yml")
    (it.template / "{{cookiecutter.name}}/conf.yml").symlink_to("new.yml")
    it.release("v2", {})
    assert it("upgrade").code == 0
    assert it.files() == {"conf.yml": BOTH, "new.yml": ITS}


def test_a_file_that_the_user_made_a_link_is_a_conflict_with_both_on_disk(story) -> None:
    it = story({"conf.yml": LINES, "a.py": "a\n"})
    kit.remove(it.project, "conf.yml")
    (it.project / "conf.yml").symlink_to("mine.yml")
    it.edit({"mine.yml": HERS})
    it.release("v2", {"conf.yml": ITS})
    assert it("upgrade").code == 1
    assert it.files() == {"a.py": "a\n", "mine.yml": HERS, "conf.yml@": "mine.yml", "conf.yml~platform-v2": ITS}
    assert it("upgrade", "--abort").code == 0
    assert it.files() == {"a.py": "a\n", "mine.yml": HERS, "conf.yml@": "mine.yml"}


def test_a_file_that_the_user_deleted_stays_deleted_and_can_be_restored(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"b.py": None})
    it.release("v2", {"a.py": ITS, "b.py": "b2\n"})
    assert it.actions() == {"a.py": "updated", "b.py": "kept-deleted"}
    assert it("upgrade", "--commit").code == 0
    assert it.files() == {"a.py": ITS}
    kit.refused(it("upgrade", "--restore", "c.py"), 2, "'c.py'\n hint: the nearest is 'b.py'; there are: b.py")
    assert it("upgrade", "--restore", "./b.py").code == 0
    assert it.files() == {"a.py": ITS, "b.py": "b2\n"}


def test_a_deleted_file_that_the_template_leaves_alone_is_not_told_again(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"b.py": None})
    it.release("v2", {"a.py": ITS})
    assert it.actions() == {"a.py": "updated"}
    assert it("upgrade", "--commit").code == 0
    assert "1 deleted (b.py)" in it("status").out
    assert it("upgrade", "--restore", "b.py").code == 0
    assert it.files() == {"a.py": ITS, "b.py": "b\n"}


def test_a_file_that_the_user_converted_to_crlf_merges_and_keeps_crlf(story) -> None:
    it = story({"a.py": LINES})
    it.edit({"a.py": HERS.replace("\n", "\r\n").encode()})
    it.release("v2", {"a.py": ITS})
    assert it("upgrade").code == 0
    assert it.files() == {"a.py": BOTH.replace("\n", "\r\n")}


def test_a_dry_run_tells_the_very_tree_that_apply_writes(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": ITS, "c.py": "c\n"})
    before = snapshot(it.project), snapshot(it.project / ".git")
    told = json.loads(it("upgrade", "--dry-run", "--format", "json").out)
    assert (snapshot(it.project), snapshot(it.project / ".git")) == before
    assert it("upgrade").code == 0
    assert kit.git(it.project, "write-tree") == told["result"]
    assert it.files() == {"a.py": BOTH, "b.py": "b\n", "c.py": "c\n"}


def test_a_binary_that_both_changed_is_told_as_no_text(story) -> None:
    it = story({"logo.bin": b"\0one"})
    it.edit({"logo.bin": b"\0hers"})
    it.release("v2", {"logo.bin": b"\0two"})
    assert "both changed it, and it is no text" in it("upgrade").out


def test_a_file_that_the_user_moved_is_not_told_as_deleted(story) -> None:
    it = story({"old/a.py": LINES, "old/b.py": LINES * 2, "old/c.py": LINES * 3, "d.py": "d\n"})
    it.edit({"old/a.py": None, "new/a.py": LINES, "old/b.py": None, "new/b.py": LINES * 2 + "hers\n", "old/c.py": None})
    it.release("v2", {"d.py": "d2\n", "old/c.py": LINES * 4})
    assert it.actions() == {"d.py": "updated", "old/c.py": "kept-deleted"}
    assert it("upgrade", "--commit", "--restore", "old/a.py").code == 0
    assert (it.read("old/a.py"), it.read("new/a.py")) == (LINES, LINES)


def test_an_empty_file_of_the_user_is_no_moved_one_of_the_template(story) -> None:
    it = story({"one/__init__.py": "", "two/__init__.py": "", "a.py": "a\n"})
    it.edit({"one/__init__.py": None, "two/__init__.py": None, "mine/__init__.py": ""})
    it.release("v2", {"one/__init__.py": "ONE = 1\n", "two/__init__.py": "TWO = 2\n"})
    assert it.actions() == {"one/__init__.py": "kept-deleted", "two/__init__.py": "kept-deleted"}


def test_one_file_of_the_user_is_not_taken_for_two_of_the_template(story) -> None:
    it = story({"one/x.py": LINES, "two/x.py": LINES, "a.py": "a\n"})
    it.edit({"one/x.py": None, "two/x.py": None, "mine/x.py": LINES})
    it.release("v2", {"one/x.py": LINES + "one\n", "two/x.py": LINES + "two\n"})
    assert it("upgrade", "--commit").code == 0
    assert it.read("mine/x.py") in (LINES, LINES + "one\n", LINES + "two\n")
    assert "kept-deleted" in it("upgrade", "--to", "v1", "--dry-run").out

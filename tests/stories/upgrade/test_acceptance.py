"""What an upgrade must stand: repositories of every make, and people who work while it runs."""

from __future__ import annotations

import os

import pytest

from tests import kit
from tests.upgrade.kit import LINES, snapshot

HERS = LINES.replace("line 2\n", "line 2, hers\n")
ITS = LINES.replace("line 11\n", "line 11, new\n")
BOTH = HERS.replace("line 11\n", "line 11, new\n")
CLASH = LINES.replace("line 2\n", "line 2, new\n")


def edited(story, **more):
    """A project in which the user edited a.py, and a release that edits it elsewhere."""
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS, **more})
    it.release("v2", {"a.py": ITS, "b.py": "b2\n"})
    return it


def clashing(story):
    """A project whose upgrade ends in a conflict in a.py."""
    it = story({"a.py": LINES, "b.py": "b\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": CLASH, "b.py": "b2\n"})
    assert it("upgrade").code == 1
    return it


def test_an_upgrade_to_what_is_there_writes_nothing(story) -> None:
    it = story({"a.py": LINES})
    it.edit({"a.py": HERS})
    before = {path: path.stat().st_mtime_ns for path in it.project.rglob("*") if path.name != "upgrade.lock"}
    done = it("upgrade")
    assert (done.code, done.out) == (0, "up to date: " + str(it.template) + " v1\n")
    folders = {it.project / ".git", it.project / ".git" / "mlctl"}
    assert {p: t for p, t in before.items() if p not in folders} == {
        path: path.stat().st_mtime_ns for path in before if path not in folders
    }


def test_an_upgrade_to_what_is_there_reads_no_file_of_the_template(story) -> None:
    it = story({"a.py": LINES})
    blob = kit.git(it.template, "rev-parse", "v1:{{cookiecutter.name}}/a.py")
    kit.remove(it.template, f".git/objects/{blob[:2]}/{blob[2:]}")
    done = it("upgrade")
    assert (done.code, done.out) == (0, "up to date: " + str(it.template) + " v1\n")


def test_an_answer_to_a_newer_release_is_told_how_to_be_given(story) -> None:
    it = story({"a.py": "a\n"})
    kit.write(it.template, "cookiecutter.json", '{"name": "demo", "greeting": "hello", "tier": ["low", "high"]}')
    it.release("v2", {"t.py": "{{ cookiecutter.tier }}\n"})
    refused = it("upgrade", "--set", "tier=high")
    assert (refused.code, "--to" in refused.err) == (2, True)
    done = it("upgrade", "--to", "v2", "--set", "tier=high")
    assert (done.code, "new question" in done.out + done.err) == (0, False)
    assert it.files() == {"a.py": "a\n", "t.py": "high\n"}


def test_a_new_question_that_nobody_is_asked_is_told_with_its_default(story) -> None:
    it = story({"a.py": "a\n"})
    kit.write(it.template, "cookiecutter.json", '{"name": "demo", "greeting": "hello", "tier": ["low", "high"]}')
    it.release("v2", {"t.py": "{{ cookiecutter.tier }}\n"})
    done = it("upgrade", "--commit")
    assert done.code == 0
    assert "the new question 'tier' took its default 'low': `--set tier=...` for another" in done.out + done.err
    it.release("v3", {"a.py": "a3\n"})
    done = it("upgrade")
    assert "new question" not in done.out + done.err


def test_the_same_new_file_on_both_sides_is_no_conflict(story) -> None:
    it = story({"a.py": "a\n"})
    it.edit({"new.py": "same\n", "other.py": "hers\n"})
    it.release("v2", {"new.py": "same\n"})
    assert it("upgrade").code == 0
    assert it.read("new.py") == "same\n"


def test_a_new_file_that_differs_on_both_sides_is_a_conflict(story) -> None:
    it = story({"a.py": "a\n"})
    it.edit({"new.py": "hers\n"})
    it.release("v2", {"new.py": "its\n"})
    assert it("upgrade").code == 1
    assert it.unmerged() == ["2 new.py", "3 new.py"]


def test_a_file_that_git_merges_into_what_nothing_reads_is_a_conflict(story) -> None:
    old = "{\n" + "".join(f'\t"{number}": 0,\n' for number in range(12)) + '  "end": 0\n}\n'
    hers, its = old.replace('\t"1"', '\t"x": 1,\n\t"1"'), old.replace('\t"9"', '\t"x": 2,\n\t"9"')
    it = story({"a.json": old})
    it.edit({"a.json": hers})
    it.release("v2", {"a.json": its})
    assert it("upgrade").code == 1
    assert it.unmerged() == ["1 a.json", "2 a.json", "3 a.json"]
    lines = it.read("a.json").splitlines(keepends=True)
    marks = [number for number, line in enumerate(lines) if line[:7] in ("<<<<<<<", "=======", ">>>>>>>")]
    assert "".join(lines[: marks[0]] + lines[marks[0] + 1 : marks[1]] + lines[marks[2] + 1 :]) == hers
    assert "".join(lines[: marks[0]] + lines[marks[1] + 1 : marks[2]] + lines[marks[2] + 1 :]) == its


def test_an_executable_bit_arrives_where_the_file_system_keeps_none(story) -> None:
    it = story({"run.sh": LINES})
    kit.git(it.project, "config", "core.fileMode", "false")
    it.edit({"run.sh": HERS})
    it.release("v2", {"run.sh": LINES}, executable=("run.sh",))
    assert it("upgrade", "--commit").code == 0
    assert kit.git(it.project, "ls-tree", "HEAD", "run.sh").startswith("100755")
    assert it.read("run.sh") == HERS


def test_a_repository_with_autocrlf_keeps_its_line_ends(story) -> None:
    it = edited(story)
    kit.git(it.project, "config", "core.autocrlf", "true")
    kit.git(it.project, "rm", "--cached", "-rq", ".")
    kit.git(it.project, "reset", "--hard", "-q")
    assert b"\r\n" in (it.project / "a.py").read_bytes()
    assert it("upgrade", "--commit").code == 0
    assert (it.project / "a.py").read_bytes() == BOTH.replace("\n", "\r\n").encode()
    assert kit.git(it.project, "status", "--porcelain") == ""


@pytest.mark.parametrize("name", ["ümläut.py", "with space.py", "-rf", 'quote"s.py', "back.slash'.py"])
def test_a_path_may_hold_odd_characters(story, name: str) -> None:
    it = story({name: LINES, "b.py": "b\n"})
    it.edit({name: HERS, "tab\tand\nnewline.py": "hers\n"})
    it.release("v2", {name: ITS, "new " + name: "new\n"})
    assert it("upgrade", "--commit").code == 0
    assert (it.read(name), it.read("new " + name)) == (BOTH, "new\n")
    assert it.read("tab\tand\nnewline.py") == "hers\n"


def test_a_submodule_of_the_user_is_left_alone(story, tmp_path) -> None:
    it = edited(story)
    other = kit.make_repo(tmp_path / "other", {"x": "x\n"})
    kit.git(it.project, "submodule", "--quiet", "add", str(other), "vendor/other")
    kit.commit(it.project)
    assert it("upgrade", "--commit").code == 0
    assert kit.git(it.project, "ls-tree", "HEAD", "vendor/other").startswith("160000")
    assert (it.project / "vendor/other/x").read_text() == "x\n"


def test_hooks_and_signing_of_the_user_do_not_run(story, tmp_path) -> None:
    it = edited(story)
    hooks = it.project / ".git" / "hooks"
    for name in ("pre-commit", "post-commit", "post-checkout", "reference-transaction", "prepare-commit-msg"):
        kit.write(hooks, name, f"#!/bin/sh\ntouch {tmp_path}/canary\nexit 1\n", executable=True)
    kit.git(it.project, "config", "commit.gpgSign", "true")
    kit.git(it.project, "config", "core.fsmonitor", f"touch {tmp_path}/canary")
    assert it("upgrade", "--commit").code == 0
    assert not (tmp_path / "canary").exists()


def test_nothing_is_lost_to_git_gc_while_a_conflict_waits(story) -> None:
    it = clashing(story)
    kit.git(it.project, "gc", "--prune=now", "--quiet")
    assert kit.git(it.project, "show", ":3:a.py") + "\n" == CLASH
    kit.git(it.project, "fsck", "--connectivity-only")


def test_abort_leaves_what_was_staged_meanwhile(story) -> None:
    it = clashing(story)
    kit.write(it.project, "mine.txt", "mine\n")
    kit.git(it.project, "add", "mine.txt")
    assert it("upgrade", "--abort").code == 0
    assert (it.read("a.py"), it.read("b.py"), it.read("mine.txt")) == (HERS, "b\n", "mine\n")
    assert it.staged() == ["A\tmine.txt"]


def test_abort_gives_back_every_byte(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n", "c/d.py": "d\n"})
    it.edit({"a.py": HERS})
    it.release("v2", {"a.py": CLASH, "b.py": None, "c/d.py": None, "new/e.py": "e\n"})
    before = snapshot(it.project)
    assert it("upgrade").code == 1
    assert it("upgrade", "--abort").code == 0
    assert snapshot(it.project) == before
    assert kit.git(it.project, "status", "--porcelain") == ""


def test_abort_takes_a_clean_result_back_too(story) -> None:
    it = edited(story)
    before = snapshot(it.project)
    assert it("upgrade").code == 0
    assert it("upgrade", "--abort").code == 0
    assert (snapshot(it.project), kit.git(it.project, "status", "--porcelain")) == (before, "")


def test_abort_leaves_later_work_alone_and_names_it(story) -> None:
    it = edited(story)
    it("upgrade")
    kit.write(it.project, "b.py", "later work\n")
    done = it("upgrade", "--abort")
    assert (done.code, it.read("b.py"), it.read("a.py")) == (0, "later work\n", HERS)
    assert "b.py" in done.err


def test_continue_commits_once_the_conflict_is_resolved(story) -> None:
    it = clashing(story)
    assert it("upgrade", "--continue").code == 3
    kit.write(it.project, "a.py", BOTH)
    kit.git(it.project, "add", "a.py")
    done = it("upgrade", "--continue")
    assert (done.code, kit.git(it.project, "status", "--porcelain")) == (0, "")
    assert kit.git(it.project, "log", "-1", "--format=%s").startswith("Upgrade demo to v2")
    assert it("upgrade").out.startswith("up to date")


def test_continue_refuses_markers_that_were_added_unresolved(story) -> None:
    it = clashing(story)
    kit.git(it.project, "add", "a.py")
    refused = it("upgrade", "--continue")
    assert refused.code == 3
    assert "a.py" in refused.err


def test_a_commit_of_the_users_own_is_as_good(story) -> None:
    it = edited(story)
    it("upgrade")
    kit.git(it.project, "commit", "--quiet", "--no-edit")
    assert kit.git(it.project, "log", "-1", "--format=%s").startswith("Upgrade demo to v2")
    assert it("upgrade").out.startswith("up to date")


def test_git_reset_and_git_revert_take_an_upgrade_back(story) -> None:
    it = edited(story)
    it("upgrade")
    assert "is staged" in it("status").out
    kit.git(it.project, "reset", "--hard", "--quiet")
    kit.write(it.project, "other.py", "hers\n")
    kit.git(it.project, "add", "other.py")
    assert "is staged" not in it("status").out
    kit.git(it.project, "reset", "--hard", "--quiet")
    assert it("upgrade", "--commit").code == 0
    kit.git(it.project, "revert", "--no-edit", "HEAD")
    assert it.read("a.py") == HERS
    assert it.actions() == {"a.py": "merged", "b.py": "updated"}


def test_a_second_upgrade_waits_for_the_first(story) -> None:
    it = clashing(story)
    refused = it("upgrade")
    assert refused.code == 3
    assert "--continue" in refused.err


def test_uncommitted_work_elsewhere_is_fine_and_in_the_way_is_named(story) -> None:
    it = edited(story, **{"other.py": "other\n"})
    kit.write(it.project, "other.py", "dirty\n")
    kit.write(it.project, "b.py", "dirty\n")
    refused = it("upgrade")
    assert (refused.code, it.read("b.py")) == (3, "dirty\n")
    assert "b.py" in refused.err
    kit.git(it.project, "checkout", "b.py")
    assert it("upgrade").code == 0
    assert it.read("other.py") == "dirty\n"


def test_staged_changes_refuse(story) -> None:
    it = edited(story)
    kit.write(it.project, "x.py", "x\n")
    kit.git(it.project, "add", "x.py")
    refused = it("upgrade")
    assert refused.code == 3
    assert refused.err.startswith("error: the index holds 1 staged change: x.py\n hint: ")


def test_a_stat_dirty_index_does_not_matter(story) -> None:
    it = edited(story)
    os.utime(it.project / "a.py", (1, 1))
    assert it("upgrade").code == 0
    assert it.read("a.py") == BOTH


def test_no_identity_is_needed(story) -> None:
    it = edited(story)
    kit.git(it.project, "config", "user.useConfigOnly", "true")
    assert it("upgrade", "--commit", env={"HOME": str(it.mlctl.home / "nowhere")}).code == 0


def test_a_repository_without_a_commit_refuses(story) -> None:
    it = edited(story)
    kit.git(it.project, "checkout", "--quiet", "--orphan", "empty")
    refused = it("upgrade")
    assert refused.code == 3
    assert "no commit" in refused.err


@pytest.mark.parametrize("command", ["status", "diff", "upgrade"])
def test_a_project_in_a_monorepo_that_is_not_committed_yet_is_told_as_such(story, command: str) -> None:
    it = edited(story)
    mono = kit.make_repo(it.project.parent / "mono", {"a.txt": "a"})
    assert it.mlctl("new", "lead", "-p", str(it.template), "--defaults", "--no-lock", cwd=mono).code == 0
    refused = it.mlctl(command, cwd=mono / "lead")
    assert refused.code == 3
    assert "no committed .mlctl/project.yml" in refused.err
    assert "commit the project" in refused.err


def test_a_detached_head_and_a_linked_work_tree_are_fine(story, tmp_path) -> None:
    it = edited(story)
    linked = it.project.parent / "linked"
    kit.git(it.project, "worktree", "add", "--quiet", "--detach", str(linked))
    assert it.mlctl("upgrade", "--commit", cwd=linked).code == 0
    assert (linked / "a.py").read_text() == BOTH
    assert it.read("a.py") == HERS
    assert kit.git(linked, "log", "-1", "--format=%s").startswith("Upgrade")


@pytest.mark.parametrize("how", [["--depth=1"], ["--filter=blob:none"]])
def test_a_shallow_and_a_partial_clone_are_fine(story, how: list[str]) -> None:
    it = edited(story)
    kit.git(it.project, "config", "uploadpack.allowFilter", "true")
    clone = it.project.parent / "clone"
    kit.git(it.project, "clone", "--quiet", *how, it.project.as_uri(), str(clone))
    assert it.mlctl("upgrade", "--commit", cwd=clone).code == 0
    assert (clone / "a.py").read_text() == BOTH


def test_a_sparse_checkout_gets_no_files_outside_its_cone(story) -> None:
    it = story({"in/a.py": LINES, "out/b.py": "b\n"})
    it.release("v2", {"in/a.py": ITS, "out/b.py": "b2\n"})
    kit.git(it.project, "sparse-checkout", "set", "in", ".mlctl")
    assert it("upgrade", "--commit").code == 0
    assert it.read("in/a.py") == ITS
    assert not (it.project / "out").exists()
    assert kit.git(it.project, "show", "HEAD:out/b.py") == "b2"


def test_a_project_in_a_subfolder_leaves_its_identical_sibling_alone(story, tmp_path) -> None:
    it = edited(story)
    mono = kit.make_repo(tmp_path / "mono")
    for name in ("one", "two"):
        kit.git(it.project, "checkout-index", "-a", f"--prefix={mono}/{name}/")
    kit.commit(mono)
    assert it.mlctl("upgrade", "--commit", cwd=mono / "one").code == 0
    assert (mono / "one/a.py").read_text() == BOTH
    assert kit.git(mono, "diff", "--name-only", "HEAD~1", "HEAD", "--", "two") == ""


def test_a_repository_with_sha256_is_fine(story) -> None:
    it = edited(story)
    other = it.project.parent / "other"
    kit.git(it.project.parent, "init", "--quiet", "--object-format=sha256", str(other))
    kit.git(it.project, "checkout-index", "-a", f"--prefix={other}/")
    kit.commit(other)
    done = it.mlctl("upgrade", "--commit", cwd=other)
    assert (done.code, (other / "a.py").read_text()) == (0, BOTH), done.err


def test_a_link_of_the_users_is_not_written_through(story, tmp_path) -> None:
    it = story({"src/a.py": "a\n", "b.py": "b\n"})
    outside = kit.make_repo(tmp_path / "outside", {"a.py": "outside\n"})
    kit.remove(it.project, "src")
    (it.project / "src").symlink_to(outside)
    kit.commit(it.project)
    it.release("v2", {"src/a.py": "a2\n", "src/new.py": "new\n"})
    before = snapshot(outside)
    it("upgrade")
    assert snapshot(outside) == before


TABLE = "[tool.ruff]\nline-length = 120\n"


def toml(head: str, tail: str) -> str:
    """A file that begins and ends in its own way, with much between that is the same on all sides."""
    return f"{head}[project]\nname = 'demo'\n" + "".join(f"k{n} = {n}\n" for n in range(9)) + tail


def test_a_merge_by_line_that_would_not_parse_is_made_by_structure(story) -> None:
    it = story({"pyproject.toml": toml("", "")})
    it.edit({"pyproject.toml": toml(TABLE, "")})
    it.release("v2", {"pyproject.toml": toml("", TABLE + "fix = true\n")})
    assert it.actions() == {"pyproject.toml": "settled"}
    assert it("upgrade").code == 0
    assert it.read("pyproject.toml") == toml(TABLE + "fix = true\n", "")


def test_what_clashes_in_a_file_that_would_not_parse_is_a_conflict(story) -> None:
    it = story({"pyproject.toml": toml("", "")})
    it.edit({"pyproject.toml": toml(TABLE, "")})
    it.release("v2", {"pyproject.toml": toml("", TABLE.replace("120", "99"))})
    assert it("upgrade").code == 1
    assert it.unmerged() == ["1 pyproject.toml", "2 pyproject.toml", "3 pyproject.toml"]
    assert "<<<<<<< your-project\nline-length = 120\n=======\nline-length = 99\n" in it.read("pyproject.toml")


def test_an_item_that_both_sides_put_into_a_list_at_two_places_is_there_once(story) -> None:
    docs = "docs = [\n  'sphinx',\n{}  'm2r',\n  'pillow',\n  'packaging',\n{}]\n"
    it = story({"pyproject.toml": toml("", docs.format("", ""))})
    it.edit({"pyproject.toml": toml("", docs.format("", "  'theme',\n"))})
    it.release("v2", {"pyproject.toml": toml("", docs.format("  'theme',\n", ""))})
    assert it("upgrade").code == 0
    assert it.read("pyproject.toml").count("theme") == 1


def test_an_item_that_each_side_put_into_another_list_leaves_gits_merge_as_it_is(story) -> None:
    lists = "a = [\n  'x',\n{}]\nm = 1\nn = 2\no = 3\nb = [\n  'y',\n{}]\n"
    it = story({"pyproject.toml": toml("", lists.format("", ""))})
    it.edit({"pyproject.toml": toml("", lists.format("  'numpy',\n", ""))})
    it.release("v2", {"pyproject.toml": toml("", lists.format("", "  'numpy',\n"))})
    assert it.actions() == {"pyproject.toml": "merged"}


def test_a_file_that_the_team_only_formatted_takes_the_templates_change_in_its_format(story) -> None:
    code = "def f( x ):\n    return {'a':x}\n\n\ndef g():\n    return 1\n"
    it = story({"a.py": code})
    it.edit({"a.py": 'def f(x):\n    return {"a": x}\n\n\ndef g():\n    return 1\n'})
    it.release("v2", {"a.py": code.replace("{'a':x}", "{'a':x, 'b':x}")})
    assert it("upgrade").code == 0
    assert it.read("a.py") == 'def f(x):\n    return {"a": x, "b": x}\n\n\ndef g():\n    return 1\n'


def test_a_table_that_the_team_took_out_stays_out_when_the_template_renames_it(story) -> None:
    table = "\n[tool.lint]\nline = 100\nfix = true\nto = 3\n"
    it = story({"pyproject.toml": toml("", table)})
    it.edit({"pyproject.toml": toml("", "")})
    it.release("v2", {"pyproject.toml": toml("", table.replace("lint", "style"))})
    done = it("upgrade")
    assert (done.code, it.read("pyproject.toml")) == (0, toml("", "")), done
    assert "pyproject.toml   you took it out, the template renamed it" in done.out


def test_a_lock_that_the_team_made_is_kept_whole_and_told(story) -> None:
    it = story({"poetry.lock": LINES, "web/yarn.lock": LINES, "pdm.lock": LINES, "a.py": "a\n"})
    it.edit({"poetry.lock": LINES.replace("line 2\n", "mine\n"), "web/yarn.lock": LINES.replace("line 2\n", "mine\n")})
    new = LINES.replace("line 11\n", "new\n")
    it.release("v2", {"poetry.lock": new, "web/yarn.lock": None, "pdm.lock": new, "a.py": "b\n"})
    done = it("upgrade")
    assert "kept             poetry.lock   you locked it for yourself: lock it again" in done.out
    assert (it.read("poetry.lock"), it.read("pdm.lock")) == (LINES.replace("line 2\n", "mine\n"), new)
    assert done.code == 1
    assert "conflicted       web/yarn.lock   you edited it, the template removed it" in done.out

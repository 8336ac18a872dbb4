"""Repositories that another tool made, or none: from then on they upgrade."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests import kit
from tests.upgrade.kit import LINES, SETTINGS, TOP, Story, begin, snapshot

HERS = LINES.replace("line 2\n", "line 2, hers\n")


def cruft(story, record=None, files=None) -> Story:
    """A project as cruft would have made it, edited by its user; the template is at v2."""
    it = story(files or {"a.py": LINES, "b.py": "b\n"})
    kit.remove(it.project, ".mlctl")
    commit = kit.git(it.template, "rev-parse", "v1")
    context = {"cookiecutter": {"name": "demo", "greeting": "hello", "_template": "x"}}
    said = {"template": str(it.template), "commit": commit, "checkout": None, "context": context, **(record or {})}
    it.edit({".cruft.json": json.dumps(said), "a.py": HERS})
    it.release("v2", {"a.py": LINES.replace("line 11\n", "new\n"), "b.py": "b2\n", "c.py": "c\n"})
    return it


def test_a_cruft_project_is_adopted_and_upgrades(story) -> None:
    it = cruft(story)
    before = snapshot(it.project)
    done = it("adopt", "--defaults")
    assert done.code == 0, done.err
    after = snapshot(it.project)
    assert {path: after[path] for path in before} == before
    assert after.keys() - before.keys() == {".mlctl/project.yml", ".mlctl/lock.json"}
    kit.commit(it.project)
    assert it("upgrade", "--commit").code == 0
    assert it.read("a.py") == HERS.replace("line 11\n", "new\n")
    assert (it.read("b.py"), it.read("c.py")) == ("b2\n", "c\n")


@pytest.mark.parametrize("digits", [40, 9])
def test_the_commit_that_the_files_came_from_is_no_wish_to_stay_there(story, digits: int) -> None:
    it = story({"a.py": LINES})
    it.edit({".mlctl": None})
    commit = kit.git(it.template, "rev-parse", "v1^{commit}")
    it.release("v2", {"a.py": LINES.replace("line 11\n", "new\n")})
    assert it("adopt", "-y", "-p", str(it.template), "--ref", commit[:digits]).code == 0
    kit.commit(it.project)
    assert it("upgrade", "--commit").code == 0
    assert "new\n" in it.read("a.py")


def test_an_answer_that_only_a_later_version_asks_for_is_kept_until_then(story) -> None:
    context = {"cookiecutter": {"name": "demo", "greeting": "hello", "topic": "birds"}}
    it = cruft(story, {"context": context})
    assert it("adopt", "--defaults").code == 0
    kit.commit(it.project)
    assert it("upgrade", "--to", "v1").out == it("upgrade", "--to", "v1").out
    assert kit.git(it.project, "status", "--porcelain") == ""
    assert "topic: birds" in it.read(".mlctl/project.yml")
    assert it("upgrade", "-y", "--commit", "--set", "greeting=hi").code == 0
    assert it("upgrade", "-y", "--commit").code == 0
    kit.write(it.template, "cookiecutter.json", json.dumps({**SETTINGS, "topic": "none"}))
    it.release("v3", {"d.py": "{{cookiecutter.topic}}\n"})
    assert it("upgrade", "-y", "--commit").code == 0
    assert it.read("d.py") == "birds\n"


def test_crufts_skip_is_honoured(story) -> None:
    it = cruft(story, {"skip": ["b.py", "docs/**.md["]})
    it("adopt", "--defaults")
    kit.commit(it.project)
    assert it("upgrade", "--commit").code == 0
    assert (it.read("b.py"), it.read("c.py")) == ("b\n", "c\n")
    assert "skip" in it.read(".mlctl/project.yml")


@pytest.mark.parametrize("later", [None, '{"skip": ["docs"]}\n'])
def test_crufts_record_is_no_file_of_the_template(story, later) -> None:
    it = cruft(story, files={"a.py": LINES, "b.py": "b\n", ".cruft.json": "{}\n"})
    record = it.read(".cruft.json")
    it.release("v3", {".cruft.json": later})
    it("adopt", "--defaults")
    kit.commit(it.project)
    assert it("upgrade", "--commit").code == 0
    assert (it.read("b.py"), it.read(".cruft.json")) == ("b2\n", record)


def test_a_record_that_gitignore_hides_is_shown(story) -> None:
    it = cruft(story)
    it.edit({".gitignore": "*.json\n!.cruft.json\n"})
    it("adopt", "--defaults")
    kit.commit(it.project)
    assert it("upgrade").code == 0


def test_what_stands_in_a_gitignore_of_the_records_folder_stays(story) -> None:
    it = cruft(story)
    it.edit({".gitignore": "*.json\n!.cruft.json\n", ".mlctl/.gitignore": "*.tmp"})
    it("adopt", "--defaults")
    assert it.read(".mlctl/.gitignore").startswith("*.tmp\n#")
    assert kit.git(
        it.project,
        "check-ignore",
        ".mlctl/a.tmp",
        ".mlctl/b.json",
        ".mlctl/lock.json",
    ).split() == [".mlctl/a.tmp", ".mlctl/b.json"]
    kit.commit(it.project)
    assert it("upgrade").code == 0


def test_a_lock_that_a_killed_adoption_left_is_written_anew(story) -> None:
    it = cruft(story)
    kit.write(it.project, ".mlctl/lock.json", "{}\n")
    assert "mlctl adopt" in it("upgrade").err
    assert it("adopt", "--defaults").code == 0
    kit.commit(it.project)
    assert it("upgrade").code == 0


def test_a_lock_that_is_committed_is_a_record(story) -> None:
    it = story({"a.py": "a\n"})
    it.edit({".mlctl/project.yml": None})
    before = snapshot(it.project)
    kit.refused(it("adopt", "--defaults"), 3, ".mlctl/lock.json")
    assert snapshot(it.project) == before


def test_a_disk_that_refuses_a_file_of_the_record_leaves_none(story) -> None:
    it = cruft(story)
    (it.project / ".mlctl/project.yml.d").mkdir(parents=True)
    (it.project / ".mlctl/.project.yml.mlctl").symlink_to("project.yml.d")
    before = snapshot(it.project)
    kit.refused(it("adopt", "--defaults"), 3)
    assert snapshot(it.project) == before


def test_a_repository_without_a_template_gets_what_it_lacks(story, tmp_path) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    other = kit.make_repo(it.project.parent / "other", {"a.py": HERS, "own.py": "own\n"})
    done = it.mlctl("adopt", "-p", str(it.template), "--defaults", cwd=other)
    assert done.code == 0, done.err
    kit.commit(other)
    assert it.mlctl("upgrade", "--commit", cwd=other).code == 0
    assert (other / "a.py").read_text() == HERS
    assert ((other / "b.py").read_text(), (other / "own.py").read_text()) == ("b\n", "own\n")


def test_a_project_is_adopted_once(story) -> None:
    it = story({"a.py": "a\n"})
    refused = it("adopt", "--defaults")
    assert refused.code == 3
    assert "mlctl upgrade" in refused.err


def test_a_copier_project_is_told_where_to_go(story) -> None:
    it = story({"a.py": "a\n"})
    kit.remove(it.project, ".mlctl")
    it.edit({".copier-answers.yml": "_src_path: gh:a/b\n_commit: v1\nname: demo\n"})
    refused = it("adopt", "--defaults")
    assert refused.code == 3
    assert "-p SOURCE" in refused.err
    assert it("adopt", "--defaults", "-p", str(it.template)).code == 0


@pytest.mark.parametrize("text", ["", "[]", "{", '{"template": 1}'])
def test_a_bad_record_is_named_by_file_and_line(story, text: str) -> None:
    it = story({"a.py": "a\n"})
    shutil.rmtree(it.project / ".mlctl")
    it.edit({".cruft.json": text})
    refused = it("adopt", "--defaults")
    assert refused.code == 2
    assert refused.err.startswith("error: .cruft.json:1: ")


@pytest.fixture
def hooked(tmp_path: Path, mlctl: kit.Mlctl) -> Path:
    """A project in which a hook of its template made a file, and the template has a release since."""
    it = begin(tmp_path, mlctl, {"a.py": LINES})
    kit.write(it.template, "hooks/post_gen_project.py", "open('made.txt', 'w').write('made')\n")
    kit.commit(it.template)
    kit.tag(it.template, "v2")
    made = mlctl("new", "hooked", "-p", str(it.template), "--defaults", "--trust", "--set", "name=hooked")
    assert made.code == 0, made.err
    it.release("v3", {"a.py": LINES.replace("line 3\n", "new\n")})
    return mlctl.here / "hooked"


def test_hooks_of_a_template_need_trust(hooked: Path, mlctl: kit.Mlctl) -> None:
    refused = mlctl("upgrade", cwd=hooked)
    assert (refused.code, "--trust" in refused.err) == (3, True)
    assert mlctl("upgrade", "--trust", "--commit", cwd=hooked).code == 0
    assert (hooked / "made.txt").read_text() == "made"
    assert TOP not in str(snapshot(hooked))


def test_hooks_that_are_left_out_take_nothing_away(hooked: Path, mlctl: kit.Mlctl) -> None:
    done = mlctl("upgrade", "--no-hooks", "--commit", cwd=hooked)
    assert done.code == 0, done.err
    assert "new\n" in (hooked / "a.py").read_text()
    assert (hooked / "made.txt").read_text() == "made"
    assert mlctl("upgrade", "--no-hooks", cwd=hooked).out.startswith("up to date")


def test_a_project_of_cruft_is_upgraded_without_the_hooks(hooked: Path, mlctl: kit.Mlctl) -> None:
    shutil.rmtree(hooked / ".mlctl")
    template, context = str(hooked.parents[1] / "template"), {"cookiecutter": {"name": "hooked"}}
    record = {"template": template, "commit": "v2", "context": context}
    kit.write(hooked, ".cruft.json", json.dumps(record))
    assert mlctl("adopt", "--defaults", cwd=hooked).code == 0
    kit.commit(hooked, "adopt")
    done = mlctl("upgrade", "--no-hooks", "--commit", cwd=hooked)
    assert done.code == 0, done.err
    assert "new\n" in (hooked / "a.py").read_text()
    assert (hooked / "made.txt").read_text() == "made"


@pytest.mark.parametrize(("name", "record"), [
    (".cookiecutter.json", '{{"_template": "{0}", "_output_dir": "/x", "name": "demo", "greeting": "hi"}}'),
    (".cookiecutter.json", '{{"cookiecutter": {{"_template": "{0}", "name": "demo", "greeting": "hi"}}}}'),
    (".cookiecutterrc", "default_context:\n    _template: '{0}'\n    name: 'demo'\n    greeting: 'hi'\n"),
])  # fmt: skip
def test_a_cookiecutter_project_is_adopted_with_its_answers(story, name: str, record: str) -> None:
    it = story({"a.py": LINES, "b.py": "b\n", "c.py": "{{cookiecutter.greeting}}\n"})
    kit.remove(it.project, ".mlctl")
    it.edit({name: record.format(it.template), "a.py": HERS, "b.py": None, "c.py": "hi\n"})
    done = it("adopt", "--defaults")
    assert (done.code, "--ref" in done.err) == (0, True), done.err
    kit.commit(it.project)
    it.release("v2", {"a.py": LINES.replace("line 11\n", "new\n"), "c.py": "{{cookiecutter.greeting}}!\n"})
    assert it("upgrade", "--commit").code == 0
    assert it.read("a.py") == HERS.replace("line 11\n", "new\n")
    assert (it.read("b.py"), it.read("c.py")) == ("b\n", "hi!\n")


def test_a_version_that_is_named_is_the_one_that_a_cookiecutter_project_came_from(story) -> None:
    it = story({"a.py": LINES, "b.py": "b\n"})
    kit.remove(it.project, ".mlctl")
    it.edit(
        {".cookiecutter.json": json.dumps({"_template": str(it.template), "name": "demo"}), "a.py": HERS, "b.py": None}
    )
    it.release("v2", {"a.py": LINES.replace("line 11\n", "new\n")})
    assert it("adopt", "--defaults", "--ref", "v1").code == 0
    kit.commit(it.project)
    assert it("upgrade", "--to", "v2", "--commit").code == 0
    assert it.read("a.py") == HERS.replace("line 11\n", "new\n")
    assert not (it.project / "b.py").exists()


def test_a_file_of_a_template_that_only_bears_the_name_is_no_record(story) -> None:
    it = story({"a.py": LINES})
    kit.remove(it.project, ".mlctl")
    for text in ('{"name": "x"}', "{{ cookiecutter | jsonify }}", "[]"):
        it.edit({".cookiecutter.json": text})
        done = it("adopt", "--defaults", "-p", str(it.template))
        assert done.code == 0, done.err
        kit.remove(it.project, ".mlctl")


def test_a_cruft_project_whose_template_lies_elsewhere_now_keeps_its_base(story) -> None:
    it = cruft(story, {"template": "https://host.invalid/gone.git"})
    assert it("adopt", "--defaults", "-p", str(it.template)).code == 0
    kit.commit(it.project)
    assert it("upgrade", "--commit").code == 0
    assert it.read("a.py") == HERS.replace("line 11\n", "new\n")
    assert (it.read("b.py"), it.read("c.py")) == ("b2\n", "c\n")


def test_answers_of_another_tool_serve_the_platform_that_is_named(story) -> None:
    it = story({"a.py": "{{cookiecutter.greeting}}\n"})
    kit.remove(it.project, ".mlctl")
    it.edit({".copier-answers.yml": "_src_path: gh:a/b\n_commit: v1\ngreeting: hi\nother: 1\n", "a.py": "hi\n"})
    assert it("adopt", "--defaults", "-p", str(it.template)).code == 0
    assert "greeting: hi" in it.read(".mlctl/project.yml")


def test_a_replay_of_cookiecutter_is_a_file_of_answers(story, tmp_path: Path) -> None:
    it = story({"a.py": "{{cookiecutter.greeting}}\n"})
    kit.remove(it.project, ".mlctl")
    kit.commit(it.project)
    replay = tmp_path / "replay.json"
    replay.write_text(json.dumps({"cookiecutter": {"name": "demo", "greeting": "hi", "_template": "x"}}))
    done = it("adopt", "--defaults", "-p", str(it.template), "--answers", str(replay))
    assert done.code == 0, done.err
    assert "greeting: hi" in it.read(".mlctl/project.yml")


def test_a_folder_tells_the_name_and_what_nobody_gave_is_told(story) -> None:
    it = story({"a.py": "{{cookiecutter.name}}\n"})
    other = kit.make_repo(it.project.parent / "my-model", {"own.py": "own\n"})
    done = it.mlctl("adopt", "-p", str(it.template), "--defaults", cwd=other)
    assert done.code == 0, done.err
    assert "nobody gave greeting:" in done.err
    kit.commit(other)
    assert it.mlctl("upgrade", "--commit", cwd=other).code == 0
    assert (other / "a.py").read_text() == "my-model\n"

"""Branches: two of a project that each changed its record, merged by git; one of a platform that a project follows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import kit
from tests.kit.platform import TOP


@pytest.fixture
def project(platform: Path, mlctl: kit.Mlctl) -> Path:
    """A project of the small platform at v1.0.0."""
    assert mlctl("new", "churn", "-p", str(platform), "--defaults", "--set", "ci=github").code == 0
    return mlctl.here / "churn"


def test_what_a_merge_of_two_branches_left_behind_arrives_with_the_next_upgrade(platform, project, mlctl) -> None:
    old = (platform / f"components/tracking/{TOP}/src/tracking.py").read_text()
    kit.git(project, "checkout", "--quiet", "-b", "added")
    assert mlctl("add", "tracking", "--commit", cwd=project).code == 0
    kit.git(project, "checkout", "--quiet", "-")
    kit.release(platform, "v1.1.0", {f"components/tracking/{TOP}/src/tracking.py": old + "# new\n"})
    assert mlctl("upgrade", "--commit", cwd=project).code == 0
    kit.git(project, "merge", "--quiet", "--no-edit", "added")
    done = mlctl("upgrade", "--commit", cwd=project)
    assert (done.code, "two branches" in done.err) == (0, True)
    assert (project / "src/tracking.py").read_text().endswith("# new\n")
    assert mlctl("upgrade", cwd=project).out.startswith("up to date")


@pytest.mark.parametrize(("value", "told"), [
    ("{{ cookiecutter.token }}", "token: {prompt: Which token?, default: none, secret: true}"),
    ("{{ random_ascii_string(9) }}", "token: {default: none}"),
])  # fmt: skip
def test_what_no_record_can_tell_is_not_taken_for_left_behind(platform, mlctl, value: str, told: str) -> None:
    unit = (platform / "base/unit.yml").read_text().replace("questions:\n", f"questions:\n  {told}\n")
    kit.release(platform, "v1.1.0", {"base/unit.yml": unit, f"base/{TOP}/token.txt": f"{value}\n"})
    assert mlctl("new", "churn", "-p", str(platform), "--defaults", "--set", "token=hunter2").code == 0
    done = mlctl("upgrade", cwd=mlctl.here / "churn")
    assert (done.code, done.out.split(":")[0], done.err) == (0, "up to date", "")


def test_a_secret_that_nobody_gives_again_stays_where_it_was_written(platform, mlctl) -> None:
    unit = (platform / "base/unit.yml").read_text()
    unit = unit.replace("questions:\n", "questions:\n  token: {prompt: Which token?, default: none, secret: true}\n")
    kit.release(platform, "v1.1.0", {"base/unit.yml": unit, f"base/{TOP}/token.txt": "{{ cookiecutter.token }}\n"})
    assert mlctl("new", "churn", "-p", str(platform), "--defaults", "--set", "token=hunter2").code == 0
    project = mlctl.here / "churn"
    new = {f"base/{TOP}/token.txt": "v2 {{ cookiecutter.token }}\n", f"base/{TOP}/more.txt": "more\n"}
    kit.release(platform, "v1.2.0", new)
    done = mlctl("upgrade", "--commit", cwd=project)
    assert (done.code, "it holds a secret" in done.out) == (0, True)
    assert ((project / "token.txt").read_text(), (project / "more.txt").exists()) == ("hunter2\n", True)
    kit.git(project, "reset", "--quiet", "--hard", "HEAD~1")
    assert mlctl("upgrade", "--commit", "--to", "v1.2.0", "--set", "token=hunter2", cwd=project).code == 0
    assert (project / "token.txt").read_text() == "v2 hunter2\n"
    assert mlctl("upgrade", "--commit", "--set", "token=hunter3", cwd=project).code == 0
    assert (project / "token.txt").read_text() == "v2 hunter3\n"
    assert mlctl("upgrade", cwd=project).out.startswith("up to date")


def test_add_leaves_alone_the_lines_of_project_yml_that_it_does_not_mean(project, mlctl) -> None:
    place = project / ".mlctl/project.yml"
    place.write_text(place.read_text().replace("stage: explore", "stage: explore\nnote: ~\nempty:"))
    kit.commit(project)
    assert mlctl("add", "tracking", "--commit", cwd=project).code == 0
    changed = kit.git(project, "diff", "HEAD~1", "HEAD", "--unified=0", "--", ".mlctl/project.yml").splitlines()
    assert [line for line in changed if line[0] in "+-"][2:] == ["+      - tracking"]


def test_the_commit_of_an_upgrade_names_the_platform_as_the_record_does(platform, project, mlctl) -> None:
    kit.release(platform, "v1.1.0", {f"base/{TOP}/new.txt": "new\n"})
    assert mlctl("upgrade", "--commit", cwd=project).code == 0
    assert mlctl("add", "tracking", "--commit", cwd=project).code == 0
    said = kit.git(project, "log", "-2", "--format=%s").splitlines()
    where = os.path.relpath(platform, project)
    assert said == [f"Change what churn is made of, at v1.1.0 of {where}", f"Upgrade churn to v1.1.0 of {where}"]


@pytest.mark.parametrize("ref", ["main", "v1.0.0"])
def test_status_tells_of_a_branch_and_a_tag_that_moved(platform, mlctl, ref: str) -> None:
    assert mlctl("new", "churn", "-p", str(platform), "--ref", ref, "--defaults").code == 0
    project = mlctl.here / "churn"
    assert "up to date" in mlctl("status", "--exit-code", cwd=project).out
    kit.write(platform, f"base/{TOP}/new.txt", "new\n")
    kit.commit(platform)
    if ref != "main":
        kit.git(platform, "tag", "--force", ref)
    done = mlctl("status", "--exit-code", cwd=project)
    assert (done.code, f"{ref} holds other files by now" in done.out) == (1, True)


def test_a_lock_that_is_not_committed_is_told_how_to_be_had_again(project, mlctl) -> None:
    kit.write(project, ".gitignore", "*.json\n")
    kit.git(project, "rm", "--quiet", "--cached", ".mlctl/lock.json")
    kit.commit(project)
    for verb in ("status", "upgrade", "diff"):
        refused = mlctl(verb, cwd=project)
        assert (refused.code, "git add --force .mlctl/lock.json" in refused.err) == (3, True)
    (project / ".mlctl/lock.json").unlink()
    assert "git log -- .mlctl/lock.json" in mlctl("status", cwd=project).err


def test_a_record_with_crlf_keeps_its_line_ends(project, mlctl) -> None:
    place = project / ".mlctl/project.yml"
    place.write_bytes(place.read_bytes().replace(b"\n", b"\r\n"))
    kit.commit(project)
    assert mlctl("add", "tracking", "--commit", cwd=project).code == 0
    data = place.read_bytes()
    assert (data.count(b"\r\n"), b"tracking" in data) == (data.count(b"\n"), True)


def test_an_answer_edited_in_project_yml_is_held_to_its_question(project, mlctl) -> None:
    place = project / ".mlctl/project.yml"
    before = place.read_text()
    place.write_text(before.replace("project_name: churn", "project_name: 12 34!"))
    refused = mlctl("upgrade", "--dry-run", cwd=project)
    assert (refused.code, "12 34!" in refused.err) == (2, True)
    place.write_text(before.replace("project_name: churn", "project_name: leavers"))
    assert mlctl("upgrade", "--dry-run", cwd=project).code == 0

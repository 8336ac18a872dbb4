"""One engine, several verbs: add, remove, other answers, another platform; releases in their order."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests import kit
from tests.kit.platform import TOP
from tests.upgrade.kit import change, snapshot


@pytest.fixture
def project(platform: Path, mlctl: kit.Mlctl) -> Path:
    """A project of the small platform at v1.0.0, with GitHub as its CI."""
    made = mlctl("new", "churn", "-p", str(platform), "--defaults", "--set", "ci=github")
    assert made.code == 0, made.err
    return mlctl.here / "churn"


def plain(project: Path) -> dict[str, tuple[int, bytes]]:
    """What lies in a project, outside its record."""
    return {path: found for path, found in snapshot(project).items() if not path.startswith(".mlctl/")}


def lock(project: Path) -> dict:
    return json.loads((project / ".mlctl/lock.json").read_text())


def test_add_is_as_new_with(platform, project, mlctl) -> None:
    mlctl("new", "twin", "-p", str(platform), "--defaults", "--set", "ci=github", "--set", "project_name=churn",
          "--with", "tracking")  # fmt: skip
    done = mlctl("add", "tracking", "--commit", cwd=project)
    assert done.code == 0, done.err
    assert plain(project) == plain(mlctl.here / "twin")
    assert lock(project) == lock(mlctl.here / "twin")
    assert "tracking" in (project / ".mlctl/project.yml").read_text()


def test_remove_takes_back_what_add_brought(project, mlctl) -> None:
    before = plain(project)
    mlctl("add", "tracking", "--commit", cwd=project)
    assert mlctl("remove", "tracking", "--commit", cwd=project).code == 0
    assert plain(project) == before


def test_remove_keeps_a_file_that_the_team_edited_and_lists_it(project, mlctl) -> None:
    mlctl("add", "tracking", "--commit", cwd=project)
    kit.append(project, "src/tracking.py", "# ours\n")
    kit.commit(project)
    done = mlctl("remove", "tracking", cwd=project)
    assert done.code == 0
    assert "kept" in done.out
    assert (project / "src/tracking.py").read_text().endswith("# ours\n")


def test_remove_keeps_an_edited_file_that_came_along_with_the_component(platform, project, mlctl) -> None:
    along = f"kinds/service/with/tracking/{TOP}/src/log.py"
    unit = {"kinds/service/with/tracking/unit.yml": "about: both\n", along: "log = 1\n"}
    kit.release(platform, "v1.1.0", unit)
    mlctl("upgrade", "--commit", cwd=project)
    mlctl("add", "tracking", "--commit", cwd=project)
    kit.append(project, "src/log.py", "# ours\n")
    kit.commit(project)
    done = mlctl("remove", "tracking", "--commit", cwd=project)
    assert (done.code, (project / "src/log.py").read_text()) == (0, "log = 1\n# ours\n")
    assert "src/log.py   you edited it; its component is removed" in done.out


def test_remove_refuses_what_another_component_needs(platform, project, mlctl) -> None:
    unit = "about: more\nneeds: [tracking]\n"
    text = (platform / "platform.yml").read_text().replace("tracking]", "tracking, more]")
    kit.release(platform, "v1.1.0", {"platform.yml": text, "components/more/unit.yml": unit})
    mlctl("upgrade", "--commit", cwd=project)
    mlctl("add", "more", "--commit", cwd=project)
    refused = mlctl("remove", "tracking", cwd=project)
    assert (refused.code, refused.err) == (
        2,
        "error: 'tracking' is needed by more\n hint: remove them together: `mlctl remove more tracking`\n",
    )
    assert mlctl("remove", "more", "tracking", "--commit", cwd=project).code == 0
    assert not (project / "src/tracking.py").exists()


def test_a_filled_port_needs_swap(project, mlctl) -> None:
    refused = mlctl("add", "ci-gitlab", cwd=project)
    assert refused.code == 2
    assert "--swap" in refused.err
    assert mlctl("add", "ci-gitlab", "--swap", cwd=project).code == 0
    assert (project / ".gitlab-ci.yml").exists()
    assert not (project / ".github").exists()


def test_unknown_names_are_asked_wrongly(project, mlctl) -> None:
    for words in (["add", "trackin"], ["remove", "tracking"], ["upgrade", "--set", "nope=1"]):
        refused = mlctl(*words, cwd=project)
        assert refused.code == 2, words
        assert refused.err.count("\n") == 2


def test_an_answer_is_changed_and_project_yml_keeps_its_comments(project, mlctl) -> None:
    file = project / ".mlctl/project.yml"
    file.write_text(file.read_text().replace("owner: '@team'", "owner: '@team' # them"))
    kit.commit(project)
    assert mlctl("upgrade", "--set", "owner=@crew", "--commit", cwd=project).code == 0
    assert "Owned by @crew." in (project / "README.md").read_text()
    text = file.read_text()
    assert "# What this project is made of" in text
    assert "@crew" in text


def test_editing_project_yml_is_as_good_as_set(project, mlctl) -> None:
    file = project / ".mlctl/project.yml"
    file.write_text(file.read_text().replace("public: no", "public: yes").replace("public: 'no'", "public: 'yes'"))
    assert mlctl("upgrade", "--commit", cwd=project).code == 0
    assert (project / "src/service.py").read_text() == 'PUBLIC = "yes"\n'
    assert kit.git(project, "status", "--porcelain") == ""


def test_three_releases_one_after_the_other(platform, project, mlctl) -> None:
    kit.append(project, "README.md", "\nOurs.\n")
    kit.commit(project)
    kind = f"kinds/service/{TOP}/src"
    unit = (platform / "base/unit.yml").read_text()
    kit.release(platform, "v1.1.0", {
        "base/unit.yml": unit.replace("derived:", "  tier:\n    prompt: Which?\n    choices: [low, high]\nderived:"),
        f"base/{TOP}/tier.txt": "{{ cookiecutter.tier }}\n",
    })  # fmt: skip
    assert mlctl("upgrade", "-y", "--commit", cwd=project).code == 0
    assert (project / "tier.txt").read_text() == "low\n"
    mlctl("add", "tracking", "--commit", cwd=project)
    change(platform, {f"{kind}/service.py": None, f"{kind}/app/service.py": 'PUBLIC = "{{ cookiecutter.public }}"\n'})
    kit.release(platform, "v1.2.0")
    assert mlctl("upgrade", "--commit", cwd=project).code == 0
    assert (project / "src/app/service.py").exists()
    change(platform, {"components/tracking": None})
    settings = (platform / "platform.yml").read_text().replace(", tracking]", "]")
    kit.release(platform, "v2.0.0", {"platform.yml": settings})
    done = mlctl("upgrade", "--commit", cwd=project)
    assert (done.code, (project / "src/tracking.py").exists()) == (0, False), done.err
    assert (project / "README.md").read_text().endswith("\nOurs.\n")


def test_pre_releases_only_on_demand(platform, project, mlctl) -> None:
    kit.release(platform, "v2.0.0rc1", {f"base/{TOP}/new.txt": "new\n"})
    assert mlctl("upgrade", cwd=project).out.startswith("up to date")
    assert mlctl("upgrade", "--pre", "--commit", cwd=project).code == 0
    assert (project / "new.txt").exists()
    assert mlctl("upgrade", cwd=project).out.startswith("up to date")


def test_a_downgrade_needs_to_and_says_so(platform, project, mlctl) -> None:
    kit.release(platform, "v1.1.0", {f"base/{TOP}/new.txt": "new\n"})
    mlctl("upgrade", "--commit", cwd=project)
    done = mlctl("upgrade", "--to", "v1.0.0", "--commit", cwd=project)
    assert done.code == 0
    assert "goes back" in done.err
    assert not (project / "new.txt").exists()


def test_a_moved_tag_is_told(platform, project, mlctl) -> None:
    kit.write(platform, f"base/{TOP}/new.txt", "new\n")
    kit.commit(platform)
    kit.git(platform, "tag", "--force", "v1.0.0")
    done = mlctl("upgrade", cwd=project)
    assert (done.code, (project / "new.txt").exists()) == (0, True)
    assert "moved" in done.err


def test_a_lost_tree_is_no_loss_where_the_repository_has_the_files(platform, project, mlctl, tmp_path) -> None:
    kit.append(project, "README.md", "\nOurs.\n")
    kit.commit(project)
    readme = "# New {{ cookiecutter.project_name }}\n\nOwned by {{ cookiecutter.owner }}.\n"
    kit.write(platform, f"base/{TOP}/README.md", readme)
    shutil.rmtree(platform / ".git")
    kit.release(platform, "v3.0.0")
    assert mlctl("upgrade", "--commit", cwd=project).code == 0
    assert (project / "README.md").read_text() == "# New churn\n\nOwned by @team.\n\nOurs.\n"


def test_an_answer_that_no_longer_fits_takes_the_default_and_says_so(platform, project, mlctl) -> None:
    unit = (platform / "kinds/service/unit.yml").read_text()
    kit.release(platform, "v1.1.0", {"kinds/service/unit.yml": unit.replace('["no", "yes"]', "[hidden, open]")})
    done = mlctl("upgrade", "-y", cwd=project)
    assert done.code == 0
    assert "no longer fits" in done.err
    assert (project / "src/service.py").read_text() == 'PUBLIC = "hidden"\n'


def test_an_answer_is_carried_to_its_new_name(platform, project, mlctl) -> None:
    unit = (platform / "base/unit.yml").read_text()
    readme = (platform / f"base/{TOP}/README.md").read_text()
    mlctl("upgrade", "--set", "owner=@crew", "--commit", cwd=project)
    kit.release(platform, "v1.1.0", {
        "base/unit.yml": unit.replace("  owner:\n    prompt", "  team:\n    prompt").replace("er.owner", "er.team"),
        f"base/{TOP}/README.md": readme.replace("cookiecutter.owner", "cookiecutter.team"),
        "platform.yml": (platform / "platform.yml").read_text() + "renamed:\n  answers:\n    owner: team\n",
    })  # fmt: skip
    done = mlctl("upgrade", "-y", cwd=project)
    assert done.code == 0, done.err
    assert "Owned by @crew." in (project / "README.md").read_text()


def test_a_declared_move_holds_where_nothing_is_alike(platform, project, mlctl) -> None:
    kit.append(project, "src/service.py", "OURS = 1\n")
    kit.commit(project)
    unit = (platform / "kinds/service/unit.yml").read_text()
    change(platform, {f"kinds/service/{TOP}/src/service.py": None})
    kit.release(platform, "v1.1.0", {
        "kinds/service/unit.yml": unit + "moves:\n  src/service.py: src/main.py\n",
        f"kinds/service/{TOP}/src/main.py": '# all new\nPUBLIC = "{{ cookiecutter.public }}"\n',
    })  # fmt: skip
    assert mlctl("upgrade", cwd=project).code in (0, 1)
    assert "OURS = 1" in (project / "src/main.py").read_text()
    assert not (project / "src/service.py").exists()


def test_a_file_given_once_is_never_touched_again(platform, project, mlctl) -> None:
    unit = (platform / "base/unit.yml").read_text()
    kit.release(platform, "v1.1.0", {"base/unit.yml": unit + "once: [notes.md]\n", f"base/{TOP}/notes.md": "first\n"})
    mlctl("upgrade", "--commit", cwd=project)
    assert (project / "notes.md").read_text() == "first\n"
    kit.release(platform, "v1.2.0", {f"base/{TOP}/notes.md": "second\n"})
    assert "kept" in mlctl("upgrade", "--commit", cwd=project).out
    assert (project / "notes.md").read_text() == "first\n"


def test_a_file_given_once_may_be_named_by_an_answer(platform, project, mlctl) -> None:
    unit = (platform / "base/unit.yml").read_text() + 'once: ["{{ cookiecutter.project_slug }}/**"]\n'
    path = f"base/{TOP}/{{{{ cookiecutter.project_slug }}}}/notes.md"
    kit.release(platform, "v1.1.0", {"base/unit.yml": unit, path: "first\n"})
    mlctl("upgrade", "--commit", cwd=project)
    kit.release(platform, "v1.2.0", {path: "second\n"})
    mlctl("upgrade", "--commit", cwd=project)
    [notes] = project.glob("*/notes.md")
    assert notes.read_text() == "first\n"


def test_the_changelog_between_two_versions_is_told(platform, project, mlctl) -> None:
    log = "# Changes\n\n## 1.1.0\n\n- New: a thing\n\n## 1.0.0\n\n- Old: first\n"
    kit.release(platform, "v1.1.0", {"CHANGELOG.md": log, f"base/{TOP}/new.txt": "new\n"})
    told = mlctl("upgrade", "--dry-run", cwd=project).err
    assert "New: a thing" in told
    assert "Old: first" not in told


def test_status_tells_what_would_come(platform, project, mlctl) -> None:
    log = "# Changes\n\n## 1.1.0\n\n- New: a thing\n\n## 1.0.0\n\n- Old: first\n"
    kit.release(platform, "v1.1.0", {"CHANGELOG.md": log, f"base/{TOP}/new.txt": "new\n"})
    told = mlctl("status", cwd=project).out
    assert "  version   v1.1.0 is there, 1 release ahead: see `mlctl upgrade --dry-run`\n" in told
    assert "            | - New: a thing\n" in told
    assert "Old" not in told


def test_another_platform_takes_over(platform, project, mlctl, tmp_path) -> None:
    other = kit.platform(tmp_path / "other")
    kit.release(other, "v7.0.0", {f"base/{TOP}/README.md": "# Theirs\n"})
    assert mlctl("upgrade", "-p", str(other), "--commit", cwd=project).code == 0
    assert (project / "README.md").read_text() == "# Theirs\n"
    assert "other" in (project / ".mlctl/project.yml").read_text()
    assert mlctl("upgrade", cwd=project).out.startswith("up to date")


def test_status_tells_version_lag_and_what_the_team_made_its_own(platform, project, mlctl) -> None:
    kit.append(project, "README.md", "\nOurs.\n")
    kit.remove(project, "constraints.txt")
    kit.commit(project)
    kit.release(platform, "v1.1.0", {f"base/{TOP}/new.txt": "new\n"})
    kit.release(platform, "v1.2.0", {f"base/{TOP}/new.txt": "newer\n"})
    found = json.loads(mlctl("status", "--format", "json", cwd=project).out)
    assert (found["schema"], found["version"]) == ("mlctl.status/1", "v1.0.0")
    assert (found["newest"], found["lag"]) == ("v1.2.0", 2)
    assert (found["edited"], found["deleted"], found["unfinished"]) == (["README.md"], ["constraints.txt"], None)
    assert mlctl("status", "--exit-code", cwd=project).code == 1
    mlctl("upgrade", cwd=project)
    assert "--continue" in mlctl("status", cwd=project).out


def test_diff_shows_what_would_go_back(project, mlctl) -> None:
    assert mlctl("diff", "--exit-code", cwd=project).code == 0
    kit.append(project, "README.md", "\nOurs.\n")
    kit.commit(project)
    done = mlctl("diff", "--exit-code", cwd=project)
    assert (done.code, "+Ours." in done.out) == (1, True)

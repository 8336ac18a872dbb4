"""A project comes from the platform that was named, at the version that was meant, also without a network."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests import kit

QUICK = ("--defaults", "--no-lock")


def layer(mlctl: kit.Mlctl, project: str = "churn") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((mlctl.here / project / ".mlctl/lock.json").read_text())["layers"][0]
    return found


@pytest.mark.parametrize("how", ["folder", "file", "daemon"])
def test_a_project_is_made_from_the_newest_release(mlctl: kit.Mlctl, platform: Path, daemon: str, how: str) -> None:
    kit.release(platform, "v1.10.0", {"constraints.txt": "pytest==8.3.4\n"})
    kit.git(platform, "tag", "v1.9.0", "v1.0.0")
    source = {"folder": str(platform), "file": f"file://{platform}", "daemon": f"{daemon}/platform"}[how]
    done = mlctl("new", "churn", "-p", source, *QUICK)
    assert done.code == 0, done.err
    assert "v1.10.0" in done.out
    found = layer(mlctl)
    assert (found["version"], found["tree"]) == ("v1.10.0", kit.tree(platform, "v1.10.0"))
    assert found["source"] == ("../../platform" if how == "folder" else source)
    assert ("others can't upgrade from it" in done.err) == (how != "daemon")


@pytest.mark.parametrize("ref", ["v1.0.0", "topic", "commit", "short", "worktree"])
def test_a_version_can_be_named(mlctl: kit.Mlctl, platform: Path, ref: str) -> None:
    commit = kit.git(platform, "rev-parse", "HEAD")
    kit.git(platform, "branch", "topic")
    kit.release(platform, "v1.1.0", {"base/{{cookiecutter.project_slug}}/NEW.md": "new\n"})
    kit.write(platform, "base/{{cookiecutter.project_slug}}/WIP.md", "not committed\n")
    ref = {"commit": commit, "short": commit[:9]}.get(ref, ref)
    done = mlctl("new", "churn", "-p", str(platform), "--ref", ref, *QUICK)
    assert done.code == 0, done.err
    assert (mlctl.here / "churn/WIP.md").exists() == (ref == "worktree")
    assert (mlctl.here / "churn/NEW.md").exists() == (ref == "worktree")
    assert layer(mlctl)["commit"] == (None if ref == "worktree" else commit)


def test_a_ref_that_is_none_names_those_that_there_are(mlctl: kit.Mlctl, platform: Path) -> None:
    done = mlctl("new", "churn", "-p", f"file://{platform}", "--ref", "v7", *QUICK)
    assert done.code == 3
    assert "has no version 'v7'" in done.err
    assert "v1.0.0" in done.err
    assert list(mlctl.here.iterdir()) == []


def test_offline_the_last_copy_is_used_with_a_note(mlctl: kit.Mlctl, platform: Path) -> None:
    source = f"file://{platform}"
    assert mlctl("new", "first", "-p", source, *QUICK).code == 0
    platform.rename(platform.parent / "away")
    done = mlctl("new", "second", "-p", source, *QUICK)
    assert done.code == 0, done.err
    assert "can't be reached; its last copy is used" in done.err
    assert layer(mlctl, "second") == layer(mlctl, "first")


@pytest.mark.parametrize(
    "source",
    [
        "https://user:s3cret@127.0.0.1:1/org/platform.git", "http://s3cret@127.0.0.1:1/platform", "git://127.0.0.1:1/x",
        "file:///nowhere/at/all", "ssh://git:s3cret@127.0.0.1:1/x", "git@127.0.0.1:nowhere",
    ],
)  # fmt: skip
def test_what_can_not_be_reached_is_told_in_two_lines_without_a_password(mlctl: kit.Mlctl, source: str) -> None:
    done = mlctl("new", "churn", "-p", source, *QUICK, env={"GIT_SSH_COMMAND": "ssh -o ConnectTimeout=1"})
    assert done.code == 3
    error, hint = done.err.splitlines()
    assert error.startswith("error: the platform '")
    assert "can't be reached" in error
    assert hint.startswith(" hint: ")
    assert "s3cret" not in done.err
    assert list(mlctl.here.iterdir()) == []


def test_a_password_is_not_recorded(mlctl: kit.Mlctl, platform: Path) -> None:
    kit.git(platform, "remote", "add", "origin", "https://user:s3cret@host.example/org/platform.git")
    assert mlctl("new", "churn", "-p", str(platform), *QUICK).code == 0
    texts = [
        path.read_text() for path in (mlctl.here / "churn").rglob("*") if path.is_file() and ".git" not in path.parts
    ]
    assert not any("s3cret" in text for text in texts)
    assert layer(mlctl)["source"] == "https://host.example/org/platform.git"


def test_two_runs_at_once_both_get_their_project(mlctl: kit.Mlctl, platform: Path) -> None:
    names = [f"churn{n}" for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda name: mlctl("new", name, "-p", f"file://{platform}", *QUICK), names))
    assert [done.code for done in ended] == [0] * 4, ended
    assert not any("can't be reached" in done.err for done in ended)


def test_a_damaged_copy_is_made_again(mlctl: kit.Mlctl, platform: Path) -> None:
    assert mlctl("new", "first", "-p", f"file://{platform}", *QUICK).code == 0
    for clone in (mlctl.cache / "platforms").iterdir():
        shutil.rmtree(clone / "objects")
    done = mlctl("new", "second", "-p", f"file://{platform}", *QUICK)
    assert (done.code, "can't be reached" in done.err) == (0, False)


def test_the_platform_can_be_set_once(mlctl: kit.Mlctl, platform: Path, template: Path) -> None:
    mlctl.config(f"platform: {template}\nanswers:\n  owner: '@config'\n  greeting: hi\n")
    assert mlctl("new", "aa", *QUICK).code == 0
    assert (mlctl.here / "aa/src/main.py").read_text() == 'print("hi")\n'
    assert mlctl("new", "bb", *QUICK, env={"MLCTL_PLATFORM": str(platform)}).code == 0
    assert "@config" in (mlctl.here / "bb/README.md").read_text()
    done = mlctl("new", "cc", *QUICK, env={"MLCTL_PLATFORM": str(platform), "MLCTL_ANSWER_OWNER": "@environment"})
    assert done.code == 0, done.err
    assert "@environment" in (mlctl.here / "cc/README.md").read_text()
    assert mlctl("new", "dd", "-p", str(platform), "-s", "owner=@said", *QUICK).code == 0
    assert "@said" in (mlctl.here / "dd/README.md").read_text()


@pytest.mark.parametrize("trust", ["nobody", "flag", "environment", "config", "look-alike", "left out"])
def test_hooks_run_only_where_the_source_is_trusted(mlctl: kit.Mlctl, template: Path, trust: str) -> None:
    kit.write(template, "hooks/post_gen_project.sh", "#!/bin/sh\ntouch ran\n", executable=True)
    flags = {"flag": ["--trust"], "left out": ["--no-hooks"]}.get(trust, [])
    environment = {"environment": str(template.parent), "look-alike": f"{template}x {template}/../template2"}.get(trust)
    if trust == "config":
        mlctl.config(f"trust:\n  - {template}\n")
    done = mlctl("new", "churn", "-p", str(template), *QUICK, *flags, env={"MLCTL_TRUST": environment})
    refused = trust in ("nobody", "look-alike")
    assert done.code == (3 if refused else 0), done.err
    assert (mlctl.here / "churn").exists() == (not refused)
    assert (mlctl.here / "churn/ran").exists() == (trust in ("flag", "environment", "config"))
    assert ("post_gen_project" in done.err) == (trust != "left out")


def test_a_template_without_git_records_where_it_lies_and_warns(mlctl: kit.Mlctl, template: Path) -> None:
    done = mlctl("new", "churn", "-p", "../template", *QUICK)
    assert done.code == 0, done.err
    assert "recorded as ../../template: others can't upgrade from it" in done.err
    assert (layer(mlctl)["source"], layer(mlctl)["version"]) == ("../../template", "worktree")


def test_a_bare_repository_on_a_shared_disk_is_a_platform(mlctl: kit.Mlctl, platform: Path) -> None:
    kit.git(platform, "clone", "--quiet", "--bare", ".", "../shared.git")
    assert mlctl("new", "churn", "-p", "../shared.git", *QUICK).code == 0
    assert layer(mlctl)["version"] == "v1.0.0"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_platform_that_another_user_owns_is_read(mlctl: kit.Mlctl, platform: Path) -> None:
    for path in (platform, platform / ".git"):
        os.chown(path, 12345, 12345)
    done = mlctl("new", "churn", "-p", str(platform), *QUICK)
    assert (done.code, layer(mlctl)["version"]) == (0, "v1.0.0")


def test_the_embedded_platform_of_a_checkout_is_the_default(mlctl: kit.Mlctl) -> None:
    done = mlctl("new", "churn", *QUICK)
    assert done.code == 0, done.err
    assert layer(mlctl)["source"] == "mlctl"

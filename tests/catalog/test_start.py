"""`mlctl platform init` starts a platform that stands on its own; `lock` keeps its tested versions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import kit


@pytest.fixture
def ours(mlctl: kit.Mlctl) -> Path:
    """A platform that was started."""
    done = mlctl("platform", "init", "ours", "--defaults", "--no-lock", "--set", "owner=@ml", "--set", "ci=gitlab")
    assert done.code == 0, done.err
    return mlctl.here / "ours"


def test_a_platform_of_ones_own_is_a_repository_with_a_release(ours: Path) -> None:
    assert kit.git(ours, "tag", "--points-at", "HEAD") == "v1.0.0"
    assert kit.git(ours, "status", "--porcelain") == ""
    assert "name: ours" in (ours / "platform.yml").read_text()
    assert 'approver: "@ml"' in (ours / "standards" / "standards.yml").read_text()
    assert (ours / ".gitlab-ci.yml").exists()
    assert not (ours / ".github").exists()


def test_a_project_comes_from_it_by_its_release(ours: Path, mlctl: kit.Mlctl) -> None:
    done = mlctl("new", "churn", "-p", "ours", "--defaults", "--no-lock")
    assert done.code == 0, done.err
    assert "from tabular v1.0.0" in done.out


def test_a_project_of_the_embedded_platform_moves_to_it(ours: Path, mlctl: kit.Mlctl) -> None:
    assert mlctl("new", "churn", "--defaults", "--no-lock").code == 0
    done = mlctl("upgrade", "-p", "../ours", "--defaults", "--commit", cwd=mlctl.here / "churn")
    assert done.code == 0, done.err
    assert "source: ../ours" in (mlctl.here / "churn" / ".mlctl" / "project.yml").read_text()


def test_its_maintainers_read_how_to_change_it(ours: Path, mlctl: kit.Mlctl) -> None:
    text = (ours / "README.md").read_text()
    assert "{{cookiecutter.project_slug}}" in text
    for word in ("lint", "test", "lock"):
        assert mlctl("platform", word, "--help").code == 0
        assert f"mlctl platform {word}" in text


@pytest.mark.parametrize("flags", [("--set", "ci=jenkins"), ("--set", "nobody=1")])
def test_a_wrong_answer_leaves_nothing_behind(mlctl: kit.Mlctl, flags: tuple[str, ...]) -> None:
    assert mlctl("platform", "init", "theirs", "--defaults", *flags).code == 2
    assert not (mlctl.here / "theirs").exists()


def test_a_folder_that_holds_something_is_refused(mlctl: kit.Mlctl) -> None:
    kit.write(mlctl.here, "there/a.txt", "x")
    done = mlctl("platform", "init", "there", "--defaults")
    assert done.code == 3
    assert [path.name for path in (mlctl.here / "there").iterdir()] == ["a.txt"]


def test_lock_pins_what_the_table_names(ours: Path, mlctl: kit.Mlctl) -> None:
    before = (ours / "constraints.txt").read_text()
    assert mlctl("platform", "lock", cwd=ours).code == 0
    text = (ours / "platform.yml").read_text()
    kit.write(ours, "platform.yml", text.replace("    alembic:", '    humanize: ">=4"\n    alembic:'))
    done = mlctl("platform", "lock", cwd=ours)
    assert done.code == 0, done.err
    assert "humanize new -> " in done.out
    assert set(before.splitlines()) < set((ours / "constraints.txt").read_text().splitlines())


def test_lock_pins_what_stands_apart_in_a_file_of_its_own(ours: Path, mlctl: kit.Mlctl) -> None:
    (ours / "constraints-evidently.txt").unlink()
    assert mlctl("platform", "lock", cwd=ours).code == 0
    apart, together = (
        dict(re.findall(r"^([a-z-]+)==(\S+)", (ours / name).read_text(), flags=re.MULTILINE))
        for name in ("constraints-evidently.txt", "constraints.txt")
    )
    assert "evidently" in apart.keys() - together.keys()
    assert apart["plotly"] < "6" <= together["plotly"]  # which is why it stands apart
    assert apart["numpy"] == together["numpy"]  # and as near as it can


def test_lock_tells_what_does_not_fit(ours: Path, mlctl: kit.Mlctl) -> None:
    text = (ours / "platform.yml").read_text()
    kit.write(ours, "platform.yml", text.replace("    alembic:", '    humanize: ">=99"\n    alembic:'))
    before = (ours / "constraints.txt").read_bytes()
    done = mlctl("platform", "lock", cwd=ours)
    assert done.code == 3
    assert "the packages can't be resolved" in done.err.splitlines()[0]
    assert (ours / "constraints.txt").read_bytes() == before


def test_lock_wants_a_folder_of_ones_own(mlctl: kit.Mlctl) -> None:
    assert mlctl("platform", "lock").code == 3

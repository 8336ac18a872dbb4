"""Templates that turn hostile in a later release: an upgrade refuses them as `new` does, and changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import kit
from tests.hostile.jail import Jail, refused
from tests.hostile.test_rendering import BROKEN, CODE, PATHS, SETTINGS, TOP, Row

# what git can't hold, what the recorded answers keep away, and what is asked for by an option
NOT = ("a project", "a pipe", "a file of 2 GB", "files of 90 MB", "settings that are a pipe", "a file of git",
       "settings that are a folder", "a folder of git", "300 folders", "settings of 50 MB", "a hook",
       "a name that is not UTF-8")  # fmt: skip
ROWS = [
    row for row in [*PATHS, *CODE, *BROKEN, *SETTINGS] if not row.name.startswith(NOT) and not row.options and row.code
]
# from a repository a nested template's path is read before anything else can go wrong
LOOSE = ("settings", "a nested", "an old", "nested")


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain template in a repository, and a project made from its first release."""
    root = tmp_path_factory.mktemp("before")
    kit.make_repo(Row("", "").lay(root / "template"))
    kit.commit(root / "template", "One")
    kit.tag(root / "template", "v1.0.0")
    mlctl = kit.Mlctl(kit.home(root / "home"), root)
    done = mlctl("new", "project", "-p", str(root / "template"), "-y", "--set", "name=project")
    assert done.code == 0, done.err
    return root


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_release_means_no_harm(row: Row, before: Path, tmp_path: Path) -> None:
    for name in ("template", "project"):
        shutil.copytree(before / name, tmp_path / name, symlinks=True)
    jail = Jail(tmp_path, kit.Mlctl(kit.home(tmp_path / "home"), tmp_path / "project"))
    kit.write(tmp_path, "canary", f"#!/bin/sh\necho ran >> {tmp_path}/ran\n", executable=True)
    row.lay(tmp_path / "template")
    kit.git(tmp_path / "template", "add", "--all", "--force")
    kit.git(tmp_path / "template", "commit", "--quiet", "-m", "Two")
    kit.git(tmp_path / "template", "tag", "v2.0.0")
    inside = jail.inside()
    done = jail("upgrade", "-y")
    refused(done, row.code, *((2, 3) if row.name.startswith(LOOSE) else ()))
    assert row.says in done.err or row.name.startswith(LOOSE), done.err
    assert jail.inside() == inside
    assert (tmp_path / "template" / TOP).is_dir() or row.make


UNITS = [row for row in [*PATHS, *CODE, *BROKEN] if row.files and not row.settings and row.code and not row.options
         and not row.name.startswith((*NOT, "a hook"))]  # fmt: skip


@pytest.mark.parametrize("row", UNITS, ids=lambda row: row.name)
def test_a_platform_means_no_harm(row: Row, jail: Jail) -> None:
    folder = jail.root / "platform" / "components" / "tracking"
    for path, text in row.files.items():
        kit.write(folder, path.replace(TOP, kit.TOP), text)
    if row.make:
        (folder / TOP).mkdir(exist_ok=True)
    kit.git(jail.root / "platform", "add", "--all", "--force")
    kit.git(jail.root / "platform", "commit", "--quiet", "-m", "Harm")
    kit.git(jail.root / "platform", "tag", "v2.0.0")
    inside = jail.inside()
    refused(jail("upgrade", "-y"), 1, 2, 3)
    assert jail.inside() == inside
    done = jail("platform", "lint", "-p", "../platform")
    assert done.code in (0, 1, 2, 3), done
    adopted = jail.root / "project"
    kit.remove(adopted, ".mlctl")
    kit.git(adopted, "commit", "--quiet", "-am", "Without a record")
    refused(jail("adopt", "-p", "../platform", "--defaults", "-s", "ci=none"), 2, 3) if "ci" in row.name else None

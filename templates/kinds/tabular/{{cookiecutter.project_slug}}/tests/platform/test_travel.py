"""A champion travels whole: published once, pulled by its digest, and refused if a byte differs."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.platform import bundle, champion, storage, travel
from {{ cookiecutter.package_name }}.platform.bundle import Manifest
from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.errors import ProjectError


@pytest.fixture
def there(tmp_path: Path) -> storage.Store:
    return storage.at(str(tmp_path / "bundles"))


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, tmp_path / "build")


@pytest.fixture
def first(there: storage.Store, workspace: Workspace) -> Manifest:
    return travel.publish(there, workspace.champion)


def second(there: storage.Store, workspace: Workspace, copy: Path) -> Manifest:
    """Another champion, published: the first but for its threshold."""
    shutil.copytree(workspace.champion, copy)
    changed = replace(bundle.read(copy), version="2", threshold=0.25, created_at="3000-01-01")
    changed = replace(changed, digest=changed.lasting)
    bundle.stamp(copy, changed)
    return travel.publish(there, copy)


def test_what_was_published_comes_back_whole(
    there: storage.Store, first: Manifest, empty: Workspace, workspace: Workspace
) -> None:
    assert travel.pull(there, empty) == first
    assert bundle.read(empty.champion) == bundle.read(workspace.champion)


def test_publishing_again_writes_nothing_of_the_bundle(
    there: storage.Store, first: Manifest, workspace: Workspace, tmp_path: Path
) -> None:
    files = sorted(path for path in (tmp_path / "bundles").rglob("*") if path.is_file())
    times = [path.stat().st_mtime_ns for path in files if path.name != travel.LATEST]
    assert travel.publish(there, workspace.champion) == first
    assert times == [path.stat().st_mtime_ns for path in files if path.name != travel.LATEST]


def test_publishing_again_mends_what_was_lost(
    there: storage.Store, first: Manifest, workspace: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "bundles" / f"1-{first.digest[:12]}" / "model.skops"
    file.write_bytes(b"")
    travel.publish(there, workspace.champion)
    assert file.read_bytes() == (workspace.champion / "model.skops").read_bytes()


def test_what_was_half_published_is_not_there_and_gets_finished(
    there: storage.Store, first: Manifest, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "bundles" / f"1-{first.digest[:12]}" / travel.MANIFEST).unlink()
    assert travel.published(there) == []
    with pytest.raises(ProjectError, match="no bundle"):
        travel.find(there, digest=first.digest)
    travel.publish(there, workspace.champion)
    assert [place.version for place in travel.published(there)] == ["1"]


def test_a_bundle_is_found_by_digest_by_version_and_as_the_latest(
    there: storage.Store, first: Manifest, workspace: Workspace, tmp_path: Path
) -> None:
    newer = second(there, workspace, tmp_path / "copy")
    assert travel.find(there).version == "2"
    assert travel.find(there, digest=first.digest[:12]).version == "1"
    assert travel.find(there, version="2").digest == newer.digest[:12]
    travel.publish(there, workspace.champion)  # after a rollback the old one is the latest
    assert travel.find(there).version == "1"
    with pytest.raises(ProjectError, match=f"no bundle of version 1 and digest {newer.digest}"):
        travel.find(there, digest=newer.digest, version="1")


def test_the_old_champion_goes_to_the_archive_and_back(
    there: storage.Store, first: Manifest, empty: Workspace, workspace: Workspace, tmp_path: Path
) -> None:
    newer = second(there, workspace, tmp_path / "copy")
    for wanted in (first, newer, first, newer):
        assert travel.pull(there, empty, wanted.digest).digest == wanted.digest
        found = champion.current(empty)
        assert found
        assert found.version == wanted.version
    assert sorted(path.name for path in empty.archive.iterdir()) == ["1", "2"]


def test_a_folder_of_ones_own_is_replaced_by_a_bundle_and_nothing_else_is(
    there: storage.Store, first: Manifest, empty: Workspace, workspace: Workspace, tmp_path: Path
) -> None:
    output = tmp_path / "served" / "champion"
    travel.pull(there, empty, first.digest, output=output)
    newer = second(there, workspace, tmp_path / "copy")
    travel.pull(there, empty, output=output)
    assert bundle.read(output) == newer
    assert [path.name for path in output.parent.iterdir()] == ["champion"]
    with pytest.raises(ProjectError, match="holds no bundle"):
        travel.pull(there, empty, output=tmp_path)


@pytest.mark.parametrize("name", ["model.skops", "request.json", travel.MANIFEST])
def test_a_changed_byte_is_refused_and_leaves_all_as_it_was(
    there: storage.Store, first: Manifest, empty: Workspace, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "bundles" / f"1-{first.digest[:12]}" / name
    text = file.read_bytes().replace(b'"threshold": 0.', b'"threshold": 0.0')
    file.write_bytes(text + b" ")
    with pytest.raises(ProjectError, match=f"{name} is not what was published"):
        travel.pull(there, empty, first.digest)
    assert not empty.build.exists() or list(empty.build.iterdir()) == []


def test_a_manifest_that_leads_out_of_its_folder_is_refused(
    there: storage.Store, first: Manifest, empty: Workspace
) -> None:
    odd = replace(first, files=first.files | {"../../stolen": "0" * 64})
    odd = replace(odd, digest=odd.lasting)
    for version in ("1", "../../up"):
        document = json.dumps(replace(odd, version=version).__dict__)
        there.write(f"1-{odd.digest[:12]}/{travel.MANIFEST}", document.encode())
        for name in first.files:
            there.write(f"1-{odd.digest[:12]}/{name}", there.read(f"1-{first.digest[:12]}/{name}"))
        with pytest.raises(ProjectError, match=r"outside|is not what was published"):
            travel.pull(there, empty, odd.digest)


def test_a_place_that_holds_another_bundle_is_not_written_to(
    there: storage.Store, workspace: Workspace
) -> None:
    mine = bundle.read(workspace.champion)
    there.write(f"1-{mine.digest[:12]}/{travel.MANIFEST}", b'{"digest": "another"}')
    with pytest.raises(ProjectError, match="holds another, not"):
        travel.publish(there, workspace.champion)


def test_a_store_belongs_to_one_project(there: storage.Store, workspace: Workspace) -> None:
    latest = {"schema": travel.SCHEMA, "package": "fraud", "digest": "0" * 64}
    there.write(travel.LATEST, json.dumps(latest).encode())
    with pytest.raises(ProjectError, match="holds the bundles of fraud"):
        travel.publish(there, workspace.champion)


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({}, "nothing is published"),
        ({"digest": ""}, "no digest is pinned"),
        ({"digest": "0" * 64}, "no bundle of digest 0000"),
        ({"digest": "latest"}, "latest is no digest"),
        ({"version": "1"}, "no bundle of version 1"),
    ],
)
def test_the_first_deploy_before_any_champion_is_told_what_to_do(
    there: storage.Store, empty: Workspace, wish: dict[str, str], told: str
) -> None:
    with pytest.raises(ProjectError, match=told) as caught:
        travel.pull(there, empty, wish.get("digest"), wish.get("version"))
    assert "publish" in caught.value.hint


def test_no_address_is_told_with_how_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUNDLE_URI", raising=False)
    with pytest.raises(ProjectError, match="BUNDLE_URI") as caught:
        travel.store()
    assert "export BUNDLE_URI=" in caught.value.hint


def test_a_version_is_never_given_twice(first: Manifest) -> None:
    assert champion.next_version("1", None) == "1"
    assert champion.next_version("8", replace(first, version="7")) == "8"
    assert champion.next_version("1", replace(first, version="7")) == "8"
    assert champion.next_version("main-3", replace(first, version="7")) == "main-3"


def test_a_swap_that_was_killed_loses_nothing(
    there: storage.Store, first: Manifest, empty: Workspace, workspace: Workspace, tmp_path: Path
) -> None:
    travel.pull(there, empty)
    empty.champion.rename(empty.build / "champion.next")
    newer = second(there, workspace, tmp_path / "copy")
    travel.pull(there, empty)
    assert champion.current(empty) == newer
    assert champion.rollback(empty) == first

"""A place runs what its release.env says, and that names only what can be had."""

from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.platform import travel
from {{ cookiecutter.package_name }}.platform.bundle import Manifest
from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.release import (
    Target,
    release,
    target,
    targets,
)

IMAGE = "registry.example.org/model:1"


@pytest.fixture
def first(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    monkeypatch.setenv("BUNDLE_URI", str(tmp_path / "bundles"))
    return travel.publish(travel.store(), workspace.champion)


@pytest.fixture
def prod(tmp_path: Path) -> Target:
    return place(tmp_path, "prod")


def place(root: Path, name: str) -> Target:
    file = root / "deploy" / "overlays" / name / "release.env"
    file.parent.mkdir(parents=True)
    file.write_text("# what runs here\nIMAGE=model:unreleased\nBUNDLE_DIGEST=\nOTHER=kept\n")
    return Target(name, file)


def test_a_release_is_written_and_all_else_is_kept(first: Manifest, prod: Target) -> None:
    told = release(prod, image=IMAGE, version=first.version)
    assert told == {"IMAGE": IMAGE, "BUNDLE_DIGEST": first.digest, "OTHER": "kept"}
    lines = prod.file.read_text().splitlines()
    assert lines[0] == "# what runs here"
    assert len(lines) == 4
    assert release(prod) == told


def test_a_short_digest_is_pinned_in_full(first: Manifest, prod: Target) -> None:
    assert release(prod, digest=first.digest[:12])["BUNDLE_DIGEST"] == first.digest


def test_a_place_takes_over_what_another_runs(
    first: Manifest, prod: Target, tmp_path: Path
) -> None:
    canary = place(tmp_path, "prod-canary")
    release(canary, image=IMAGE, digest=first.digest)
    told = release(prod, source=canary)
    assert (told["IMAGE"], told["BUNDLE_DIGEST"]) == (IMAGE, first.digest)


@pytest.mark.parametrize("image", ["model", "model:latest", "model:", "Model:1", "a b:1", ""])
def test_an_image_that_may_be_another_tomorrow_is_refused(prod: Target, image: str) -> None:
    before = prod.file.read_text()
    with pytest.raises(ProjectError, match="which image"):
        release(prod, image=image)
    assert prod.file.read_text() == before


def test_an_image_may_be_named_by_its_digest(prod: Target) -> None:
    image = "registry.example.org:5000/ml/model@sha256:" + "0" * 64
    assert release(prod, image=image)["IMAGE"] == image


@pytest.mark.usefixtures("first")
def test_a_bundle_that_nobody_published_is_not_pinned(prod: Target) -> None:
    before = prod.file.read_text()
    for wish in ({"digest": "0" * 64}, {"version": "9"}):
        with pytest.raises(ProjectError, match="no bundle of"):
            release(prod, digest=wish.get("digest"), version=wish.get("version"))
    assert prod.file.read_text() == before


def test_nothing_is_taken_over_from_a_place_that_runs_nothing(prod: Target, tmp_path: Path) -> None:
    staging = place(tmp_path, "staging")
    release(staging, image=IMAGE)
    with pytest.raises(ProjectError, match="no digest to pin") as caught:
        release(prod, source=staging)
    assert "release staging --version" in caught.value.hint


def test_an_unknown_place_is_told_with_those_that_there_are(prod: Target, tmp_path: Path) -> None:
    assert [found.name for found in targets(tmp_path)] == [prod.name]
    with pytest.raises(ProjectError, match="no place production") as caught:
        target(tmp_path, "production")
    assert "there are prod" in caught.value.hint

"""The record: what a project remembers of its platform, its answers and its rendering."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlctl.core.ask import ask
from mlctl.core.platform import find
from mlctl.core.record import LOCK, PROJECT, STANDARDS, Place, Record, named, record
from mlctl.core.render import render
from mlctl.core.source import Kind, Source
from mlctl.core.tree import blob_id
from mlctl.core.units import template
from mlctl.tools import yaml
from tests import kit


def made(folder: Path, ref: str = "", **given: str) -> Record:
    found = template(find(Source(Kind.FOLDER, str(folder)), ref), "", ["tracking"])
    answers = ask(found, {"project_name": "churn", **given})
    return record(found, answers, render(found, answers, {}), [Place("../platform", ref)])


def lock(one: Record) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(one.files()[LOCK])
    return found


def test_the_lock_names_version_tree_commit_and_units(platform: Path) -> None:
    (layer,) = lock(made(platform))["layers"]
    assert layer == {
        "source": "../platform", "version": "v1.0.0", "tree": kit.tree(platform), "kind": "service",
        "commit": kit.git(platform, "rev-parse", "HEAD"), "units": ["base", "service", "ci-github", "tracking"],
    }  # fmt: skip


def test_the_manifest_holds_git_s_id_of_every_rendered_file(platform: Path) -> None:
    manifest = lock(made(platform))["manifest"]
    assert manifest["src/tracking.py"][:2] == ["100644", blob_id(b"import mlflow\n")]
    assert list(manifest) == sorted(manifest)
    assert not [path for path in manifest if path.startswith(".mlctl/")]


def test_the_project_file_is_for_people_and_keeps_the_ref_that_was_asked_for(platform: Path) -> None:
    text = made(platform, "v1.0.0").files()[PROJECT]
    said = yaml.load(text, PROJECT)
    assert said["layers"][0]["ref"] == "v1.0.0"
    assert (said["stage"], said["owner"]) == ("explore", "@team")
    assert yaml.load(made(platform).files()[PROJECT], PROJECT)["layers"][0]["ref"] is None


def test_private_and_secret_answers_are_not_kept(platform: Path) -> None:
    secret = "questions:\n  public: {default: x}\n  token: {default: '', secret: true}\n  seen: {default: x}\n"
    kit.release(platform, "v1.1.0", {"kinds/service/unit.yml": "about: x\n" + secret})
    texts = made(platform, token="hunter2", seen="y").files()
    assert not any("hunter2" in text for text in texts.values())
    assert json.loads(texts[LOCK])["answers"]["seen"] == "y"


def test_the_standards_lie_beside_it_flattened_and_digested(platform: Path) -> None:
    first = made(platform)
    assert yaml.load(first.files()[STANDARDS], STANDARDS)["rules"][0]["code"] == "SML001"
    kit.release(platform, "v1.1.0", {"standards/standards.yml": "# reworded\nlockfiles: [uv.lock]\nversion: 1\n"})
    assert lock(made(platform))["standards"] == lock(first)["standards"]
    kit.release(platform, "v1.2.0", {"standards/standards.yml": "version: 2\n"})
    assert lock(made(platform))["standards"] != lock(first)["standards"]


def test_a_platform_without_standards_leaves_none(platform: Path) -> None:
    kit.remove(platform, "standards")
    kit.release(platform, "v1.1.0")
    assert STANDARDS not in made(platform).files()
    assert lock(made(platform))["standards"] is None


def test_the_same_project_has_the_same_record(platform: Path) -> None:
    assert made(platform).files() == made(platform).files()


@pytest.mark.parametrize(
    ("origin", "recorded"),
    [
        ("https://host.example/org/x.git", "https://host.example/org/x.git"),
        ("https://token@host.example/org/x.git", "https://host.example/org/x.git"),
        ("ssh://git:secret@host.example/org/x", "ssh://git@host.example/org/x"),
        ("git@host.example:org/x.git", "git@host.example:org/x.git"),
        ("/srv/git/x", None), ("../x", None), ("file:///srv/x", None), ("ext::sh -c x", None), ("", None),
    ],
)  # fmt: skip
def test_a_folder_is_recorded_by_its_origin_else_relative_with_a_warning(
    platform: Path, origin: str, recorded: str | None
) -> None:
    if origin:
        kit.git(platform, "config", "remote.origin.url", origin)
    found = find(Source(Kind.FOLDER, str(platform)))
    source, warning = named(found, platform.parent / "work" / "churn")
    assert source == (recorded or "../../platform")
    assert bool(warning) == (recorded is None)

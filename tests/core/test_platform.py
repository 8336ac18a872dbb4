"""Platforms: which version a ref names, what identifies it, and where it lies."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from mlctl.core.platform import NoCommit, NoSuchVersion, find, releases, versions
from mlctl.core.source import Kind, Source
from mlctl.tools.errors import MlctlError
from tests import kit


def folder(path: Path) -> Source:
    return Source(Kind.FOLDER, str(path))


def test_a_folder_without_git_is_taken_as_it_is(tmp_path: Path) -> None:
    found = find(folder(kit.platform(tmp_path)))
    assert found.version.name == "worktree"
    assert found.version.commit is None
    kit.make_repo(tmp_path)
    kit.commit(tmp_path)
    assert found.version.tree == kit.tree(tmp_path)


def test_a_folder_without_git_has_no_versions(tmp_path: Path) -> None:
    with pytest.raises(NoSuchVersion):
        find(folder(kit.platform(tmp_path)), "v1.0.0")


def test_the_newest_release_is_the_default_even_where_the_head_is_further(platform: Path) -> None:
    commit = kit.release(platform, "v1.1.0", {"constraints.txt": "a==1\n"})
    kit.write(platform, "constraints.txt", "a==2\n")
    kit.commit(platform)
    kit.write(platform, "constraints.txt", "a==3\n")
    found = find(folder(platform))
    assert (found.version.name, found.version.commit) == ("v1.1.0", commit)
    assert found.version.tree == kit.tree(platform, "v1.1.0")
    assert found.tree.read("constraints.txt") == b"a==1\n"


def test_without_a_release_the_head_is_the_default(platform: Path) -> None:
    kit.git(platform, "tag", "-d", "v1.0.0")
    head = kit.git(platform, "rev-parse", "HEAD")
    assert find(folder(platform)).version.name == head[:12]


def called(platform: Path, like: str) -> str:
    """Make a commit whose name is `like` a pattern the new HEAD of a platform without tags; return it."""
    kit.git(platform, "tag", "-d", "v1.0.0")
    text = kit.git(platform, "cat-file", "commit", "HEAD")
    said = (f"{text}\n{number}\n" for number in range(100_000))
    name = next(
        one for one in said if re.match(like, hashlib.sha1(b"commit %d\0%b" % (len(one), one.encode())).hexdigest())
    )
    kit.write(platform, "commit", name)
    commit = kit.git(platform, "hash-object", "-w", "-t", "commit", "commit")
    kit.git(platform, "reset", "--quiet", "--hard", commit)
    return commit


def test_a_commit_is_never_called_what_would_be_a_release(platform: Path) -> None:
    commit = called(platform, r"\d{10}[ab]\d\D|\d{11}b\D")
    for ref in ("", commit, commit[:8]):
        name = find(folder(platform), ref).version.name
        assert commit.startswith(name)
        assert not versions([name])


def test_a_tag_is_called_by_its_name_though_the_commit_begins_with_it(platform: Path) -> None:
    commit = called(platform, "1")
    kit.git(platform, "tag", "1")
    found = find(folder(platform)).version
    assert (found.name, found.commit) == ("1", commit)


def test_the_work_tree_is_taken_when_asked_for_without_what_git_ignores(platform: Path) -> None:
    kit.write(platform, "constraints.txt", "a==3\n")
    kit.write(platform, ".gitignore", "*.log\n")
    kit.write(platform, "run.log", "ignored\n")
    found = find(folder(platform), "worktree")
    assert found.tree.read("constraints.txt") == b"a==3\n"
    assert "run.log" not in found.tree.modes()
    kit.commit(platform)
    assert found.version.tree == kit.tree(platform)


def test_a_repository_without_a_commit_gives_its_files(tmp_path: Path) -> None:
    kit.make_repo(kit.platform(tmp_path))
    assert find(folder(tmp_path)).version.name == "worktree"


def test_a_platform_in_the_folder_templates_is_identified_by_that_folder(tmp_path: Path) -> None:
    kit.platform(tmp_path / "templates")
    kit.write(tmp_path, "README.md", "not the platform\n")
    kit.release(tmp_path, "v1.0.0")
    found = find(folder(tmp_path))
    assert found.version.tree == kit.tree(tmp_path, "v1.0.0", "templates")
    assert "platform.yml" in found.tree.modes()
    assert "README.md" not in found.tree.modes()
    assert find(folder(tmp_path), "worktree").version.tree == found.version.tree


@pytest.mark.parametrize("place", ["bare", "worktree", "clone"])
def test_every_shape_of_repository_is_read(platform: Path, tmp_path: Path, place: str) -> None:
    other = tmp_path / "other"
    how = {"bare": ("clone", "--quiet", "--bare", ".", str(other)), "clone": ("clone", "--quiet", ".", str(other))}
    kit.git(platform, *how.get(place, ("worktree", "add", "--quiet", "--detach", str(other))))
    assert find(folder(other)).version == find(folder(platform)).version


def test_a_ref_is_a_tag_before_a_branch(platform: Path) -> None:
    tagged = kit.git(platform, "rev-parse", "HEAD")
    kit.git(platform, "tag", "same")
    kit.write(platform, "constraints.txt", "a==1\n")
    branched = kit.commit(platform)
    kit.git(platform, "branch", "same")
    kit.git(platform, "branch", "feature/x")
    assert find(folder(platform), "same").version.commit == tagged
    assert find(folder(platform), "feature/x").version.commit == branched


def test_a_commit_may_be_abbreviated(platform: Path) -> None:
    commit = kit.git(platform, "rev-parse", "HEAD")
    for ref in (commit, commit[:8]):
        found = find(folder(platform), ref)
        assert (found.version.name, found.version.commit) == (commit[:12], commit)


def test_tags_of_every_sort_lead_to_their_commit(platform: Path) -> None:
    kit.git(platform, "tag", "light")
    kit.git(platform, "tag", "-a", "-m", "x", "heavy")
    kit.git(platform, "tag", "-a", "-m", "x", "nested", "heavy")
    assert len({find(folder(platform), ref).version.commit for ref in ("light", "heavy", "nested", "v1.0.0")}) == 1


ODD = ["--output=/x", "-x", "HEAD@{1}", "v1..v2", "v1.0.0^", "v1.0.0~1", ":/Release", "v1.0.0:base", "v9", "", "f" * 40]


@pytest.mark.parametrize("ref", [ref for ref in ODD if ref])
def test_a_ref_that_is_none_is_refused_and_told_what_there_is(platform: Path, ref: str) -> None:
    with pytest.raises(NoSuchVersion) as caught:
        find(folder(platform), ref)
    assert caught.value.code == 3
    assert "v1.0.0" in caught.value.hint


def test_a_tag_of_a_file_is_no_version(platform: Path) -> None:
    kit.git(platform, "tag", "v2.0.0", kit.git(platform, "rev-parse", "HEAD:platform.yml"))
    with pytest.raises(NoSuchVersion):
        find(folder(platform), "v2.0.0")


def test_an_empty_bare_repository_has_no_commit(tmp_path: Path) -> None:
    kit.git(tmp_path, "init", "--quiet", "--bare", "empty.git")
    with pytest.raises(MlctlError) as caught:
        find(folder(tmp_path / "empty.git"))
    assert caught.type in (NoCommit, NoSuchVersion)


def test_a_folder_whose_git_is_broken_is_not_taken_as_it_is(platform: Path) -> None:
    kit.write(platform, ".git/HEAD", "nonsense\n")
    with pytest.raises(MlctlError):
        find(folder(platform))


def test_releases_are_ordered_as_versions(platform: Path) -> None:
    for tag in ("v1.9.0", "v1.10.0", "1.9.1", "v2.0.0rc1", "v2.0.0-beta.1", "nightly", "v", "release/1.9.5", "v1.10"):
        kit.git(platform, "tag", tag)
    found = releases(platform / ".git")
    assert found[2:] == ["release/1.9.5", "1.9.1", "v1.9.0", "v1.0.0"]
    assert set(found[:2]) == {"v1.10.0", "v1.10"}


def test_hostile_tags_are_no_versions() -> None:
    tags = ["--upload-pack=touch x", "-1.0", "v1.0\x1b[2J", "1!2.0", "v1.0\u202e", "v1..0", "v1.0@{1}"]
    assert versions(tags) == []


@pytest.mark.slow
def test_a_hundred_thousand_tags_take_seconds(platform: Path) -> None:
    head = kit.git(platform, "rev-parse", "HEAD")
    packed = "".join(f"{head} refs/tags/v1.{n}.0\n" for n in range(100_000))
    kit.write(platform, ".git/packed-refs", "# pack-refs with: peeled fully-peeled \n" + packed)
    assert find(folder(platform)).version.name == "v1.99999.0"

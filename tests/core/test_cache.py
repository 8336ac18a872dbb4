"""Clones: built aside, kept up to date, made again where they are damaged."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from mlctl.core.cache import MARK, Unreachable
from mlctl.core.platform import NoSuchVersion, Platform, find
from mlctl.core.source import Kind, Source
from mlctl.tools.git import GitFailed
from tests import kit


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mlctl" / "platforms"


def fetched(platform: Path, ref: str = "") -> Platform:
    found = find(Source(Kind.REMOTE, f"file://{platform}"), ref)
    found.tree.load()
    return found


def clone(cache: Path) -> Path:
    (only,) = cache.iterdir()
    return only


def test_a_clone_is_complete_and_nothing_lies_beside_it(platform: Path, cache: Path) -> None:
    assert fetched(platform).version.tree == kit.tree(platform)
    assert (clone(cache) / MARK).exists()
    assert cache.stat().st_mode & 0o077 == 0


def test_a_new_release_comes_with_the_next_run(platform: Path) -> None:
    assert fetched(platform).version.name == "v1.0.0"
    kit.release(platform, "v1.1.0")
    assert fetched(platform).version.name == "v1.1.0"


def test_a_deleted_tag_goes_and_a_moved_one_moves(platform: Path) -> None:
    kit.release(platform, "v1.1.0", {"constraints.txt": "a==1\n"})
    kit.release(platform, "v1.2.0")
    assert fetched(platform).version.name == "v1.2.0"
    kit.git(platform, "tag", "-d", "v1.2.0")
    kit.write(platform, "constraints.txt", "a==2\n")
    kit.commit(platform)
    kit.git(platform, "tag", "--force", "v1.1.0")
    found = fetched(platform)
    assert (found.version.name, found.version.tree) == ("v1.1.0", kit.tree(platform))


def test_a_renamed_default_branch_is_followed(platform: Path) -> None:
    kit.git(platform, "tag", "-d", "v1.0.0")
    fetched(platform)
    kit.git(platform, "branch", "--move", "main", "trunk")
    kit.write(platform, "constraints.txt", "a==2\n")
    head = kit.commit(platform)
    assert fetched(platform).version.commit == head


def test_a_head_that_goes_back_is_followed(platform: Path) -> None:
    kit.git(platform, "tag", "-d", "v1.0.0")
    first = kit.git(platform, "rev-parse", "HEAD")
    kit.write(platform, "constraints.txt", "a==2\n")
    kit.commit(platform)
    fetched(platform)
    kit.git(platform, "reset", "--quiet", "--hard", first)
    assert fetched(platform).version.commit == first


def test_a_remote_whose_head_names_no_branch_is_still_fetched(platform: Path) -> None:
    kit.git(platform, "symbolic-ref", "HEAD", "refs/heads/gone")
    fetched(platform)
    kit.git(platform, "tag", "v1.1.0", "v1.0.0^{commit}")
    found = fetched(platform)
    assert (found.version.name, found.stale) == ("v1.1.0", "")


def test_a_branch_that_becomes_a_folder_is_followed(platform: Path) -> None:
    kit.git(platform, "branch", "a")
    fetched(platform)
    kit.git(platform, "branch", "--move", "a", "a/b")
    assert fetched(platform, "a/b").stale == ""


def test_a_commit_that_is_new_is_fetched(platform: Path) -> None:
    fetched(platform)
    kit.write(platform, "constraints.txt", "a==2\n")
    head = kit.commit(platform)
    assert fetched(platform, head).version.commit == head


def test_a_commit_that_is_there_needs_no_network(platform: Path, tmp_path: Path) -> None:
    head = fetched(platform).version.commit or ""
    source = Source(Kind.REMOTE, f"file://{platform}")
    platform.rename(tmp_path / "away")
    assert find(source, head).stale == ""


def test_offline_the_copy_goes_on_and_says_so(platform: Path, tmp_path: Path) -> None:
    before = fetched(platform).version
    platform.rename(tmp_path / "away")
    found = fetched(platform)
    assert found.version == before
    assert "does not exist" in found.stale or "not appear" in found.stale


def test_what_is_nowhere_is_unreachable_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(Unreachable) as caught:
        fetched(tmp_path / "nowhere")
    assert caught.value.code == 3
    assert list(cache.iterdir()) == []


def truncate(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(byte ^ 255 for byte in data[middle : middle + 200])
    path.write_bytes(bytes(data))


def spoil(clone: Path, how: str) -> None:
    packs = sorted((clone / "objects/pack").iterdir())
    for pack in [pack for pack in packs if pack.suffix == ".pack"]:
        {"truncated pack": truncate, "flipped bytes": flip, "no pack": Path.unlink}.get(how, lambda path: None)(pack)
    if how == "no objects":
        kit.remove(clone, "objects/pack")
    if how == "truncated index":
        truncate(next(path for path in packs if path.suffix == ".idx"))
    if how == "no mark":
        (clone / MARK).unlink()
        kit.remove(clone, "objects")
    if how == "empty":
        kit.remove(clone, "objects")
        kit.remove(clone, "refs")
        (clone / "HEAD").write_text("")
    if how == "loose rubbish":
        kit.write(clone, "refs/tags/v1.0.0", "f" * 40 + "\n")


DAMAGE = [
    "truncated pack", "flipped bytes", "no pack", "no objects", "truncated index", "no mark", "empty", "loose rubbish"
]  # fmt: skip


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_copy_is_made_again(platform: Path, cache: Path, how: str) -> None:
    before = fetched(platform)
    spoil(clone(cache), how)
    after = fetched(platform)
    assert (after.version, after.tree.read("platform.yml")) == (before.version, before.tree.read("platform.yml"))
    kit.git(clone(cache), "fsck", "--strict")


def test_a_damaged_copy_offline_is_unreachable(platform: Path, cache: Path, tmp_path: Path) -> None:
    fetched(platform)
    spoil(clone(cache), "no pack")
    platform.rename(tmp_path / "away")
    with pytest.raises(Unreachable):
        fetched(platform)


def test_a_ref_that_is_none_does_not_make_the_copy_again(platform: Path, cache: Path) -> None:
    fetched(platform)
    made = clone(cache).stat().st_ino
    with pytest.raises(NoSuchVersion):
        fetched(platform, "v9")
    assert clone(cache).stat().st_ino == made


@pytest.mark.parametrize("there", [True, False])
def test_many_at_once_get_the_same(platform: Path, cache: Path, there: bool) -> None:
    if there:
        fetched(platform)
    kit.release(platform, "v1.1.0")
    found: list[tuple[str, str]] = []

    def once() -> None:
        one = fetched(platform)
        found.append((one.version.name, one.stale))

    threads = [threading.Thread(target=once) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [("v1.1.0", "")] * 6
    assert clone(cache)


@pytest.mark.parametrize("lock", ["refs/heads/main.lock", "refs/tags/v1.1.0.lock", "packed-refs.lock"])
def test_a_lock_that_a_killed_fetch_left_does_not_keep_the_copy_from_the_next_release(
    platform: Path, cache: Path, lock: str
) -> None:
    fetched(platform)
    kit.git(clone(cache), "pack-refs", "--all")
    kit.git(platform, "tag", "-d", "v1.0.0")
    kit.release(platform, "v1.1.0", {"constraints.txt": "a==2\n"})
    kit.write(clone(cache), lock, "")
    found = fetched(platform)
    assert (found.version.name, found.stale) == ("v1.1.0", "")


def test_what_a_killed_run_left_goes_after_a_day(platform: Path, cache: Path) -> None:
    fresh, old = kit.write(cache, "tmp-fresh/it/HEAD", "").parent.parent, kit.write(cache, "tmp-old/x", "").parent
    os.utime(old, (time.time() - 90_000,) * 2)
    fetched(platform)
    assert fresh.exists()
    assert not old.exists()


def test_no_configuration_of_the_source_runs_anything(platform: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    script = kit.write(tmp_path, "x.sh", f"#!/bin/sh\ntouch {mark}\n", executable=True)
    for key in ("core.fsmonitor", "core.sshCommand", "remote.origin.uploadpack", "core.gitProxy", "credential.helper"):
        kit.git(platform, "config", key, str(script))
    kit.git(platform, "config", "remote.origin.url", str(tmp_path))
    kit.git(platform, "config", "remote.origin.promisor", "true")
    kit.write(platform, ".git/hooks/post-checkout", script.read_text(), executable=True)
    blob = kit.git(platform, "rev-parse", "HEAD:constraints.txt")
    (platform / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert find(Source(Kind.FOLDER, str(platform)), "worktree").version.name == "worktree"
    with pytest.raises(GitFailed):
        find(Source(Kind.FOLDER, str(platform)))
    assert not mark.exists()

"""One fault at one named call: what mlctl says and leaves there. And that the shim counts what the system sees."""

from __future__ import annotations

import errno
import re
import shutil
import signal
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests import kit
from tests.hostile.faults import KILL, NUMBERS, Fault, compiled
from tests.hostile.scenes import CONTINUE, UPGRADE, Scene, begun, state
from tests.upgrade.kit import Story

pytestmark = pytest.mark.slow
Set = Callable[[str], Scene]
CHANGING = (
    "openat,open,creat,mknod,mknodat,write,pwrite64,writev,pwritev,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,"
    "mkdirat,link,linkat,symlink,symlinkat,chmod,fchmod,fchmodat,truncate,ftruncate,fsync,fdatasync,syncfs,fallocate,"
    "utimensat,copy_file_range,sendfile,splice,chown,fchown,fchownat,lchown,setxattr,fsetxattr,msync,sync_file_range"
)
CALL, NAME = re.compile(r"\d+ +(\w+)\((.*)"), re.compile(r'"([^"]*)"')
BY_PATH = ("open", "creat", "rename", "unlink", "rmdir", "mkdir", "link", "symlink", "chmod", "truncate")


@pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace to count with")
def test_the_shim_counts_every_call_that_the_system_sees(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    it, shim, page, log = begun(tmp_path, mlctl, True), compiled(tmp_path), tmp_path / "page", tmp_path / "log"
    for command in (UPGRADE, ("upgrade", "--abort")):
        page.write_bytes(NUMBERS.pack(0, 0, 0, 0, 0, 0, 1) + f"{it.project}/".encode().ljust(4000, b"\0"))
        around = ("strace", "-f", "-y", "-s", "8", "-e", f"trace={CHANGING}", "-o", str(log))
        done = it(*command, before=around, env={"LD_PRELOAD": str(shim), "FAULT_PAGE": str(page)})
        assert done.code in (0, 1), done
        seen = sum(changes(line, it) for line in log.read_text().splitlines())
        assert struct.unpack_from("l", page.read_bytes())[0] == seen > 40


def changes(line: str, it: Story) -> int:
    """Return for how many calls of the shim a line of strace stands: two for a write, none outside the project."""
    found = CALL.match(line)
    name, words = found.groups() if found else ("", "")
    writes = "write" in name
    paths = [] if writes else NAME.findall(words)
    told = paths[-1] if paths and paths[-1].startswith("/") else words
    if f"{it.project}/" not in told and (name not in BY_PATH or told is not words) and f"<{it.project}>" not in told:
        return 0
    if name.startswith("open") and not re.search("O_CREAT|O_TRUNC", words):
        return 0
    return 2 if writes and int(re.findall(r", (\d+)", words)[0]) > 1 else 1


def test_a_project_that_stands_is_said_to_be_made_though_the_disk_objects(set_scene: Set) -> None:
    it = set_scene("new")
    done = it.struck(1, Fault("EIO", errno.EIO, only="fsync work"))
    assert done
    assert done.code == 0
    it.put_back()


@pytest.mark.parametrize("name", ["upgrade", "upgrade-conflict"])
@pytest.mark.parametrize("place", ["demo/n", "demo/b.py", "demo/f.sh"])
def test_a_place_that_nobody_may_write_to_stops_an_upgrade_with_all_as_it_was(set_scene: Set, name, place) -> None:
    it = set_scene(name)
    done = it.struck(1, Fault("EACCES", errno.EACCES, stays=True, only=place))
    assert done
    assert done.code == 3
    assert state(it.box) == it.before
    it.put_back()


@pytest.mark.parametrize("name", ["upgrade", "upgrade-conflict"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("place", ["demo/n", "demo/c", "demo/.git/index"])
def test_an_interrupt_leaves_an_upgrade_with_all_as_it_was(set_scene: Set, name, number, code, place) -> None:
    it, at = set_scene(name), 0
    while done := it.struck(at + 1, Fault("interrupt", -number, only=place)):
        assert (done.code, state(it.box) == it.before) == (code, True), done.struck
        it.put_back()
        at += 1
    assert at


def test_a_folder_of_an_upgrade_that_was_killed_goes_where_that_is_taken_back(set_scene: Set) -> None:
    it = set_scene("upgrade")
    assert it.struck(2, replace(KILL, only="demo/n"))
    assert (it.box / "work/demo/n").is_dir()
    assert it(("upgrade", "--abort")).code == 0
    assert not (it.box / "work/demo/n").exists()
    it.put_back()


def test_a_head_that_cannot_be_read_is_not_taken_for_a_detached_one(set_scene: Set) -> None:
    it, fault = set_scene("continue-conflict"), Fault("EIO", errno.EIO, reads=True, only=".git/HEAD")
    for at in range(1, 100):
        done = it.struck(at, fault)
        if not done:
            break
        it.hold(at, f"EIO at read {at} of HEAD")
    assert at > 5


def test_a_journal_that_cannot_be_read_is_named_and_kept(set_scene: Set) -> None:
    it, fault = set_scene("continue-conflict"), Fault("EIO", errno.EIO, reads=True, only="upgrade.json")
    done = it.struck(1, fault)
    assert done
    assert done.code == 3
    assert "upgrade.json': input/output error" in done.err
    assert "remove" not in done.err
    it.end(0, "EIO when the journal is read")
    it.put_back()


def test_a_line_of_the_reflog_is_written_whole_or_not_at_all(set_scene: Set) -> None:
    it = set_scene("continue-conflict")
    done = it.struck(1, Fault("short write", errno.ENOSPC, only="half a write demo/.git/logs/HEAD"))
    assert done
    assert done.code == 3
    it.end(0, "half a line in the reflog")
    lines = (it.box / "work/demo/.git/logs/HEAD").read_text().splitlines(keepends=True)
    assert all(re.fullmatch(r"[0-9a-f]{40} [0-9a-f]{40} .+ <.+> \d+ [+-]\d{4}\t.+\n", line) for line in lines)
    it.put_back()


def test_a_commit_that_was_stopped_is_finished_by_continue(set_scene: Set) -> None:
    it = set_scene("continue-conflict")
    it.struck(1, replace(KILL, only="rename demo/.git/refs/heads/"))
    done = it(CONTINUE)
    assert done.code == 0, done
    assert "committed" in done.out + done.err
    it.put_back()


def test_continue_names_what_was_changed_after_an_upgrade_was_stopped(set_scene: Set) -> None:
    it = set_scene("upgrade")
    it.struck(1, replace(KILL, only="renameat2 work/demo/"))
    kit.write(it.box, "work/demo/b.py", "hers by now\n")
    done = it(CONTINUE)
    assert (done.code, (it.box / "work/demo/b.py").read_text()) == (0, "hers by now\n"), done
    assert "'b.py' holds later work and was left alone" in done.err
    it.put_back()

"""Paths are confined; a file is replaced whole, whoever else writes it."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlctl.tools import files


@pytest.mark.parametrize("path", ["a\x9b31mb", "a\u202eb", "a/\u2066b", "a\u2028b", "a\x1b"])
def test_a_path_that_steers_a_terminal_is_refused(path: str) -> None:
    with pytest.raises(files.UnsafePath, match="control character"):
        files.confine(path)


def test_what_a_killed_run_wrote_aside_is_gone_with_the_next_write(tmp_path: Path) -> None:
    script = "import os; os.fsync = lambda handle: os.kill(os.getpid(), 9); from pathlib import Path;" \
             "from mlctl.tools import files; files.replace(Path('a.yml'), b'half')"  # fmt: skip
    assert subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=False).returncode == -signal.SIGKILL
    assert (tmp_path / "a.yml").exists() is False
    files.replace(tmp_path / "a.yml", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.yml": b"new"}


def test_of_many_that_write_a_file_at_once_each_writes_it_whole(tmp_path: Path) -> None:
    wanted = [str(number).encode() * 50_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda data: files.replace(tmp_path / "a", data), wanted * 4):
            assert (tmp_path / "a").read_bytes() in wanted
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("rights", [0o600, 0o644, 0o755])
def test_a_file_that_is_replaced_keeps_its_rights(tmp_path: Path, rights: int) -> None:
    (tmp_path / "a").touch(rights)
    (tmp_path / "a").chmod(rights)
    files.replace(tmp_path / "a", b"new")
    assert (tmp_path / "a").stat().st_mode & 0o777 == rights


def test_a_new_file_has_the_rights_that_the_user_gives_to_new_files(tmp_path: Path) -> None:
    files.replace(tmp_path / "a", b"new")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_link_where_a_file_is_written_aside_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / ".a.mlctl").symlink_to("other")
    with pytest.raises(OSError, match="symbolic links"):
        files.replace(tmp_path / "a", b"new")
    assert (tmp_path / "other").read_bytes() == b"other"

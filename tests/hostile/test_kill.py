"""Killed at any call that changes a file: once the next command has run, the project is before or after, never between.

By default each sweep tries some points, spread over all; `MLCTL_SWEEP=all` tries every one.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import kit
from tests.upgrade.kit import LINES, Story, begin, snapshot

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("gcc"), reason="there is no gcc to compile the shim with"),
]
STEP = 1 if os.environ.get("MLCTL_SWEEP") == "all" else 11
HERS = LINES.replace("line 2\n", "line 2, hers\n")
State = tuple[dict[str, tuple[int, bytes]], str]


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shim, compiled."""
    made = tmp_path_factory.mktemp("shim") / "kill.so"
    source = Path(__file__).with_name("kill.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return made


@dataclass(frozen=True)
class Sweep:
    """A project that stands before a command, and the command."""

    it: Story
    shim: Path
    command: tuple[str, ...]

    def restored(self, kept: Path) -> None:
        """Put the project back to where it stood."""
        shutil.rmtree(self.it.project)
        shutil.copytree(kept, self.it.project, symlinks=True)

    def killed(self, at: int) -> bool:
        """Run the command, killed at its call number `at`; return whether that came."""
        counter = self.it.project.parent / "counter"
        counter.write_bytes(bytes(16))
        self.it(*self.command, env={
            "LD_PRELOAD": str(self.shim), "KILL_AT": str(at), "KILL_ROOT": str(self.it.project),
            "KILL_COUNT": str(counter),
        })  # fmt: skip
        return struct.unpack("ll", counter.read_bytes())[1] == 1

    def state(self) -> State:
        """Return the work tree and the index, the record of the run left out."""
        index = kit.git(self.it.project, "ls-files", "-s")
        return snapshot(self.it.project), index + kit.git(self.it.project, "rev-parse", "HEAD^{tree}")


def swept(sweep: Sweep, kept: Path, after: Callable[[int], list[str]], good: Callable[[int], list[State]]) -> int:
    """Kill at one point after the other; after each, the next command must lead to a good state; return how many."""
    points = 0
    at = 1
    while True:
        sweep.restored(kept)
        if not sweep.killed(at):
            break
        points += 1
        sweep.it(*after(at))
        kit.git(sweep.it.project, "fsck", "--connectivity-only")
        assert sweep.state() in good(at), f"between, after a kill at call {at} of {' '.join(sweep.command)}"
        at += STEP
    assert points > 3, "the shim did not fire"
    return points


def story_of(tmp_path: Path, mlctl: kit.Mlctl, clash: bool) -> Story:
    it = begin(tmp_path, mlctl, {"a.py": LINES, "b.py": "b\n", "c/d.py": "d\n", "e.py": "e\n"})
    it.edit({"a.py": HERS})
    line = "line 2\n" if clash else "line 11\n"
    new = {"a.py": LINES.replace(line, "new\n"), "b.py": "b2\n", "c/d.py": None, "n/m.py": "m\n"}
    it.release("v2", new)
    return it


def both(sweep: Sweep, kept: Path, command: tuple[str, ...]) -> tuple[State, State]:
    """Return the states before and after a command that runs through."""
    before = sweep.state()
    shutil.copytree(sweep.it.project, kept, symlinks=True)
    sweep.it(*command)
    return before, sweep.state()


@pytest.mark.parametrize("clash", [False, True], ids=["clean", "conflict"])
def test_apply(tmp_path: Path, mlctl: kit.Mlctl, shim: Path, clash: bool, record_property) -> None:
    sweep = Sweep(story_of(tmp_path, mlctl, clash), shim, ("upgrade",))
    before, after = both(sweep, tmp_path / "kept", ("upgrade",))
    last = [["upgrade", "--abort"], ["upgrade"]]
    points = swept(sweep, tmp_path / "kept", lambda at: last[at % 2], lambda at: [[before], [after]][at % 2])
    record_property("points", points)
    print(f"apply: {points} points")  # noqa: T201


@pytest.mark.parametrize("clash", [False, True], ids=["clean", "conflict"])
def test_abort(tmp_path: Path, mlctl: kit.Mlctl, shim: Path, clash: bool, record_property) -> None:
    it = story_of(tmp_path, mlctl, clash)
    it("upgrade")
    sweep = Sweep(it, shim, ("upgrade", "--abort"))
    _, after = both(sweep, tmp_path / "kept", ("upgrade", "--abort"))
    points = swept(sweep, tmp_path / "kept", lambda at: ["upgrade", "--abort"], lambda at: [after])
    record_property("points", points)
    print(f"abort: {points} points")  # noqa: T201


def test_continue(tmp_path: Path, mlctl: kit.Mlctl, shim: Path, record_property) -> None:
    it = story_of(tmp_path, mlctl, True)
    it("upgrade")
    kit.write(it.project, "a.py", HERS)
    kit.git(it.project, "add", "a.py")
    sweep = Sweep(it, shim, ("upgrade", "--continue"))
    _, after = both(sweep, tmp_path / "kept", ("upgrade", "--continue"))
    points = swept(sweep, tmp_path / "kept", lambda at: ["upgrade", "--continue"], lambda at: [after])
    record_property("points", points)
    print(f"continue: {points} points")  # noqa: T201


def test_recovery(tmp_path: Path, mlctl: kit.Mlctl, shim: Path, record_property) -> None:
    it = story_of(tmp_path, mlctl, True)
    sweep = Sweep(it, shim, ("upgrade",))
    kept = tmp_path / "kept"
    _, after = both(sweep, tmp_path / "fresh", ("upgrade",))
    low, high = 1, 1000
    while low < high:  # the first call after the decision: then most is left to do
        middle = (low + high) // 2
        sweep.restored(tmp_path / "fresh")
        sweep.killed(middle)
        low, high = (low, middle) if _journal(it) else (middle + 1, high)
    sweep.restored(tmp_path / "fresh")
    assert sweep.killed(low)
    assert '"applying"' in _journal(it)
    shutil.copytree(it.project, kept, symlinks=True)
    points = swept(sweep, kept, lambda at: ["upgrade"], lambda at: [after])
    record_property("points", points)
    print(f"recovery: {points} points")  # noqa: T201


def _journal(it: Story) -> str:
    path = it.project / ".git/mlctl/upgrade.json"
    return path.read_text() if path.exists() else ""


def test_two_at_once(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    import fcntl

    it = story_of(tmp_path, mlctl, False)
    lock = kit.write(it.project, ".git/mlctl/upgrade.lock", "4711\n")
    with lock.open("r+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        refused = it("upgrade")
    assert refused.code == 3
    assert refused.err.startswith("error: another mlctl is at work here (process 4711)\n hint: ")

"""At any call that changes a file mlctl is killed or the call fails: the project is before or after, never between.

By default each sweep tries some points, spread over all; `MLCTL_SWEEP=points` tries every point, with each error at
every fourth, and `MLCTL_SWEEP=all` every error at every point.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import signal
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import kit
from tests.upgrade.kit import LINES, Story, begin, snapshot

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("gcc"), reason="there is no gcc to compile the shim with"),
]
WIDTH = os.environ.get("MLCTL_SWEEP", "some")
KILL, STEP = (0, False), {"some": 11, "points": 1, "all": 1}[WIDTH]
FAULTS = [(number, stays) for stays in (False, True) for number in (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS)]
HERS = LINES.replace("line 2\n", "line 2, hers\n")
Fault = tuple[int, bool]
Note = Callable[[str, object], None]
State = tuple[dict[str, tuple[int, bytes]], str]


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shim, compiled."""
    made = tmp_path_factory.mktemp("shim") / "fault.so"
    source = Path(__file__).with_name("fault.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return made


def faulted(
    mlctl: kit.Mlctl, shim: Path, root: Path, at: int, fault: Fault, *command: str, **more: object
) -> kit.Result | None:
    """Run a command whose call number `at` below `root` goes wrong; return what it said, None where that never came."""
    counter = mlctl.here.parent / "counter"
    counter.write_bytes(bytes(16))
    number, stays = fault
    done = mlctl(*command, **more, env={  # type: ignore[arg-type]
        "LD_PRELOAD": str(shim), "FAULT_AT": str(at), "FAULT_ERRNO": str(number), "FAULT_STAYS": str(int(stays)),
        "FAULT_ROOT": str(root), "FAULT_COUNT": str(counter),
    })  # fmt: skip
    return done if struct.unpack("ll", counter.read_bytes())[1] == 1 else None


def errors(at: int) -> list[Fault]:
    """Return the errors that the call number `at` gives, one run each."""
    return FAULTS if WIDTH == "all" else [FAULTS[at // STEP % len(FAULTS)]]


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

    def run(self, at: int, fault: Fault = KILL) -> kit.Result | None:
        """Run the command, its call number `at` going wrong; return None where that never came."""
        return faulted(self.it.mlctl, self.shim, self.it.project, at, fault, *self.command, cwd=self.it.project)

    def state(self) -> State:
        """Return the work tree and the index, the record of the run left out."""
        index = kit.git(self.it.project, "ls-files", "-s")
        return snapshot(self.it.project), index + kit.git(self.it.project, "rev-parse", "HEAD^{tree}")


def points(
    restore: Callable[[], None],
    run: Callable[[int, Fault], kit.Result | None],
    faults: Callable[[int], list[Fault]],
) -> Iterator[tuple[int, kit.Result]]:
    """Yield number and result of each run in which a call went wrong, until there is no such call any more."""
    for at in itertools.count(1, STEP):
        came = False
        for fault in faults(at):
            restore()
            done = run(at, fault)
            if done is not None:
                came = True
                yield at, done
        if not came:
            assert at > 1 + 3 * STEP, "the shim did not fire"
            return


def kills(at: int) -> list[Fault]:
    """Return the one way in which a run is killed at any call."""
    return [KILL]


def swept(
    sweep: Sweep, kept: Path, after: Callable[[int], list[str]], good: Callable[[int], list[State]]
) -> dict[str, int]:
    """Kill, then fail, at one point after the other; after each, the next command must lead to a good state.

    Return how often each came.
    """
    number = {"kills": 0, "errors": 0}
    for at, _ in points(lambda: sweep.restored(kept), sweep.run, kills):
        number["kills"] += 1
        sweep.it(*after(at))
        kit.git(sweep.it.project, "fsck", "--connectivity-only")
        assert sweep.state() in good(at), f"between, after a kill at call {at} of {' '.join(sweep.command)}"
    for at, done in points(lambda: sweep.restored(kept), sweep.run, errors):
        number["errors"] += 1
        where = f"at call {at} of {' '.join(sweep.command)}: {done}"
        assert done.code in (0, 1, 3), where
        if done.code == 3:
            assert two_lines(done.err), where
        sweep.it(*after(at))
        kit.git(sweep.it.project, "fsck", "--connectivity-only")
        assert sweep.state() in good(at), f"between, {where}"
    return number


def two_lines(err: str) -> bool:
    """Tell whether the last two lines are an error and its hint, and nothing is a traceback."""
    lines = err.splitlines()[-2:]
    return [line[:7] for line in lines] == ["error: ", " hint: "] and "Traceback" not in err


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
def test_apply(tmp_path: Path, mlctl: kit.Mlctl, shim: Path, clash: bool, record_property: Note) -> None:
    sweep = Sweep(story_of(tmp_path, mlctl, clash), shim, ("upgrade",))
    before, after = both(sweep, tmp_path / "kept", ("upgrade",))
    last = [["upgrade", "--abort"], ["upgrade"]]
    record_property(
        "faults", swept(sweep, tmp_path / "kept", lambda at: last[at % 2], lambda at: [[before], [after]][at % 2])
    )


@pytest.mark.parametrize("clash", [False, True], ids=["clean", "conflict"])
def test_abort(tmp_path: Path, mlctl: kit.Mlctl, shim: Path, clash: bool, record_property: Note) -> None:
    it = story_of(tmp_path, mlctl, clash)
    it("upgrade")
    sweep = Sweep(it, shim, ("upgrade", "--abort"))
    _, after = both(sweep, tmp_path / "kept", ("upgrade", "--abort"))
    record_property("faults", swept(sweep, tmp_path / "kept", lambda at: ["upgrade", "--abort"], lambda at: [after]))


def test_continue(tmp_path: Path, mlctl: kit.Mlctl, shim: Path, record_property: Note) -> None:
    it = story_of(tmp_path, mlctl, True)
    it("upgrade")
    kit.write(it.project, "a.py", HERS)
    kit.git(it.project, "add", "a.py")
    sweep = Sweep(it, shim, ("upgrade", "--continue"))
    _, after = both(sweep, tmp_path / "kept", ("upgrade", "--continue"))
    record_property("faults", swept(sweep, tmp_path / "kept", lambda at: ["upgrade", "--continue"], lambda at: [after]))


def test_recovery(tmp_path: Path, mlctl: kit.Mlctl, shim: Path, record_property: Note) -> None:
    it = story_of(tmp_path, mlctl, True)
    sweep = Sweep(it, shim, ("upgrade",))
    kept = tmp_path / "kept"
    _, after = both(sweep, tmp_path / "fresh", ("upgrade",))
    low, high = 1, 1000
    while low < high:  # the first call after the decision: then most is left to do
        middle = (low + high) // 2
        sweep.restored(tmp_path / "fresh")
        sweep.run(middle)
        low, high = (low, middle) if _journal(it) else (middle + 1, high)
    sweep.restored(tmp_path / "fresh")
    assert sweep.run(low)
    assert '"applying"' in _journal(it)
    shutil.copytree(it.project, kept, symlinks=True)
    record_property("faults", swept(sweep, kept, lambda at: ["upgrade"], lambda at: [after]))


def _journal(it: Story) -> str:
    path = it.project / ".git/mlctl/upgrade.json"
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("faults", [kills, errors])
def test_new(
    tmp_path: Path, mlctl: kit.Mlctl, shim: Path, faults: Callable[[int], list[Fault]], record_property: Note
) -> None:
    template = begin(tmp_path, mlctl, {"a.py": LINES, "c/d.py": "d\n"}).template
    command = ("new", "fresh", "-p", str(template), "--defaults", "--set", "name=fresh")
    assert mlctl(*command).code == 0
    aim = mlctl.here / "fresh"
    whole = timeless(snapshot(aim))

    def empty() -> None:
        shutil.rmtree(mlctl.here)
        mlctl.here.mkdir()

    number = 0
    for at, done in points(empty, lambda at, fault: faulted(mlctl, shim, mlctl.here, at, fault, *command), faults):
        number += 1
        if done.code != -signal.SIGKILL:
            assert done.code in (0, 3), (at, done)
            assert done.code == 0 or two_lines(done.err), (at, done)
            assert aim.exists() == (done.code == 0), (at, done)
        assert aim.exists() or mlctl(*command).code == 0, (at, done)
        assert timeless(snapshot(aim)) == whole, (at, done)
        assert kit.git(aim, "status", "--porcelain") == ""
    record_property("faults", {faults.__name__: number})


def timeless(files: dict[str, tuple[int, bytes]]) -> dict[str, tuple[int, bytes]]:
    """Return files without the one that tells when the project was made."""
    return {path: told for path, told in files.items() if path != ".mlctl/project.yml"}


def test_two_at_once(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    import fcntl

    it = story_of(tmp_path, mlctl, False)
    lock = kit.write(it.project, ".git/mlctl/upgrade.lock", "4711\n")
    with lock.open("r+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        refused = it("upgrade")
    assert refused.code == 3
    assert refused.err.startswith("error: another mlctl is at work here (process 4711)\n hint: ")

"""Scenes in which something goes wrong: a project before a command, the command, and what may follow.

All that a run may write lies in one folder, the box: in it any call that changes a file counts, be it in the project,
the cache or a folder for temporary files, and it is put back by a copy.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import kit
from tests.hostile.faults import KILL, NOTHING, Fault, Faulty, Run, faulty
from tests.upgrade.kit import LINES, Story, begin, snapshot

HERS = LINES.replace("line 2\n", "line 2, hers\n")
FIRST = {"a.py": LINES, "b.py": "b\n", "c/d.py": "d\n", "e.py": "e\n", "f.sh": "f\n"}
SECOND = {"b.py": "b2\n", "c/d.py": None, "n/m.py": "m\n", "f.sh": "f\n"}
# no later run looks into these
UNREAD = ("home/tmp/", "home/cache/mlctl/platforms/tmp-", "work/.mlctl-new-", "work/demo/.git/mlctl/upgrade.lock")
NEW = ("new", "demo", "--defaults", "--set", "name=demo", "-p")
UPGRADE, COMMIT = ("upgrade",), ("upgrade", "--commit")
CONTINUE, ABORT = ("upgrade", "--continue"), ("upgrade", "--abort")
ROOTS = {"new": ".", "clone": "home", "upgrade": "."}  # where calls count; elsewhere in the project's folder alone
Command = tuple[str, ...]
State = tuple[object, ...]
ABSENT: State = ()
# the command, and what may follow it: each with the states that are good then, as the commands that lead to them
SCENES: dict[str, tuple[Command, dict[Command, list[list[Command]]]]] = {
    "new": (NEW, {NEW: [[NEW]]}),
    "clone": (NEW, {NEW: [[NEW]]}),
    "upgrade": (UPGRADE, {ABORT: [[]], UPGRADE: [[UPGRADE]]}),
    "upgrade-conflict": (UPGRADE, {ABORT: [[]], UPGRADE: [[UPGRADE]]}),
    "commit": (COMMIT, {COMMIT: [[UPGRADE], [COMMIT]]}),
    "continue-conflict": (CONTINUE, {CONTINUE: [[CONTINUE]], UPGRADE: [[], [CONTINUE]]}),
    "abort": (ABORT, {ABORT: [[ABORT]], UPGRADE: [[], [ABORT, UPGRADE]]}),
    "abort-conflict": (ABORT, {ABORT: [[ABORT]], UPGRADE: [[], [ABORT, UPGRADE]]}),
    "recovery-conflict": (UPGRADE, {ABORT: [[ABORT]], UPGRADE: [[UPGRADE]]}),
}


@dataclass
class Scene:
    """A project that stands before `command`, and the states that are good after each of `ends`."""

    box: Path
    run: Faulty
    command: Command
    start: str = ""
    calls: int = 0
    after: State = ()
    ends: list[tuple[Command, list[State]]] = field(default_factory=list)
    held: set[tuple[str, int]] = field(default_factory=set)

    def __call__(self, command: Command, at: int = 0, fault: Fault = NOTHING) -> Run:
        """Return how a command ended, a `fault` at its call number `at`."""
        return self.run(*command, cwd=self.box / "work" / ("" if command[0] == "new" else "demo"), at=at, fault=fault)

    def put_back(self) -> None:
        """Put everything back to where it stood."""
        shutil.rmtree(self.box)
        shutil.copytree(self.box.with_name("kept"), self.box, symlinks=True)

    def led(self, commands: Sequence[Command]) -> State:
        """Return the state to which commands lead."""
        for command in commands:
            told(self(command), "nothing goes wrong")
        found = state(self.box)
        self.put_back()
        return found

    def struck(self, at: int, fault: Fault) -> Run | None:
        """Return what the command said, its call number `at` gone wrong; None where that never came."""
        done = self(self.command, at, fault)
        if not done.struck:
            self.put_back()
            return None
        where = f"{fault.name} at call {at} of {' '.join(self.command)}, {done.struck}"
        if fault.number > 0:
            told(done, where)
        else:
            assert done.code in (0, 1, fault.number, 128 - fault.number), f"{where}: {done}"
        if done.code in (0, 1):
            assert state(self.box) == self.after, f"not what it said, {where}"
        elif done.code == 3 and self.command[0] == "new":
            assert state(self.box) == ABSENT, f"not what it said, {where}"
        return done

    def hold(self, number: int, where: str) -> None:
        """Hold what stands there against end number `number`, and put it back.

        What follows depends on the bytes of the box alone: those that led to a good end once are not tried again.
        """
        standing, number = digest(self.box), number % len(self.ends)
        tried = (standing, number) not in self.held
        if tried:
            self.end(number, where)
            self.held.add((standing, number))
        if tried or standing != self.start or any((self.box / "work").glob(".mlctl-new-*")):
            self.put_back()

    def end(self, number: int, where: str) -> None:
        """Run end number `number`; what it leads to must be good."""
        command, good = self.ends[number]
        told(self(command), f"{where}, then {' '.join(command)}")
        assert state(self.box) in good, f"between, {where}, then {' '.join(command)}"


def told(done: Run, where: str) -> None:
    """Hold a run against the promise: an exit code that may be, and two lines where it is that of an error."""
    assert done.code in (0, 1, 3), f"{where}: {done}"
    lines = [line[:7] for line in done.err.splitlines()[-2:]]
    assert done.code != 3 or (lines == ["error: ", " hint: "] and "Traceback" not in done.err), f"{where}: {done}"


def digest(box: Path) -> str:
    """Return a digest of all that a later run may look at."""
    there = sorted((path.removeprefix(f"{box}/"), told) for path, told in kit.snapshot(box).items())
    read = [one for one in there if not one[0].startswith(UNREAD)]
    return hashlib.sha256(repr(read).encode()).hexdigest()


def state(box: Path) -> State:
    """Return what there is for its owner: the files, the index, HEAD and its tree, work that was set aside."""
    project = box / "work" / "demo"
    if not project.exists():
        return ABSENT
    kit.git(project, "fsck", "--connectivity-only")
    aside = sorted(path.read_bytes() for path in (project / ".git/mlctl/aborted").rglob("*") if path.is_file())
    head = kit.git(project, "rev-parse", "HEAD^{tree}", "--symbolic-full-name", "HEAD")
    return snapshot(project), kit.git(project, "ls-files", "-s"), head, aside


@contextmanager
def scene(name: str, folder: Path, shim: Path) -> Iterator[Scene]:
    """Set a scene in `folder`."""
    box = folder / "box"
    (box / "work").mkdir(parents=True)
    mlctl = kit.Mlctl(kit.home(box / "home"), box / "work")
    kit.append(box / "home", ".gitconfig", f"[init]\n\ttemplateDir = {folder}/empty\n")
    kit.write(folder / "empty", "info/exclude", "# nothing\n")
    story = begun(folder, mlctl, name.endswith("conflict"))
    command, ends = SCENES[name]
    with faulty(shim, folder / "page", mlctl, box / ROOTS.get(name, "work")) as run:
        if command == NEW:
            shutil.rmtree(story.project)
            command = (*NEW, f"{'file://' if name == 'clone' else ''}{story.template}")
            ends = {command: [[command]]}
        made = Scene(box, run, command)
        prepared(made, name, story)
        shutil.copytree(box, box.with_name("kept"), symlinks=True)
        made.start, made.after = digest(box), made.led([command])
        made.calls = made(command).calls
        made.put_back()
        made.ends = [(end, [made.led(commands) for commands in good]) for end, good in ends.items()]
        yield made


def begun(folder: Path, mlctl: kit.Mlctl, clash: bool) -> Story:
    """Return a project with edits, committed and not, and a second release that brings every kind of change."""
    story = begin(folder, mlctl, FIRST)
    line = "line 2\n" if clash else "line 11\n"
    story.edit({"a.py": HERS})
    kit.write(story.project, "e.py", "e, not committed\n")
    kit.write(story.project, "notes.txt", "not tracked\n")
    story.release("v2", {**SECOND, "a.py": LINES.replace(line, "new\n")}, executable=("f.sh",))
    return story


def prepared(scene: Scene, name: str, story: Story) -> None:
    """Bring a scene to where its command is to be run."""
    if name.startswith(("continue", "abort")):
        scene(UPGRADE)
        if name.endswith("conflict"):
            kit.write(story.project, "a.py", HERS + "resolved\n")
    if name.startswith("continue"):
        kit.git(story.project, "add", "a.py")
    if name.startswith("recovery"):
        decided(scene, story.project / ".git/mlctl/upgrade.json")


def decided(scene: Scene, journal: Path) -> None:
    """Kill an upgrade right after its decision: then most is left to do."""
    shutil.copytree(scene.box, scene.box.with_name("kept"), symlinks=True)
    low, high = 1, 1000
    while low < high:
        middle = (low + high) // 2
        scene(UPGRADE, middle, KILL)
        low, high = (low, middle) if journal.exists() else (middle + 1, high)
        scene.put_back()
    scene(UPGRADE, low, KILL)
    assert '"applying"' in journal.read_text()
    shutil.rmtree(scene.box.with_name("kept"))

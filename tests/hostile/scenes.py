"""Scenes in which something goes wrong: a project before a command, the command, and what may follow.

All that a run may write lies in one folder, the box: in it any call that changes a file counts, be it in the project,
the cache or a folder for temporary files, and it is put back by a copy.
"""

from __future__ import annotations

import datetime
import errno
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.core.cache import MARK
from tests import kit
from tests.hostile.faults import KILL, NOTHING, Fault, Faulty, Run, faulty
from tests.upgrade.kit import LINES, Story, begin, snapshot

HERS = LINES.replace("line 2\n", "line 2, hers\n")
FIRST = {"a.py": LINES, "b.py": "b\n", "c/d.py": "d\n", "e.py": "e\n", "f.sh": "f\n"}
SECOND = {"b.py": "b2\n", "c/d.py": None, "n/m.py": "m\n", "f.sh": "f\n"}
# no later run looks into these
UNREAD = (
    *("home/tmp/", "home/cache/mlctl/platforms/tmp-", "work/.mlctl-new-"),
    *("work/demo/.git/mlctl/upgrade.lock", "work/demo/.git/mlctl/."),
)
NEW = ("new", "demo", "--defaults", "--set", "name=demo", "-p")
UPGRADE, COMMIT = ("upgrade",), ("upgrade", "--commit")
CONTINUE, ABORT = ("upgrade", "--continue"), ("upgrade", "--abort")
ADD, REMOVE = ("add", "tracking"), ("remove", "tracking")
SWAP, ADOPT = ("add", "ci-gitlab", "--swap"), ("adopt", "-p", "../../../template")
CHECK, HOOK, FIX = ("check",), ("check", "--hook"), ("check", "--fix")
SOON = (datetime.date.today() + datetime.timedelta(days=90)).isoformat()
WAIVE = ("waive", "PRJ108", "--until", SOON, "--reason", "no time yet")
# where calls count; elsewhere in the project's folder alone
ROOTS = {"new": ".", "clone": "home", "upgrade": ".", "fetch": "home/cache"}
# where one of these says that it could not, all is as before; a disk that is read-only by now takes no record back
AT_ONCE = ("new", "adopt", "waive")
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
    "fetch": (UPGRADE, {UPGRADE: [[UPGRADE]]}),
    "add": (ADD, {ABORT: [[]], ADD: [[ADD]], UPGRADE: [[], [ADD]]}),
    "add-swap": (SWAP, {ABORT: [[]], SWAP: [[SWAP]], UPGRADE: [[], [SWAP]]}),
    "remove": (REMOVE, {ABORT: [[]], REMOVE: [[REMOVE]], UPGRADE: [[], [REMOVE]]}),
    "adopt": (ADOPT, {ADOPT: [[ADOPT]]}),
    "check": (HOOK, {HOOK: [[HOOK]], CHECK: [[CHECK]]}),
    "check-fix": (FIX, {FIX: [[FIX]]}),
    "waive": (WAIVE, {WAIVE: [[WAIVE]]}),
}
COMPOSED = ("add", "remove", "check", "waive")  # the first words of scenes with a platform of components
NOTEBOOK = json.dumps({"cells": [{"cell_type": "code", "outputs": [{"data": 1}], "source": ["x"]}]})
STANDARDS = """\
schema: mlctl.standards/1
waivers: {categories: [time]}
limits: {blob_bytes: 100000}
severities: {PRJ108: error}
"""
WAIVER = f"- {{rule: DAT108, category: time, reason: none, owner: '@team', until: {SOON}}}\n"


@dataclass
class Scene:
    """A project that stands before `command`, and the states that are good after each of `ends`."""

    box: Path
    run: Faulty
    command: Command
    start: str = ""
    calls: int = 0
    before: State = ()
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
        found = state(self.box)
        for command in commands:
            done = self(command)
            told(done, "nothing goes wrong")
            found = self.state(command, done)
        self.put_back()
        return found

    def state(self, command: Command, done: Run) -> State:
        """Return what there is for its owner after `command`; what a check said is a part of it."""
        return (*state(self.box), *((done.code, done.out) if command in (CHECK, HOOK) else ()))

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
        whole(self.box)
        if done.code in (0, 1):
            good = [self.after, *([self.before] if "its last copy is used" in done.err else [])]
            assert self.state(self.command, done) in good, f"not what it said, {where}"
        elif done.code == 3 and self.command[0] in AT_ONCE and (self.command != ADOPT or fault.number != errno.EROFS):
            assert state(self.box) == self.before, f"not what it said, {where}"
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
        done = self(command)
        told(done, f"{where}, then {' '.join(command)}")
        whole(self.box)
        assert self.state(command, done) in good, f"between, {where}, then {' '.join(command)}: {done}"


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


def whole(box: Path) -> None:
    """Hold each clone that is marked as complete against git: nothing that it names may be missing."""
    for mark in box.glob(f"home/cache/mlctl/platforms/*.git/{MARK}"):
        kit.git(mark.parent, "rev-list", "--objects", "--all", "--quiet")


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
    composes = name.startswith(COMPOSED)
    story = composed(folder, mlctl) if composes else begun(folder, mlctl, name.endswith("conflict"), name == "fetch")
    command, ends = SCENES[name]
    with faulty(shim, folder / "page", mlctl, box / ROOTS.get(name, "work")) as run:
        if command == NEW:
            shutil.rmtree(story.project)
            command = (*NEW, f"{'file://' if name == 'clone' else ''}{story.template}")
            ends = {command: [[command]]}
        made = Scene(box, run, command)
        prepared(made, name, story)
        shutil.copytree(box, box.with_name("kept"), symlinks=True)
        made.start, made.before, made.after = digest(box), state(box), made.led([command])
        made.calls = made(command).calls
        made.put_back()
        made.ends = [(end, [made.led(commands) for commands in good]) for end, good in ends.items()]
        yield made


def begun(folder: Path, mlctl: kit.Mlctl, clash: bool, remote: bool = False) -> Story:
    """Return a project with edits, committed and not, and a second release that brings every kind of change."""
    story = begin(folder, mlctl, FIRST, "file://" if remote else "")
    line = "line 2\n" if clash else "line 11\n"
    story.edit({"a.py": HERS})
    kit.write(story.project, "e.py", "e, not committed\n")
    kit.write(story.project, "notes.txt", "not tracked\n")
    story.release("v2", {**SECOND, "a.py": LINES.replace(line, "new\n")}, executable=("f.sh",))
    return story


def composed(folder: Path, mlctl: kit.Mlctl) -> Story:
    """Return a project with components, edits and findings, two of which a safe fix mends."""
    platform = kit.platform(folder / "template")
    kit.remove(platform, "standards/rules")
    kit.release(platform, "v1", {"standards/standards.yml": STANDARDS})
    made = mlctl("new", "demo", "-p", str(platform), "--defaults", "--with", "ci-github")
    assert made.code == 0, made.err
    story = Story(platform, mlctl.here / "demo", mlctl)
    story.edit({"README.md": "# Demo\n\nHers.\n", "a.ipynb": NOTEBOOK, ".mlctl/waivers.yml": WAIVER})
    kit.write(story.project, "notes.txt", "not tracked\n")
    return story


def prepared(scene: Scene, name: str, story: Story) -> None:
    """Bring a scene to where its command is to be run."""
    if name == "remove":
        scene((*ADD, "--commit"))
    if name == "adopt":
        story.edit({".mlctl": None})
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

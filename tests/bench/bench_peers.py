"""What an upgrade does to people's work in ordinary cases, beside copier and cruft: the table of the README.

python tests/bench/bench_peers.py [--tools FOLDER] [--only WORD]

FOLDER is the bin folder of a virtual environment with copier and cruft; without it one is made, from the package index.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import mmap
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests import kit
from tests.hostile.faults import KILL, NUMBERS, compiled, paged
from tests.hostile.forks import RUN
from tests.upgrade.kit import LINES, change, snapshot

Files = Mapping[str, str | bytes | None]
TOP = "{{cookiecutter.name}}"
HERS = LINES.replace("line 2\n", "line 2, hers\n")
ITS = LINES.replace("line 11\n", "line 11, its\n")
CLASH = LINES.replace("line 2\n", "line 2, its\n")
COPIER = "_templates_suffix: ''\n_subdirectory: files\nname: {type: str, default: demo}\n"
POINTS = 8


def making(tool: str, template: Path) -> list[str]:
    """Return the words with which a tool makes the project `demo` from a template."""
    words = {
        "mlctl": ["new", "demo", "-p", str(template), "-y", "--no-lock"],
        "copier": ["copy", "--defaults", "-q", str(template), "demo"],
        "cruft": ["create", str(template), "-y"],
    }
    return words[tool]


def updating(tool: str, to: str = "") -> list[str]:
    """Return the words with which a tool brings the newest release, or the one that is named."""
    words = {
        "mlctl": ["upgrade", "-y", *(["--to", to] if to else [])],
        "copier": ["update", "--defaults", "-q", *(["--vcs-ref", to] if to else [])],
        "cruft": ["update", "-y", *(["-c", to] if to else [])],
    }
    return words[tool]


@dataclass(frozen=True)
class Run:
    """How a run ended."""

    code: int
    said: str


@dataclass(frozen=True)
class World:
    """A tool, its template, and a project that it made."""

    tool: str
    bin: Path
    root: Path
    env: dict[str, str]

    @property
    def template(self) -> Path:
        return self.root / "template"

    @property
    def project(self) -> Path:
        return self.root / "home" / "demo"

    def release(self, name: str, files: Files, executable: tuple[str, ...] = ()) -> None:
        """Write (None: remove) files of the template and tag that."""
        top = "files" if self.tool == "copier" else TOP
        change(self.template, {f"{top}/{path}": text for path, text in files.items()}, executable)
        kit.git(self.template, "add", "--all", "--force")
        kit.commit(self.template, name)
        kit.git(self.template, "tag", "--force", name)

    def begin(self, files: Files) -> None:
        """Make the template's first release, and the project from it."""
        self.project.parent.mkdir(parents=True)
        if self.tool == "copier":
            change(self.template, {"copier.yml": COPIER})
            change(self.template, {"files/.copier-answers.yml": "{{ _copier_answers|to_nice_yaml }}"})
        else:
            change(self.template, {"cookiecutter.json": json.dumps({"name": "demo"})})
        kit.make_repo(self.template)
        self.release("1.0.0", files)
        done = self.run(*making(self.tool, self.template), cwd=self.project.parent)
        assert done.code == 0, done
        if not (self.project / ".git").exists():
            kit.make_repo(self.project)
            kit.commit(self.project)

    def edit(self, files: Files) -> None:
        """Write (None: remove) files of the project, and commit that."""
        change(self.project, files)
        kit.commit(self.project, "Edit")

    def upgrade(self, to: str = "", **env: str) -> Run:
        """Let the tool bring the newest release, or the one that is named."""
        return self.run(*updating(self.tool, to), **env)

    def run(self, *words: str, cwd: Path | None = None, **env: str) -> Run:
        """Return how the tool ended."""
        done = subprocess.run(
            [str(self.bin / self.tool), *words], cwd=cwd or self.project, env=self.env | env, capture_output=True,
            text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
        return Run(done.returncode, done.stdout + done.stderr)

    def texts(self) -> dict[str, bytes]:
        """Return the bytes of every file of the project."""
        return {path: data for path, (_, data) in snapshot(self.project).items()}

    def unmerged(self) -> bool:
        """Tell whether git knows of a conflict."""
        return bool(kit.git(self.project, "ls-files", "-u"))


def told(world: World, done: Run, mine: bytes = b", hers", its: bytes = b", its") -> str:
    """Say what became of the user's work and of the template's change, from what lies on the disk."""
    files = {path: data for path, data in world.texts().items() if not path.endswith((".rej", ".orig"))}
    kept = any(mine in data for data in files.values())
    came = any(its in data for data in files.values())
    if not came and world.unmerged():
        came = (
            its
            in subprocess.run(
                ["git", "cat-file", "--batch-all-objects", "--batch"],
                cwd=world.project,
                capture_output=True,
                check=True,
            ).stdout
        )
    words = ["yours kept" if kept else "**yours lost**", "change there" if came else "**change dropped**"]
    if world.unmerged():
        words.append("conflict")
    if any(path.endswith(".rej") for path in world.texts()):
        words.append("`.rej`")
    return ", ".join(words) + _code(done)


def _code(done: Run) -> str:
    return ", traceback" if "Traceback" in done.said else f", exit {done.code}"


@dataclass(frozen=True)
class Row:
    """A story: the first release, what the user does, what the second release does, and how the end is told."""

    name: str
    first: Files
    hers: Files
    its: Files
    tell: Callable[[World, Run], str] = told
    executable: tuple[str, ...] = ()
    loose: Files = field(default_factory=dict)

    def told(self, world: World) -> str:
        """Live the story with one tool."""
        world.begin(self.first)
        world.edit(self.hers)
        world.release("2.0.0", self.its, self.executable)
        change(world.project, self.loose)
        return self.tell(world, world.upgrade())


def deleted(world: World, done: Run) -> str:
    there = (world.project / "b.py").exists()
    listed = "b.py" in done.said
    return ("**comes back**" if there else "stays deleted") + (", listed" if listed else ", silently") + _code(done)


def in_the_way(world: World, done: Run) -> str:
    kept = (world.project / "n.env").read_bytes() == b"hers\n"
    named = ", named" if "n.env" in done.said else ""
    rest = (world.project / "a.py").read_text() == ITS
    words = ("yours kept" if kept else "**yours overwritten**") + named
    return words + (", the rest arrives" if rest else ", nothing arrives") + _code(done)


def mode(world: World, done: Run) -> str:
    bit = (world.project / "a.py").stat().st_mode & 0o100
    return told(world, done, its=b"line 1") + (", +x arrives" if bit else ", **+x dropped**")


def carriage(world: World, done: Run) -> str:
    data = (world.project / "a.py").read_bytes()
    clean = not world.unmerged() and data.count(b"\r\n") == data.count(b"\n")
    return told(world, done) + ("" if clean else ", line ends mixed")


def beside(world: World, done: Run) -> str:
    refused = (world.project / "b.py").read_text() == "b\n"
    return ("refuses" if refused else "works around it") + _code(done)


def along(world: World, done: Run) -> str:
    at = next((path for path, data in world.texts().items() if data == b"own\n"), "")
    return told(world, done) + (", own file along" if at.startswith("lib/") else ", own file stranded")


def untouched(world: World, done: Run) -> str:
    same = (world.project / "logo.bin").read_bytes() == b"\0hers"
    return ("yours kept" if same else "**yours lost**") + _code(done)


def binary(world: World, done: Run) -> str:
    data = (world.project / "logo.bin").read_bytes()
    words = "yours in place" if data == b"\0, hers" else "**yours replaced**"
    return words + (", conflict" if world.unmerged() else "") + _code(done)


def downgrade(world: World, done: Run) -> str:
    back = world.upgrade("1.0.0") if done.code == 0 else done
    kit.git(world.project, "add", "--all")
    there = (world.project / "a.py").read_text() == LINES
    said = any(word in back.said.lower() for word in ("downgrad", "goes back"))
    return ("goes back on demand" if there else "refuses") + (", says so" if said else "") + _code(back)


def committed(world: World, done: Run) -> str:
    kit.commit(world.project, "Two")
    return downgrade(world, done)


def moved_tag(world: World, done: Run) -> str:
    kit.commit(world.project, "Two")
    world.release("2.0.0", {"a.py": ITS.replace("line 5\n", "line 5, later\n")})
    again = world.upgrade()
    came = b"later" in (world.project / "a.py").read_bytes()
    said = "moved" in again.said
    return ("arrives" if came else "**never arrives**") + (", told" if said else ", silently") + _code(again)


def twice(world: World, done: Run) -> str:
    """Two runs at once, on a copy that is still at the first release."""
    kit.git(world.project, "reset", "--hard", "--quiet")
    kit.git(world.project, "clean", "-fdq")
    command = [str(world.bin / world.tool), *updating(world.tool)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    both = [subprocess.Popen(command, cwd=world.project, env=world.env, **quiet) for _ in range(2)]
    codes = sorted(one.wait(120) for one in both)
    return f"exits {codes[0]} and {codes[1]}"


def killed(world: World, done: Run) -> str:
    """Kill at points spread over all calls that change a file; run again; count what is neither before nor after."""
    shim, page = compiled(world.root), world.root / "page"
    after = _state(world)
    kit.git(world.project, "reset", "--hard", "--quiet")
    kit.git(world.project, "clean", "-fdq")
    before, kept = _state(world), world.root / "kept"
    shutil.copytree(world.project, kept, symlinks=True)
    calls, _ = _strike(world, shim, page, 0)
    between = 0
    for number in range(1, POINTS + 1):
        shutil.rmtree(world.project)
        shutil.copytree(kept, world.project, symlinks=True)
        _, fired = _strike(world, shim, page, max(1, calls * number // (POINTS + 1)))
        assert fired, f"nothing was killed at point {number} of {calls} calls"
        world.upgrade()
        between += _state(world) not in (before, after)
    return f"**{between} of {POINTS} leave a mix or a stale lock**" if between else "before or after, always"


def _strike(world: World, shim: Path, page: Path, at: int) -> tuple[int, int]:
    """Let the tool bring the newest release, killed at its call number `at`; return how many it made, and struck."""
    page.write_bytes(paged(world.project, KILL, at).ljust(mmap.PAGESIZE, b"\0"))
    with page.open("r+b") as file, mmap.mmap(file.fileno(), 0) as shared:

        def lead() -> None:
            os.setsid()
            shared[RUN] = os.getpid().to_bytes(8, sys.byteorder)

        env = {"LD_PRELOAD": str(shim), "FAULT_PAGE": str(page)}
        subprocess.run(
            [str(world.bin / world.tool), *updating(world.tool)], cwd=world.project, env=world.env | env,
            stdin=subprocess.DEVNULL, capture_output=True, preexec_fn=lead, timeout=120, check=False,
        )  # fmt: skip
        calls, fired, *_ = NUMBERS.unpack(shared[: NUMBERS.size])
    return calls, fired


def _state(world: World) -> tuple[dict[str, bytes], bool]:
    """Return what lies there, and whether git can work."""
    files = {path: data for path, data in world.texts().items() if not path.startswith(".mlctl/")}
    return files, (world.project / ".git/index.lock").exists()


def planned(world: World, done: Run) -> str:
    """A dry run on a copy that is still at the first release."""
    kit.git(world.project, "reset", "--hard", "--quiet")
    kit.git(world.project, "clean", "-fdq")
    words = {"mlctl": ["upgrade", "--dry-run"], "copier": ["update", "--defaults", "--pretend"], "cruft": ["check"]}
    said = world.run(*words[world.tool])
    names = [name for name in ("a.py", "b.py", "n.py") if name in said.said]
    return "every path, with the reason" if len(names) == 3 else "a version only" + _code(said)


A, B = {"a.py": LINES}, {"b.py": "b\n"}
IGNORED = {**A, ".gitignore": "*.env\n"}
BASE, MINE, YOURS, ITSELF = ({"logo.bin": data} for data in (b"\0base", b"\0hers", b"\0, hers", b"\0, its"))
PKG = {"pkg/a.py": LINES, "pkg/b.py": "b\n" * 9}
LIB = {"pkg": None, "lib/a.py": ITS, "lib/b.py": "b\n" * 9}
OWN = {"pkg/a.py": HERS, "pkg/own.py": "own\n"}
ENV = {"n.env": "hers\n"}
ROWS = [
    Row("edits of other lines", A, {"a.py": HERS}, {"a.py": ITS}),
    Row("edits of the same line", {**A, **B}, {"a.py": HERS}, {"a.py": CLASH, "b.py": "b2\n"}),
    Row("you deleted a file, the template changes it", A | B, {"b.py": None}, {"a.py": ITS, "b.py": "b2\n"}, deleted),
    Row("you renamed a file, the template edits it", A, {"a.py": None, "mine.py": HERS}, {"a.py": ITS}),
    Row("the template renames and edits a file that you edited", A, {"a.py": HERS}, {"a.py": None, "z.py": ITS}),
    Row("the template renames a folder with a file of yours", PKG, OWN, LIB, along),
    Row("the template removes a file that you edited", A | B, {"a.py": HERS}, {"a.py": None, "b.py": "b, its\n"}),
    Row("the template makes a file executable", A, {"a.py": HERS}, {"a.py": LINES}, mode, ("a.py",)),
    Row("a binary that both changed", BASE, YOURS, ITSELF, binary),
    Row("a binary that only you changed", BASE | A, MINE, {"a.py": ITS}, untouched),
    Row("you converted a file to CRLF", A, {"a.py": HERS.replace("\n", "\r\n").encode()}, {"a.py": ITS}, carriage),
    Row("a file becomes a folder", A | B, {"a.py": HERS}, {"a.py": None, "a.py/main.py": "x, its\n"}),
    Row("an untracked file where one would go", A, {}, {"a.py": ITS, "n.env": "its\n"}, in_the_way, loose=ENV),
    Row("an ignored one there", IGNORED, {}, {"a.py": ITS, "n.env": "its\n"}, in_the_way, loose=ENV),
    Row("an untracked file elsewhere", A | B, {}, {"b.py": "b2\n"}, beside, loose={"notes.txt": "n\n"}),
    Row("an uncommitted edit elsewhere", A | B, {}, {"b.py": "b2\n"}, beside, loose={"a.py": HERS}),
    Row("a dry run tells", A | B, {"a.py": HERS}, {"a.py": ITS, "b.py": "b2\n", "n.py": "n\n"}, planned),
    Row("back to an older release", A, {}, {"a.py": ITS}, committed),
    Row("a release that was tagged anew", A, {}, {"a.py": ITS}, moved_tag),
    Row("two upgrades at once", A | B, {"a.py": HERS}, {"a.py": ITS, "b.py": "b2\n"}, twice),
    Row("killed half-way, then run again", A | B, {"a.py": HERS}, {"a.py": ITS, "b.py": "b2\n", "n.py": "n\n"}, killed),
]  # fmt: skip


def peers(folder: Path) -> Path:
    """Make a virtual environment with copier and cruft; return its bin folder."""
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin/pip", "install", "--quiet", "copier", "cruft"], check=True)
    return folder / "bin"


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tools", type=Path)
    options.add_argument("--only", default="")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlctl-peers-") as name, contextlib.suppress(BrokenPipeError):
        root = Path(name)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "MLCTL_", "XDG_"))}
        env |= {"HOME": str(kit.home(root / "home")), "GIT_CONFIG_NOSYSTEM": "1"}
        theirs = asked.tools or peers(root / "venv")
        bins = {"mlctl": kit.SCRIPT.parent, "copier": theirs, "cruft": theirs}
        ask = [
            str(theirs / "python"),
            "-c",
            "import importlib.metadata as m; print(m.version('copier'), m.version('cruft'))",
        ]
        copier, cruft = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()
        sys.stdout.write(f"| | mlctl | copier {copier} | cruft {cruft} |\n|---|---|---|---|\n")
        for number, row in enumerate(row for row in ROWS if asked.only in row.name):
            cells = [row.told(World(tool, at, root / f"{number}-{tool}", env)) for tool, at in bins.items()]
            sys.stdout.write(f"| {row.name} | {' | '.join(cells)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

"""How long an upgrade takes beside `copier update` and `cruft update`, as ratios of one run: medians of each.

The processor's time, of the run and of all that it starts, is what counts on a machine that others use; the wall's is
told too.

python tests/bench/bench_upgrade.py --tools FOLDER    a virtual environment's bin folder with copier and cruft
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
import mlctl
from tests import kit

TOP = "{{cookiecutter.name}}"
LINES = "".join(f"value_{number} = {number}  # a line of text that is neither short nor long\n" for number in range(60))
RUNS = 3


def templates(folder: Path, files: int) -> tuple[Path, Path]:
    """Make a cookiecutter and a copier template of as many `files`, released as 1.0.0."""
    cookie, copier = folder / "cookie", folder / "copier"
    kit.write(cookie, "cookiecutter.json", json.dumps({"name": "demo"}))
    kit.write(copier, "copier.yml", "_templates_suffix: ''\n_subdirectory: files\nname: {type: str, default: demo}\n")
    kit.write(copier, "files/.copier-answers.yml", "{{ _copier_answers|to_nice_yaml }}")
    for number in range(files):
        path = f"src/p{number % 20}/m{number}.py"
        kit.write(cookie, f"{TOP}/{path}", LINES + "NAME = '{{ cookiecutter.name }}'\n")
        kit.write(copier, f"files/{path}", LINES + "NAME = '{{ name }}'\n")
    for root in (cookie, copier):
        kit.make_repo(root)
        kit.commit(root, "1")
        kit.tag(root, "1.0.0")
    return cookie, copier


def release(root: Path, files: int) -> None:
    """Release 2.0.0 of a template: a tenth of its files is changed."""
    for number in range(0, files, 10):
        file = next(root.rglob(f"m{number}.py"))
        file.write_text(file.read_text().replace("value_50 = 50", "value_50 = 5050"))
    kit.commit(root, "2")
    kit.tag(root, "2.0.0")


def edited(project: Path) -> None:
    """Let the user edit every fiftieth file, elsewhere than the template does."""
    if not (project / ".git").exists():
        kit.make_repo(project)
    for number, file in enumerate(sorted(project.rglob("m*.py"))):
        if number % 50 == 0:
            file.write_text(file.read_text().replace("value_2 = 2", "value_2 = 22"))
    kit.commit(project, "edit")


@dataclass(frozen=True, order=True)
class Time:
    """Seconds of the processor, and of the wall."""

    processor: float
    wall: float

    def beside(self, other: Time) -> str:
        """Return both as multiples of another one's."""
        return f"{self.processor:.2f} s ({self.processor / other.processor:.1f} x; {self.wall / other.wall:.1f} x)"


def timed(command: list[str], cwd: Path, env: dict[str, str]) -> Time:
    """Return the time that a command takes, with all that it starts."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=cwd, stdout=said, stderr=said, stdin=subprocess.DEVNULL, env=env)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        said.seek(0)
        assert process.returncode == 0, said.read()[-2000:]
    return Time(used.ru_utime + used.ru_stime, wall)


def median(times: list[Time]) -> Time:
    """Return the median of each."""
    return Time(statistics.median(t.processor for t in times), statistics.median(t.wall for t in times))


def seconds(command: list[str], kept: Path, env: dict[str, str], runs: int = RUNS) -> Time:
    """Return the median time of the command over copies of a project, the repository's own files warm."""
    times = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(dir=kept.parent.parent) as name:
            copy = Path(name) / "demo"
            shutil.copytree(kept, copy, symlinks=True)
            subprocess.run(["git", "status"], cwd=copy, capture_output=True, env=env, check=True)
            times.append(timed(command, copy, env))
    return median(times)


def compare(folder: Path, files: int, tools: Path, env: dict[str, str]) -> dict[str, Time]:
    """Return the time of each tool on a template of as many files."""
    cookie, copier = templates(folder, files)
    mlctl = str(Path(sys.executable).parent / "mlctl")
    make: dict[str, tuple[list[str], list[str]]] = {
        "mlctl": ([mlctl, "new", "demo", "-p", str(cookie), "-y"], [mlctl, "upgrade", "-y"]),
        "copier": (
            [str(tools / "copier"), "copy", "--defaults", "-q", str(copier), "demo"],
            [str(tools / "copier"), "update", "--defaults", "-q"],
        ),
        "cruft": (
            [str(tools / "cruft"), "create", str(cookie), "-y"],
            [str(tools / "cruft"), "update", "-y"],
        ),
    }
    for tool, (first, _) in make.items():
        home = folder / f"of-{tool}" / "home"
        home.mkdir(parents=True)
        subprocess.run(first, cwd=home, env=env, check=True, capture_output=True)
        edited(home / "demo")
    release(cookie, files)
    release(copier, files)
    return {tool: seconds(then, folder / f"of-{tool}" / "home" / "demo", env) for tool, (_, then) in make.items()}


def alone(folder: Path, env: dict[str, str]) -> Iterator[tuple[str, Time]]:
    """Yield the time of a no-op, of a project in a monorepo, and beside five ignored gigabytes."""
    cookie, _ = templates(folder, 200)
    release(cookie, 200)
    mlctl = str(Path(sys.executable).parent / "mlctl")
    new = [mlctl, "new", "demo", "-p", str(cookie), "--no-git", "-y"]
    home, mono = folder / "one" / "home", folder / "two" / "mono"
    home.mkdir(parents=True)
    mono.mkdir(parents=True)
    subprocess.run([*new, "--ref", "2.0.0"], cwd=home, env=env, check=True, capture_output=True)
    edited(home / "demo")
    yield "no-op", seconds([mlctl, "upgrade", "-y"], home / "demo", env, 9)
    subprocess.run([*new, "--ref", "1.0.0"], cwd=mono, env=env, check=True, capture_output=True)
    kit.make_repo(mono)
    kit.git(mono, "config", "gc.auto", "0")
    for number in range(20_000):
        kit.write(mono, f"lib{number % 200}/f{number}.txt", f"{number}\n")
    edited(mono)
    yield "monorepo", seconds([mlctl, "-C", "demo", "upgrade", "-y", "-p", str(cookie)], mono, env, 1)
    shutil.rmtree(home / "demo")
    subprocess.run([*new, "--ref", "1.0.0"], cwd=home, env=env, check=True, capture_output=True)
    kit.write(home / "demo", ".gitignore", "data/\n")
    edited(home / "demo")
    yield "without data", seconds([mlctl, "upgrade", "-y"], home / "demo", env)
    big = kit.write(home / "demo", "data/big.bin", "")
    os.truncate(big, 5 << 30)
    yield "with 5 GB ignored", timed([mlctl, "upgrade", "-y"], home / "demo", env)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tools", type=Path, required=True)
    tools = options.parse_args().tools
    out = sys.stdout.write
    with tempfile.TemporaryDirectory(prefix="mlctl-bench-") as name:
        root = Path(name)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "MLCTL_", "XDG_", "PYTHON"))}
        compileall.compile_dir(Path(mlctl.__file__).parent, quiet=1)  # as pip leaves every package that it installs
        env |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "gc.auto", "GIT_CONFIG_VALUE_0": "0"}
        env |= {"HOME": str(kit.home(root / "home")), "GIT_CONFIG_NOSYSTEM": "1"}
        python = median([timed([sys.executable, "-c", "pass"], root, env) for _ in range(15)])
        for files in (50, 500):
            (root / str(files)).mkdir()
            found = compare(root / str(files), files, tools, env)
            told = ", ".join(f"{tool} {taken.beside(found['mlctl'])}" for tool, taken in found.items())
            out(f"{files} files: {told}\n")
        (root / "alone").mkdir()
        for what, taken in alone(root / "alone", env):
            out(f"{what}: {taken.beside(python)} of `python -c pass`, {taken.wall:.2f} s of the wall\n")


if __name__ == "__main__":
    main()

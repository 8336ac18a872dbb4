"""How long `mlctl check` takes, as multiples of `python -c pass` in the same run: processor time, medians.

Run it with `python tests/bench/bench_check.py [ROUNDS]`; other tools are measured beside it where they are installed.
"""

from __future__ import annotations

import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
BODY = """\
import os
import numpy as np


def area{0}(x):
    '''Return it.'''
    return os.path.join('a', str(np.asarray(x)))

"""
BUDGET = {
    "--version": 1.5, "unchanged 1,000": 2.5, "unchanged 11,000": 3.5, "three staged 1,000": 5,
    "three staged 11,000": 7, "cold 1,000": 60, "memory": 150, "an empty Typer command": 8,
}  # fmt: skip
Before = Callable[[], None]


def repository(folder: Path, size: int) -> Path:
    """Make a repository of `size` files, three in five of them Python; return it."""
    for number in range(size):
        suffix = ("py", "py", "py", "md", "yml")[number % 5]
        path = folder / f"src/pkg/m{number // 50}/f{number}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(BODY.format(n) for n in range(20))
        path.write_text(text if suffix == "py" else "a: text\n" * 40)
    (folder / "README.md").write_text("# Data, run, owner\n```\nmake\n```\n")
    (folder / ".pre-commit-config.yaml").write_text("repos: [{hooks: [{id: gitleaks}, {id: ruff}]}]\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")
    git(folder, "gc", "-q")
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def spent(command: list[str], folder: Path) -> tuple[float, int]:
    """Return processor seconds, of its children too, and the largest resident size in kB."""
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    return used.ru_utime + used.ru_stime, used.ru_maxrss


def tool(name: str) -> str:
    """Return where another tool lies: beside this Python, else on the path; its bare name where it is not installed."""
    return str(BIN / name) if (BIN / name).exists() else shutil.which(name) or name


def forget(folder: Path) -> None:
    shutil.rmtree(folder / ".git" / "mlctl", ignore_errors=True)


def stage(folder: Path) -> None:
    """Edit three files so that none of their facts change, on top of a verdict about HEAD."""
    git(folder, "reset", "-q", "--hard")
    spent([str(BIN / "mlctl"), "check", "--hook"], folder)
    for number in (0, 50, 100):
        path = folder / f"src/pkg/m{number // 50}/f{number}.py"
        path.write_text(path.read_text() + f"\nLIMIT = {os.getpid()}\n")
    git(folder, "add", "-u")


def nothing() -> None:
    """Prepare nothing."""


def cases(small: Path, large: Path) -> dict[str, tuple[list[str], Path, Before]]:
    """Return command, folder and preparation by name."""
    mlctl, python = str(BIN / "mlctl"), sys.executable
    hook = [mlctl, "check", "--hook"]
    found = {
        "python -c pass": ([python, "-c", "pass"], small, nothing),
        "--version": ([mlctl, "--version"], small, nothing),
        "unchanged 1,000": (hook, small, nothing),
        "unchanged 11,000": (hook, large, nothing),
        "three staged 1,000": (hook, small, lambda: stage(small)),
        "three staged 11,000": (hook, large, lambda: stage(large)),
        "cold 1,000": (hook, small, lambda: forget(small)),
        "cold 11,000": (hook, large, lambda: forget(large)),
        "an empty Typer command": ([mlctl, "-C", "absent", "rules"], small, nothing),
        "ruff check 1,000": ([tool("ruff"), "check", "-q", "."], small, nothing),
        "pre-commit, no hook": ([tool("pre-commit"), "run", "-c", "empty.yaml"], small, lambda: empty(small)),
        "sp-repo-review": ([tool("sp-repo-review"), "."], small, nothing),
    }
    return {name: case for name, case in found.items() if os.access(case[0][0], os.X_OK)}


def empty(folder: Path) -> None:
    hook = "{id: a, name: a, entry: 'true', language: system}"
    (folder / "empty.yaml").write_text(f"repos: [{{repo: local, hooks: [{hook}]}}]\n")


def main() -> None:
    """Print a table of ratios with the budgets."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    compileall.compile_dir(ROOT / "mlctl", quiet=1)
    with tempfile.TemporaryDirectory() as place:
        small, large = repository(Path(place, "s"), 1_000), repository(Path(place, "l"), 11_000)
        for folder in (small, large):
            spent([str(BIN / "mlctl"), "check", "--hook"], folder)
        taken: dict[str, list[float]] = {}
        peak: dict[str, int] = {}
        for round_ in range(rounds):
            for name, (command, folder, before) in cases(small, large).items():
                if name.startswith("cold 11") and round_ > 1:
                    continue
                before()
                seconds, size = spent(command, folder)
                taken.setdefault(name, []).append(seconds)
                peak[name] = max(peak.get(name, 0), size)
        unit = statistics.median(taken["python -c pass"])
        for name, seconds_ in taken.items():
            ratio, budget = statistics.median(seconds_) / unit, BUDGET.get(name)
            large_ = " OVER 150 MB" if name.endswith("11,000") and peak[name] > BUDGET["memory"] * 1024 else ""
            said = f"budget {budget:g}" + (" MISSED" if ratio > budget else "") if budget else ""
            sys.stdout.write(f"{name:<24} {ratio:>7.1f} x  {peak[name] // 1024:>4} MB  {said}{large_}\n")


if __name__ == "__main__":
    main()

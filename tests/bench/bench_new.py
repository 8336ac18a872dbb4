"""How long `mlctl new` takes: ratios within one run, for the machine may be slow, shared or both.

    python tests/bench/bench_new.py [--runs N] [--in FOLDER]

Commands run in turn, medians count, of the processor's and of the wall's seconds. The templates are made here: files of
2 kB, of which 60 % are plain text, 30 % hold `{{ }}` with filters, 10 % one or two of six blocks. In the worst case
each file holds several blocks, and no two files the same ones.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BESIDE = Path(sys.executable).parent
NOTHING = [sys.executable, "-c", "pass"]
TYPER = [sys.executable, "-c", "import typer\napp = typer.Typer()\napp.command()(lambda: None)\napp()"]
WORDS = ("the model", "reads its features", "from a table", "and writes", "scores", "to another one", "every night")
FILLED = ("name = {{ cookiecutter.name }}", "{{ cookiecutter.owner|lower }} owns it", "{{ cookiecutter.name | upper }}")
BLOCKS = (
    "{% if cookiecutter.kind == 'a' %}\nonly a\n{% endif %}",
    "{% if cookiecutter.flag %}\non\n{% else %}\noff\n{% endif %}",
    "{%- if not cookiecutter.flag %}\nhidden\n{%- endif %}",
    "{% for part in ['a', 'b'] %}\n  {{ part }} of {{ cookiecutter.name }}\n{% endfor %}",
    "{% if cookiecutter.kind == 'a' and cookiecutter.flag %}\n{{ cookiecutter.owner|title }}\n{% endif %}",
    "{# a remark for authors #}\n{% set low = cookiecutter.name|lower %}\n{{ low }}",
)
ANSWERS = {"name": "demo", "owner": "Ada Lovelace", "flag": True, "kind": "a"}


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds of the wall, seconds of the processor, bytes of memory at most."""

    wall: float
    cpu: float
    memory: int


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def body(number: int, worst: bool) -> str:
    """Return the text of a file of 2 kB."""
    chance = random.Random(number)
    lines = [" ".join(chance.choices(WORDS, k=5)) for _ in range(40)]
    share = number % 10
    added: list[str] = []
    if worst:
        own = f"{{% if cookiecutter.name == 'demo{number}' %}}\nx\n{{% endif %}}"
        added = [own, *chance.choices(BLOCKS, k=3)]
    elif share == 9:
        added = chance.sample(BLOCKS, k=chance.choice((1, 2)))
    elif share >= 6:
        added = chance.choices(FILLED, k=4)
    for text in added:
        lines.insert(chance.randrange(len(lines)), text)
    return "\n".join(lines)[:1990].rpartition("\n")[0] + "\n" if not added else "\n".join(lines) + "\n"


def template(folder: Path, files: int, worst: bool = False) -> Path:
    """Write a cookiecutter template of so many files; return it."""
    for number in range(files):
        path = folder / "{{cookiecutter.name}}" / f"part_{number % 50:02}" / f"file_{number:05}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body(number, worst))
    (folder / "cookiecutter.json").write_text(json.dumps({**ANSWERS, "kind": ["a", "b"]}))
    return folder


def for_copier(folder: Path, source: Path) -> Path:
    """Write the same template as copier has it; return it."""
    top = source / "{{cookiecutter.name}}"
    for path in top.rglob("*.txt"):
        aim = folder / path.relative_to(top)
        aim.parent.mkdir(parents=True, exist_ok=True)
        aim.write_text(path.read_text().replace("cookiecutter.", ""))
    questions = [f"{name}:\n  type: {'bool' if value is True else 'str'}\n  default: {json.dumps(value)}\n"
                 for name, value in ANSWERS.items()]  # fmt: skip
    (folder / "copier.yml").write_text('_templates_suffix: ""\n' + "".join(questions))
    return folder


def cost(command: list[str], here: Path) -> Cost:
    """Run a command in `here`, emptied before; return what it took."""
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir(parents=True)
    home = here.parent / "home"
    home.mkdir(exist_ok=True)
    own = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "CACHE", "STATE")}
    with open(here.parent / "said", "w+b") as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=here, env={**os.environ, **own, "HOME": str(home)}, stdin=subprocess.DEVNULL, stdout=said,
            stderr=said,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        said.seek(0)
        assert status == 0, said.read().decode()[-2000:]
    process.returncode = 0
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def race(title: str, commands: dict[str, list[str]], here: Path, runs: int) -> dict[str, Cost]:
    """Run the commands in turn; print and return the medians."""
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            taken = cost(command, here)
            found[name] += [taken] if turn else []
    say(f"\n{title} ({runs} runs each)")
    medians = {}
    for name, costs in found.items():
        middle = Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs),
                      max(c.memory for c in costs))  # fmt: skip
        medians[name] = middle
        say(f"  {name:34} wall {middle.wall:8.3f} s  cpu {middle.cpu:8.3f} s  memory {middle.memory / 1e6:5.0f} MB")
    return medians


def compare(costs: dict[str, Cost], slow: str, fast: str, bound: float, least: bool) -> None:
    """Print how many times as long `slow` takes as `fast`, and whether that keeps the bound."""
    wall, cpu = costs[slow].wall / costs[fast].wall, costs[slow].cpu / costs[fast].cpu
    kept = all((ratio >= bound) if least else (ratio <= bound) for ratio in (wall, cpu))
    word = "kept" if kept else "NOT kept"
    say(f"  = {slow} / {fast}: wall {wall:.1f}, cpu {cpu:.1f}; {'at least' if least else 'at most'} {bound:g}: {word}")


def start(here: Path, runs: int) -> None:
    """Measure what stands before any work: Typer, and a project of the embedded platform."""
    commands = {"python -c pass": NOTHING, "an empty Typer command": TYPER}
    compare(race("Start-up", commands, here, 3 * runs), "an empty Typer command", "python -c pass", 8, False)
    if not (ROOT / "templates" / "platform.yml").exists():
        say("\nThere is no embedded platform yet: left out")
        return
    commands = {"python -c pass": NOTHING, "mlctl new": [str(BESIDE / "mlctl"), "new", "x", "--defaults", "--no-lock"]}
    found = race("A project of the embedded platform, with its first commit", commands, here, 3 * runs)
    compare(found, "mlctl new", "python -c pass", 30, False)


def against(here: Path, folder: Path, files: int, runs: int, worst: bool = False) -> None:
    """Measure a template of so many files against the other tools."""
    source = template(folder / f"t{files}{'w' if worst else ''}", files, worst)
    new = [str(BESIDE / "mlctl"), "new", "-p", str(source), "-y"]
    commands = {"mlctl": [*new, "--no-git"], "cookiecutter": [str(BESIDE / "cookiecutter"), "--no-input", str(source)]}
    if files > 500:
        theirs = for_copier(folder / f"c{files}{'w' if worst else ''}", source)
        commands["copier"] = [str(BESIDE / "copier"), "copy", "--defaults", "--quiet", str(theirs), "out"]
    else:
        commands["mlctl with its commit"] = new
    found = race(f"{files} files{', each with blocks of its own' if worst else ''}", commands, here, runs)
    for other in ("cookiecutter", "copier"):
        if other in found:
            compare(found, other, "mlctl", 0 if worst else 3 if files <= 500 else 10, True)
    say(f"  = memory {found['mlctl'].memory / 1e6:.0f} MB; at most 200")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--in", dest="folder", type=Path, help="where to write; by default a temporary folder")
    chosen = arguments.parse_args()
    for folder in (ROOT / "mlctl", Path(sysconfig.get_path("purelib"))):
        compileall.compile_dir(folder, quiet=2)
    with tempfile.TemporaryDirectory(prefix="mlctl-bench-", dir=chosen.folder) as name:
        root = Path(name)
        start(root / "here", chosen.runs)
        for files, worst in ((500, False), (5_000, False), (5_000, True)):
            against(root / "here", root, files, chosen.runs, worst)


if __name__ == "__main__":
    main()

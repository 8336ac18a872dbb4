"""The figures of the README's security section: hostile rows, generated cases, faults, copier and cruft beside.

    python tests/bench/bench_safety.py [--tools FOLDER] [--sweep] [--only-peers]

FOLDER is the bin folder of a virtual environment with copier and cruft; without it one is made, from the package index.
With `--sweep` every fault is tried at every call, and a project has 40 lives instead of 6.
"""

from __future__ import annotations

import argparse
import ast
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).parents[2]
sys.path.insert(0, str(HERE))
from tests import kit  # noqa: E402
from tests.bench.bench_peers import making, peers  # noqa: E402

GENERATED = ("tests/hostile", "tests/render", "tests/core/test_source.py", "tests/upgrade/settle")
NO_ROWS = ("test_faults", "test_one_fault", "test_model", "test_properties")
LIVES = "40"
SECONDS, MEMORY = 20, 1_000_000_000
CODE = (
    "{% for c in ''.__class__.__mro__[1].__subclasses__() if c.__name__ == 'catch_warnings' %}"
    "{{ c()._module.__builtins__['__import__']('os').system('echo ran > RAN') }}{% endfor %}"
)


@dataclass(frozen=True)
class Row:
    """A hostile template: a file of it, the default of its one question, a hook, a link to the folder around it."""

    name: str
    path: str = "a.txt"
    text: str = "text\n"
    more: str = "more"
    hook: bool = False
    link: str = ""


ROWS = (
    Row("a hook (for copier: a task) runs a program", hook=True),
    Row("the text of a file runs a program", text=CODE),
    Row("a default value runs a program", more=CODE),
    Row("an answer in a file's name leads out of the project", path="MORE.txt", more="../../../escaped"),
    Row("an answer in a file's name makes a git hook", path="MORE", more=".git/hooks/post-checkout"),
    Row("a link leads out, with a file behind it", path="out/escaped.txt", link="out"),
    Row("a text of 30 GB", text="{% set x = 'a' * 10**7 %}{% for i in range(3000) %}{{ x }}{% endfor %}"),
)


@dataclass(frozen=True)
class Trial:
    """A hostile template in the hands of a tool."""

    row: Row
    tool: str
    binary: Path
    root: Path

    def made(self) -> None:
        """Write the template."""
        copier = self.tool == "copier"
        question = "{{ more }}" if copier else "{{ cookiecutter.more }}"
        top = self.root / "template" / ("files" if copier else "{{cookiecutter.name}}")
        kit.write(top, "b.txt", "b\n")
        text = self.row.text.replace("RAN", str(self.root / "ran"))
        more = self.row.more.replace("RAN", str(self.root / "ran"))
        if self.row.link:
            (top / self.row.link).symlink_to(self.root)
        else:
            kit.write(top, self.row.path.replace("MORE", question), text)
        hook = f"echo ran > {self.root}/ran"
        if copier:
            settings: dict[str, object] = {
                "_templates_suffix": "",
                "_subdirectory": "files",
                "more": {"type": "str", "default": more},
            }
            settings |= {"_tasks": [hook]} if self.row.hook else {}
            kit.write(self.root / "template", "copier.yml", json.dumps(settings))
        else:
            kit.write(self.root / "template", "cookiecutter.json", json.dumps({"name": "demo", "more": more}))
            if self.row.hook:
                kit.write(self.root / "template", "hooks/post_gen_project.sh", f"#!/bin/sh\n{hook}\n", executable=True)
        kit.make_repo(self.root / "template")
        kit.commit(self.root / "template", "Start")

    def told(self, env: dict[str, str]) -> str:
        """Return what became of it."""
        self.made()
        here = self.root / "deep" / "work"
        here.mkdir(parents=True)
        limit = ["prlimit", f"--as={MEMORY}", f"--fsize={MEMORY}"]
        command = [*limit, str(self.binary / self.tool), *making(self.tool, self.root / "template")]
        try:
            done = subprocess.run(
                command, cwd=here, env=env, capture_output=True, text=True, errors="replace",
                stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"**still running after {SECONDS} s**"
        outside = [
            path
            for path in self.root.rglob("escaped*")
            if not {"template", "demo"} & set(path.relative_to(self.root).parts)
        ]
        found = ["**ran it**"] if (self.root / "ran").exists() else []
        found += ["**written outside**"] if outside else []
        found += ["**git hook written**"] if (here / "demo/.git/hooks/post-checkout").exists() else []
        found += ["traceback"] if "Traceback" in done.stderr else []
        found += ["left half of it behind"] if done.returncode and (here / "demo").exists() else []
        return ", ".join([*found, "refused" if done.returncode else "made" if found else "made, harmless"])


def figures(sweep: bool) -> None:
    """Run the hostile and the generated tests; print how many passed."""
    with tempfile.TemporaryDirectory(prefix="mlctl-safety-") as name:
        report = Path(name) / "report.xml"
        command = [sys.executable, "-m", "pytest", *GENERATED, f"--junitxml={report}", f"--basetemp={name}/tests"]
        more = ["-m", "sweep or not sweep", "--dist", "load"] if sweep else []
        env = os.environ | ({"MLCTL_LIVES": LIVES} if sweep else {})
        asked = [*command, "--hypothesis-show-statistics", *more]
        done = subprocess.run(asked, cwd=HERE, env=env, capture_output=True, text=True, check=False)
        cases = list(ElementTree.parse(report).iter("testcase"))
    rows: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    faults: dict[str, list[int]] = collections.defaultdict(list)
    violations = 0
    for case in cases:
        where = case.get("classname", "").removeprefix("tests.hostile.").split(".")[0]
        good = not {"failure", "error"} & {child.tag for child in case}
        violations += not good and where in NO_ROWS
        if where.startswith("test_") and where not in NO_ROWS:
            rows[where.removeprefix("test_")][0] += good
            rows[where.removeprefix("test_")][1] += 1
        for told in case.iter("property"):
            if told.get("name") == ("every" if sweep else "some"):
                for fault, fired in ast.literal_eval(told.get("value", "{}")).items():
                    faults[fault].append(fired)
    generated = sum(int(number) for number in re.findall(r"- (\d+) passing", done.stdout))
    lines = [f"| {name} | {good} of {tried} |" for name, (good, tried) in sorted(rows.items())]
    lines += [f"| hostile rows in all | {sum(g for g, _ in rows.values())} of {sum(t for _, t in rows.values())} |"]
    lines += [f"| generated cases | {generated:,} |"]
    lines += [f"| {fault} | {sum(fired):,} points in {len(fired)} scenarios |" for fault, fired in faults.items()]
    lines += [f"| violations of faults, lives and properties | {violations} |"]
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    sys.stdout.write("\n".join(["| | |", "|---|---|", *lines, "", *failed, done.stdout.splitlines()[-1], ""]))


def beside(tools: Path | None) -> None:
    """Print what mlctl, copier and cruft do with the same hostile templates."""
    with tempfile.TemporaryDirectory(prefix="mlctl-safety-") as name:
        root = Path(name)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "MLCTL_", "XDG_"))}
        env |= {"HOME": str(kit.home(root / "home")), "GIT_CONFIG_NOSYSTEM": "1"}
        theirs = tools or peers(root / "venv")
        bins = {"mlctl": kit.SCRIPT.parent, "copier": theirs, "cruft": theirs}
        sys.stdout.write("| a template that nobody trusts | mlctl | copier | cruft |\n|---|---|---|---|\n")
        for number, row in enumerate(ROWS):
            cells = [Trial(row, tool, at, root / f"{number}-{tool}").told(env) for tool, at in bins.items()]
            sys.stdout.write(f"| {row.name} | {' | '.join(cells)} |\n")
            sys.stdout.flush()


def main() -> None:
    """Print the figures and the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tools", type=Path)
    options.add_argument("--sweep", action="store_true")
    options.add_argument("--only-peers", action="store_true")
    asked = options.parse_args()
    if not asked.only_peers:
        figures(asked.sweep)
    beside(asked.tools)


if __name__ == "__main__":
    main()

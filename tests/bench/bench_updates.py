"""What real updates come to beside cruft: those that people made of public projects, lived again with either tool.

python tests/bench/bench_updates.py --tools FOLDER --clones FOLDER [--most N] OWNER/NAME...

--tools is the bin folder of a virtual environment with cruft; below --clones lie OWNER/NAME, clones of the projects
and of the templates that their `.cruft.json` name, with all of their history. Hooks of templates are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests import kit

RECORD = ".cruft.json"
RECORDS = (RECORD, ".mlctl")
STAGE = ("add", "--all", "--", ".", ":(exclude,glob)**/*.rej", ":(exclude,glob)**/*.orig")
NAMED = re.compile(r"github\.com[:/]([^/]+/[^/]+?)(?:\.git)?/?$")
HUNK = re.compile(r"(?m)^<{7} ")
MARKED = re.compile(r"(?ms)^<{7} [^\n]*\n(.*?)^(?:\|{7}[^\n]*\n.*?)?={7}\n.*?^>{7} [^\n]*\n")
TOOLS = {
    "cruft": (("cruft", "update", "-y"),),
    "mlctl": (
        ("mlctl", "adopt", "--defaults"), ("git", "add", "--all"), ("git", "commit", "-qm", "adopt"),
        ("mlctl", "upgrade", "--defaults"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Update:
    """An update that people committed: the project before and after it, and the template's commits."""

    project: str
    template: str
    before: str
    after: str
    old: str
    new: str


@dataclass
class Sum:
    """What updates came to with one tool: `silent` ones have conflicts and exit 0.

    `far` counts the lines between what it left, the project's side of each hunk taken, and what the people ended with.
    """

    runs: int = 0
    failed: int = 0
    clean: int = 0
    silent: int = 0
    hunks: int = 0
    far: int = 0


def said(clone: Path, commit: str) -> dict[str, Any] | None:
    """Return what cruft recorded at a commit, if it names a template and its commit."""
    done = subprocess.run(["git", "show", f"{commit}:{RECORD}"], cwd=clone, capture_output=True, check=False)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.keys() >= {"template", "commit"} else None


def updates(clones: Path, project: str) -> Iterator[Update]:
    """Yield the updates of a project on its main line whose template lies among the clones."""
    clone = clones / project
    for after in kit.git(clone, "log", "--first-parent", "-m", "--format=%H", "--", RECORD).split():
        was, now = said(clone, f"{after}^1"), said(clone, after)
        name = NAMED.search(str(now["template"])) if was and now else None
        if not (was and now and name) or was["commit"] == now["commit"] or was["template"] != now["template"]:
            continue
        template, ends = clones / name[1], (str(was["commit"]), str(now["commit"]))
        if template.is_dir() and all(held(template, end) for end in ends):
            yield Update(project, name[1], f"{after}^1", after, *ends)


def held(clone: Path, commit: str) -> bool:
    """Tell whether a clone has a commit."""
    asked = ["git", "cat-file", "-e", f"{commit}^{{commit}}"]
    return subprocess.run(asked, cwd=clone, capture_output=True, check=False).returncode == 0


def lay(clones: Path, update: Update, folder: Path) -> Path:
    """Lay down the template in two commits, without hooks, and the project before the update, made from the first."""
    template, project = folder / "template", folder / "project"
    inner = (said(clones / update.project, update.before) or {}).get("directory") or "."
    kit.git(
        folder, "clone", "-q", "--shared", "--no-checkout", "--no-tags", str(clones / update.template), str(template)
    )
    made: list[str] = []
    for commit in (update.old, update.new):
        kit.git(template, "read-tree", commit)
        kit.git(template, "rm", "-rq", "--cached", "--ignore-unmatch", "hooks", f"{inner}/hooks")
        parent = ["-p", made[-1]] if made else []
        made.append(kit.git(template, "commit-tree", kit.git(template, "write-tree"), *parent, "-m", "1"))
    kit.git(template, "checkout", "-qfB", "main", made[-1])
    kit.git(folder, "clone", "-q", "--shared", str(clones / update.project), str(project))
    kit.git(project, "checkout", "-qfB", "work", update.before)
    record = json.loads((project / RECORD).read_text()) | {
        "template": str(template),
        "commit": made[0],
        "checkout": None,
    }
    (project / RECORD).write_text(json.dumps(record, indent=2))
    kit.git(project, "add", "--force", RECORD)
    kit.git(project, "commit", "-qm", "from the template that lies here")
    return project


def live(tool: str, project: Path, env: dict[str, str], after: str, found: Sum) -> None:
    """Update the project by a tool, and add to its sum what that came to."""
    code, told = 0, ""
    for words in TOOLS[tool]:
        done = subprocess.run(
            words, cwd=project, env=env, capture_output=True, text=True, errors="replace", check=False
        )
        code, told = done.returncode, done.stdout + done.stderr
        if code:
            break
    had = set(kit.git(project, "ls-files", "-z").split("\0"))
    rejected = [p for p in project.rglob("*.rej") if p.is_file() and str(p.relative_to(project)) not in had]
    hunks = sum(path.read_text(errors="replace").count("\n@@ ") or 1 for path in rejected)
    kit.git(project, *STAGE)
    for path in kit.git(project, "diff", "--cached", "--name-only", "-z", "HEAD").split("\0"):
        file = project / path
        text = file.read_text(errors="surrogateescape") if path and file.is_file() and not file.is_symlink() else ""
        hunks += len(HUNK.findall(text))
        if HUNK.search(text):
            file.write_text(MARKED.sub(r"\1", text), errors="surrogateescape")
    kit.git(project, *STAGE)
    found.runs += 1
    found.failed += "Traceback" in told or code not in ((0,) if tool == "cruft" else (0, 1))
    found.clean += not (code or hunks)
    found.silent += not code and bool(hunks)
    found.hunks += hunks
    lines = kit.git(
        project, "diff", "--cached", "--numstat", after, "--", ".", *(f":(exclude){one}" for one in RECORDS)
    )
    found.far += sum(sum(map(int, line.split("\t")[:2])) for line in lines.splitlines() if line[0] != "-")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tools", type=Path, required=True)
    options.add_argument("--clones", type=Path, required=True)
    options.add_argument("--most", type=int, default=8, help="updates of one project, drawn by chance")
    options.add_argument("projects", nargs="+")
    asked = options.parse_args()
    found = {tool: Sum() for tool in TOOLS}
    with tempfile.TemporaryDirectory(prefix="mlctl-bench-") as name:
        root = Path(name)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "MLCTL_", "XDG_"))}
        paths = [str(Path(sys.executable).parent), str(asked.tools), env["PATH"]]
        env |= {"HOME": str(kit.home(root / "home")), "PATH": os.pathsep.join(paths), "COOKIECUTTER_TESTING": "true"}
        for project in asked.projects:
            every = list(updates(asked.clones, project))
            for update in random.Random(0).sample(every, min(asked.most, len(every))):
                for tool, total in found.items():
                    with tempfile.TemporaryDirectory(dir=root) as folder:
                        live(tool, lay(asked.clones, update, Path(folder)), env, update.after, total)
            sys.stdout.write(f"{project}: {found}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

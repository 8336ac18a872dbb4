"""What a platform's work tree would do to the projects out there: each release is made, edited and upgraded to it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlctl.core.platform import WORKTREE, Platform, releases, repository
from mlctl.core.record import FOLDER as RECORD
from mlctl.tools import git, programs
from mlctl.tools.files import put, within
from mlctl.tools.staging import temporary

UNTOUCHED, EDITED = "untouched", "edited"
SECONDS = 300
NOTE = "\n# a line that the team wrote\n"
TEXTS = (".py", ".yml", ".yaml", ".toml", ".md", ".txt", ".cfg")
AGENT = {f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER")
         for what, said in (("NAME", "mlctl"), ("EMAIL", "mlctl@localhost"))}  # fmt: skip


@dataclass(frozen=True)
class Replay:
    """A project of a released version that was upgraded to the work tree.

    `conflicts` are paths for people to settle, `lost` what the upgrade took from the team, `broken` the promises that
    the project kept before and breaks after, `why` what stopped the upgrade.
    """

    version: str
    kind: str
    how: str
    changes: int = 0
    conflicts: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    why: str = ""

    @property
    def name(self) -> str:
        """How it is called."""
        return f"{self.version}/{self.kind}/{self.how}"

    @property
    def told(self) -> str:
        """Its choices, as flags of `mlctl new`."""
        return f"-k {self.kind}"

    @property
    def faults(self) -> tuple[str, ...]:
        """What must not be: nothing may be lost, and a project that nobody edited has no conflicts."""
        found = [self.why] if self.why else []
        found += [f"the upgrade loses what the team wrote in '{path}'" for path in self.lost]
        if self.how == UNTOUCHED:
            found += [f"conflict in '{path}', which nobody edited" for path in self.conflicts]
        return tuple(found)


def history(platform: Platform, root: Path, last: int) -> list[str]:
    """Return the newest `last` releases of the repository that `root` lies in, newest first."""
    top = git.answers("rev-parse", "--show-toplevel", cwd=root)
    directory = repository(Path(top)) if top else None
    return releases(directory)[:last] if directory else []


def replay(root: str, version: str, kind: str, how: str) -> Replay:
    """Return what upgrading a project of `kind`, made at `version`, to the work tree of the platform at `root` does."""
    with temporary("mlctl-replay-") as scratch:
        project = scratch / "project"
        made = _mlctl(scratch, "new", str(project), "-p", root, "--ref", version, "-k", kind, "-y", "--no-lock")
        if made.code:
            return Replay(version, kind, how, why=f"{version} can't be made any more: {made.complaint}")
        before = _broken(scratch, project)
        written = _edit(project) if how == EDITED else {}
        if written:
            git.run("add", "--all", cwd=project)
            git.run("commit", "--quiet", "--no-verify", "-m", "Edit", cwd=project, env=AGENT)
        done = _mlctl(scratch, "upgrade", "--to", WORKTREE, "-p", root, "-y", "--format", "json", cwd=project)
        if done.code not in (0, 1):
            return Replay(version, kind, how, why=f"the upgrade stops: {done.complaint}")
        changes = json.loads(done.out)["changes"] if done.out.strip() else []
        conflicts = tuple(sorted(c["path"] for c in changes if c["action"] == "conflicted"))
        lost = tuple(sorted(path for path, text in written.items() if not _there(project, path, text, changes)))
        broken = () if conflicts else tuple(sorted(_broken(scratch, project) - before))
        return Replay(version, kind, how, len(changes), conflicts, lost, broken)


@dataclass(frozen=True)
class _Done:
    code: int
    out: str
    complaint: str


def _mlctl(scratch: Path, *words: str, cwd: Path | None = None) -> _Done:
    """Run mlctl with settings of its own, so that those of the person who tests decide nothing."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("MLCTL_", "GIT_", "XDG_CONFIG"))}
    environment |= {"XDG_CONFIG_HOME": os.path.join(scratch, "config"), "CI": "1", **AGENT}
    done = programs.run([sys.executable, "-P", "-m", "mlctl", *words], cwd or scratch, env=environment, seconds=SECONDS)
    complaint = done.stderr.decode().strip().splitlines() or [""]
    said = next((line for line in complaint if line.startswith("error: ")), complaint[-1])
    return _Done(done.returncode, done.stdout.decode(), said.removeprefix("error: "))


def _broken(scratch: Path, project: Path) -> set[str]:
    """Return the codes of the promises that the project breaks at its stage."""
    done = _mlctl(scratch, "check", "--format", "json", "--no-cache", cwd=project)
    found: dict[str, Any] = json.loads(done.out) if done.out.strip() else {}
    return {one["code"] for each in found.get("projects", ()) for one in each["findings"] if one["severity"] != "info"}


def _edit(project: Path) -> Mapping[str, str]:
    """Edit the project as teams do; return what was written, by path.

    Each third text gets a line at its end, a new module stands beside the first one, a text file is deleted.
    """
    paths = [p for p in git.text("ls-files", "-z", cwd=project).split("\0") if p and not within(p, RECORD)]
    texts = [path for path in paths if path.endswith(TEXTS)]
    written = dict.fromkeys(texts[::3], NOTE)
    for path in written:
        put(project / path, (project / path).read_bytes() + NOTE.encode())
    modules = [path for path in texts if path.endswith(".py")]
    if modules:
        own = f"{modules[0].rpartition('/')[0] or '.'}/team_only.py"
        put(project / own, b"TEAM = True\n")
        written[own] = "TEAM = True\n"
    deleted = [path for path in texts if path not in written and path.count("/") > 1]
    if deleted:
        (project / deleted[-1]).unlink()
    return written


def _there(project: Path, path: str, text: str, changes: list[dict[str, Any]]) -> bool:
    """Tell whether what was written stands in the work tree: at its path, or where the upgrade moved the file."""
    places = [path, *(change["path"] for change in changes if change.get("from_path") == path)]
    return any(
        (project / place).is_file() and text in (project / place).read_text("utf-8", "replace") for place in places
    )

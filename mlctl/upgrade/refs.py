"""References and the index, changed so that a stop at any point leaves no stale lock that is not known as ours."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from mlctl.tools import files, git, swap
from mlctl.tools.errors import Unable, printable
from mlctl.upgrade.project import Project

HELD = "refs/worktree/mlctl"


class Busy(Unable):
    """Another git process holds a lock."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"another git process holds {printable(path.name)}", "wait for it to end, then run `mlctl upgrade` again"
        )


def hold(project: Project, name: str, commit: str) -> None:
    """Keep the objects of `commit` from `git gc` until they are released."""
    if _reftable(project):
        project.run("update-ref", f"{HELD}/{name}", commit)
    else:
        files.replace(project.git / HELD / name, f"{commit}\n".encode())


def release(project: Project, name: str) -> None:
    """Let go of what was held, by this run or one that was killed."""
    if _reftable(project):
        project.run("update-ref", "-d", f"{HELD}/{name}")
    else:
        files.remove(project.git / HELD)


def build_index(project: Project, lines: tuple[str, ...], unchecked: tuple[str, ...] = ()) -> None:
    """Change the index by lines of `update-index --index-info`, in one step and under git's own lock.

    Those of the paths `unchecked` that are merged stay out of the work tree.
    """
    lock, target, made = project.git / "index.lock", project.git / "index", project.state / "index.new"
    with _locked(project, lock):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(str(made) + ".lock")
        if target.exists():
            files.put(made, target.read_bytes())
        env = {"GIT_INDEX_FILE": str(made)}
        stdin = "".join(line + "\0" for line in lines).encode("utf-8", "surrogateescape")
        project.run("update-index", "-z", "--index-info", stdin=stdin, env=env)
        told = [line.partition("\t") for line in lines]
        merged = {path for facts, _, path in told if facts.endswith(" 0") and not facts.startswith("0 ")}
        away = "".join(f"{path}\0" for path in unchecked if path in merged).encode("utf-8", "surrogateescape")
        if away:
            project.run("update-index", "-z", "--skip-worktree", "--stdin", stdin=away, env=env)
        project.run("update-index", "-q", "--refresh", env=env, fine=(0, 1))
        os.replace(made, target)


def advance(project: Project, old: str, new: str, message: str) -> None:
    """Move the branch of HEAD (or a detached HEAD) from commit `old` to `new`."""
    name = _branch(project)
    if _reftable(project):
        project.run("update-ref", "-m", message, "HEAD", new, old)
        return
    place = Path(
        git.text("rev-parse", "--path-format=absolute", "--git-path", name or "HEAD", cwd=project.top, source=True)
    )
    place.parent.mkdir(parents=True, exist_ok=True)
    value = project.state / "index.ref"
    with _locked(project, place.with_name(place.name + ".lock")):
        if git.answers("rev-parse", "HEAD", cwd=project.top, source=True) != old:
            raise Busy(place)
        files.replace(value, f"{new}\n".encode())
        os.replace(value, place)
    _log(project, name, old, new, message)


def free(project: Project) -> None:
    """Remove what a killed run of ours left: locks that are one file with our own, and copies of the index."""
    hold = project.state / "index.hold"
    if hold.exists():
        _unlock(project, hold)
    for left in project.state.glob("index.*"):
        with contextlib.suppress(OSError):
            left.unlink()


def _unlock(project: Project, hold: Path) -> None:
    name = _branch(project) or "HEAD"
    place = git.text("rev-parse", "--path-format=absolute", "--git-path", name, cwd=project.top, source=True)
    for lock in (project.git / "index.lock", Path(f"{place}.lock")):
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.lstat(lock), os.lstat(hold)):
                os.unlink(lock)


@contextlib.contextmanager
def _locked(project: Project, lock: Path) -> Iterator[None]:
    """Hold git's lock file by a link to a file of ours, so that a later run knows whose it is."""
    mine = project.state / "index.hold"
    files.put(mine, b"")
    for attempt in range(20):
        try:
            os.link(mine, lock)
            break
        except FileExistsError:
            if attempt == 19:
                raise Busy(lock) from None
            time.sleep(0.05)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(lock)


def _branch(project: Project) -> str:
    """Return the full name of the branch that HEAD is on; nothing where it is detached."""
    return project.run("symbolic-ref", "-q", "HEAD", fine=(0, 1)).decode("utf-8", "surrogateescape").strip()


def _log(project: Project, name: str, old: str, new: str, message: str) -> None:
    """Note the move in the reflogs that there are."""
    who = git.answers("var", "GIT_COMMITTER_IDENT", cwd=project.top, source=True) or "mlctl <mlctl@localhost> 0 +0000"
    line = f"{old} {new} {who}\t{message}\n".encode()
    for one in dict.fromkeys(("HEAD", name or "HEAD")):
        place = git.text(
            "rev-parse", "--path-format=absolute", "--git-path", f"logs/{one}", cwd=project.top, source=True
        )
        if os.path.exists(place):
            swap.append(Path(place), line)


def _reftable(project: Project) -> bool:
    return (project.git / "reftable").exists()

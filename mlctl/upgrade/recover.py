"""An upgrade that was begun: finished or taken back after a stop, continued or aborted by its owner."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from mlctl.tools import files, git, swap
from mlctl.tools.errors import Unable, printable, word
from mlctl.upgrade import journal as log
from mlctl.upgrade.journal import Journal, digest, slots
from mlctl.upgrade.project import InTheWay, Project, listed, marked, several
from mlctl.upgrade.refs import advance, build_index, free
from mlctl.upgrade.steps import backward

NOBODY = {
    "GIT_AUTHOR_NAME": "mlctl", "GIT_AUTHOR_EMAIL": "mlctl@localhost",
    "GIT_COMMITTER_NAME": "mlctl", "GIT_COMMITTER_EMAIL": "mlctl@localhost",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """How a begun upgrade ended: what was done, the commit if one was made, and the paths that were left alone."""

    done: str
    start: str
    end: str
    commit: str = ""
    left: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


class Running(Unable):
    """Another mlctl is at work in this repository."""

    def __init__(self, owner: str) -> None:
        super().__init__(
            f"another mlctl is at work here (process {printable(owner)})", "wait for it to end, then try again"
        )


class Waiting(InTheWay):
    """An upgrade that waits for its owner, in this project or another one of the repository."""

    def __init__(self, project: Project, made: Journal) -> None:
        there = os.path.relpath(project.top / made.prefix, project.root)
        if made.prefix == project.prefix:
            what = f"the upgrade to {made.end}"
            hint = "resolve and `mlctl upgrade --continue`, or take it back with `mlctl upgrade --abort`"
        else:
            what = f"the upgrade of '{printable(there)}' to {made.end}"
            hint = f"end it there: `mlctl -C {word(there)} upgrade --continue`, or take it back with `--abort`"
        super().__init__(f"{what} is not finished", hint)


@contextlib.contextmanager
def alone(project: Project) -> Iterator[None]:
    """Hold the project against other runs; raise `Running` at once where one holds it."""
    path = project.state / log.LOCKED
    with swap.held(path) as free_:
        if not free_:
            raise Running(path.read_text(errors="replace").strip() or "unknown")
        yield


def recovered(project: Project) -> tuple[Journal | None, list[str]]:
    """Finish what a killed run had decided; return the upgrade that waits for its owner, if any, and what to tell."""
    made, told, left = _finished(project, _begun(project))
    return made, told + [f"'{printable(path)}' was changed meanwhile and left alone" for path in left]


def _begun(project: Project) -> Journal | None:
    """Return the upgrade that was begun, if any, once what a killed run still held is free."""
    free(project)
    return log.load(project)


def _finished(project: Project, made: Journal | None) -> tuple[Journal | None, list[str], list[str]]:
    """Return the upgrade that waits for its owner, if any, what was finished, and the paths that were left alone."""
    if made is None:
        log.sweep(project)
    elif made.phase == log.COMMITTING:
        committed(project, made)
        return None, [f"finished the commit of the upgrade to {made.end}"], []
    elif project.head != made.head:
        log.drop(project, made)
    elif made.phase == log.APPLYING:
        from mlctl.upgrade.apply import finish

        made, left = finish(project, made)
        return made, [f"finished the upgrade to {made.end} that was stopped"], left
    elif made.phase == log.ABORTING:
        _undone(project, made)
        return None, [f"finished taking back the upgrade to {made.end}"], []
    elif staged(project, made):
        return made, [], []
    else:
        log.drop(project, made)
    return None, [], []


def abort(project: Project) -> Outcome:
    """Bring every path of the begun upgrade back to what it was; later work is left alone and named."""
    made = _begun(project)
    if made is None or (project.head != made.head and made.phase != log.COMMITTING):
        raise InTheWay("there is no upgrade to abort", "a committed one is taken back with `git revert`")
    if made.phase == log.COMMITTING:
        raise InTheWay("the upgrade is committed", "take it back with `git revert`")
    _own(project, made)
    return _undone(project, log.save(project, made, log.ABORTING))


def resume(project: Project) -> Outcome:
    """Commit the begun upgrade once its conflicts are resolved."""
    made = _begun(project)
    if made is not None and made.phase == log.COMMITTING:
        return committed(project, made)
    made, _, left = _finished(project, made)
    if made is None:
        raise InTheWay("there is no upgrade to continue", "see `mlctl status`")
    _own(project, made)
    open_ = unmerged(project)
    if open_:
        raise InTheWay(
            f"not resolved yet: {several(open_)}", "edit them, `git add` them, then run `mlctl upgrade --continue`"
        )
    still = _marked(project, {step.path for step in made.steps if step.conflicted})
    if still:
        raise InTheWay(
            f"conflict markers are left in {several(still)}",
            "resolve them, `git add` them, then run `mlctl upgrade --continue`",
        )
    return replace(commit(project, made), left=tuple(left))


def unmerged(project: Project) -> list[str]:
    """Return the paths of the repository that git holds as conflicts."""
    out = project.run("diff", "--name-only", "--diff-filter=U", "-z").decode("utf-8", "surrogateescape")
    return sorted({path for path in out.split("\0") if path})


def _own(project: Project, made: Journal) -> None:
    """Raise `Waiting` where an upgrade that is staged is another project's: it ends there."""
    if made.phase == log.APPLIED and made.prefix != project.prefix:
        raise Waiting(project, made)


def commit(project: Project, made: Journal) -> Outcome:
    """Commit what is staged; no hook runs and nothing is signed, and no identity is needed."""
    copy = project.state / "index.tree"
    files.put(copy, (project.git / "index").read_bytes())
    tree = project.run("write-tree", env={"GIT_INDEX_FILE": str(copy)}).decode().strip()
    known = git.answers("var", "GIT_COMMITTER_IDENT", cwd=project.top, source=True)
    asked = ("commit-tree", "--no-gpg-sign", tree, "-p", made.head, "-m", made.message.strip())
    new = project.run(*asked, env={} if known else NOBODY).decode().strip()
    made = log.save(project, made, log.COMMITTING, new)
    return committed(project, made)


def committed(project: Project, made: Journal) -> Outcome:
    """Move the branch to the commit that was made, and forget the upgrade."""
    now = git.text("rev-parse", "HEAD", cwd=project.top, source=True)
    if now == made.head:
        advance(project, made.head, made.commit, f"commit: {made.message.splitlines()[0]}")
    _forget_message(project, made)
    log.drop(project, made)
    return Outcome("committed", made.start, made.end, made.commit)


def _undone(project: Project, made: Journal) -> Outcome:
    kept = _set_aside(project, made)
    left = backward(project, made)
    lines = tuple(line for line in made.old if line.partition("\t")[2] not in left)
    build_index(project, lines, made.unchecked)
    _forget_message(project, made)
    log.drop(project, made)
    return Outcome("aborted", made.start, made.end, left=tuple(left), kept=tuple(kept))


def _set_aside(project: Project, made: Journal) -> list[str]:
    """Keep half-done resolutions of conflicts beside the journal; return where they are."""
    kept = []
    for step in made.steps:
        place, slot = project.top / step.path, slots(project, made.id) / step.slot
        now = digest(place, made.modes)
        if not step.conflicted or now in (step.before, step.after, "", "folder"):
            continue
        copy = project.state / "aborted" / made.id / step.path
        files.put(copy, place.read_bytes())
        kept.append(str(copy))
        if step.before and digest(slot, made.modes) == step.before:
            swap.exchange(slot, place)
        elif not step.before:
            swap.discard(place)
    return kept


def staged(project: Project, made: Journal) -> bool:
    """Tell whether anything of an upgrade is staged still; nothing is once its owner took it back with git."""
    out = project.run("diff-index", "--cached", "--name-only", "-z", "--ignore-submodules", "HEAD", "--")
    return not {step.path for step in made.steps}.isdisjoint(out.decode("utf-8", "surrogateescape").split("\0"))


def _marked(project: Project, paths: Collection[str]) -> list[str]:
    """Return those of `paths` whose file holds conflict markers, as it would be committed or as it lies on the disk."""
    if not paths:
        return []
    index = listed(project.run("ls-files", "-z", "--format=%(objectmode) blob %(objectname)%x09%(path)"))
    blobs = project.read(index[path][1] for path in paths if path in index)
    found = []
    for path in sorted(paths):
        place = project.top / path
        here = place.read_bytes() if place.is_file() and not place.is_symlink() else b""
        if marked(here) or (path in index and marked(blobs.get(index[path][1], b""))):
            found.append(path)
    return found


def _forget_message(project: Project, made: Journal) -> None:
    place = project.git / "MERGE_MSG"
    if place.exists() and place.read_bytes() == made.message.encode():
        swap.discard(place)

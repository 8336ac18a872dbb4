"""A throw-away git directory over the user's objects, in which a merge is tried: nothing of theirs is written."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlctl.tools import files, git
from mlctl.tools.staging import temporary
from mlctl.upgrade.plan import Stage
from mlctl.upgrade.project import OURS, Project, contents

IDENTITY = "mlctl <mlctl@localhost> 0 +0000"
Content = tuple[str, bytes | str]  # mode, and bytes or the id of an object that is there


@dataclass(frozen=True)
class Merged:
    """What git made of the sides: a tree, unmerged entries, and the kind of each conflict by path."""

    tree: str
    stages: tuple[Stage, ...]
    kinds: Mapping[str, str]


@dataclass(frozen=True)
class Scratch:
    """The throw-away git directory of a project."""

    directory: Path
    project: Project

    def run(self, *arguments: str, stdin: bytes | None = None, fine: tuple[int, ...] = (0,), tree: str = "") -> bytes:
        """Return what git prints; attributes are those of the user's work tree, or of the folder `tree`."""
        env = {"GIT_WORK_TREE": tree or str(self.project.top)}
        return git.run(
            "--git-dir", str(self.directory), *arguments, cwd=Path(tree or self.project.top), stdin=stdin, source=True,
            env=env, fine=fine,
        )  # fmt: skip

    def read(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return blobs by id, read in one process."""
        asked = "".join(f"{name}\n" for name in sorted(set(names))).encode()
        return contents(self.run("cat-file", "--batch", "--buffer", stdin=asked)) if asked else {}

    def commits(self, sides: Mapping[str, Mapping[str, Content | None]], tree: str) -> tuple[str, str]:
        """Make a commit on each branch of `sides`: `tree` with paths replaced or (None) removed; one process.

        Return the commit and the tree of the last one.
        """
        asked = ("-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--force", "--done")
        commit, _, _, made = self.run(*asked, stdin=_stream(sides, tree)).decode().split()
        return commit, made

    def merge(self, theirs: str) -> Merged:
        """Return the merge of the branches `OURS` and `theirs`; renames are not guessed, they were decided before."""
        asked = ("-c", "merge.renames=false", "-c", "diff.renames=false", "-c", "merge.directoryRenames=false")
        out = self.run(*asked, "merge-tree", "--write-tree", "-z", "--messages", OURS, theirs, fine=(0, 1))
        return _parsed(out.decode("utf-8", "surrogateescape"))


@contextlib.contextmanager
def scratch(project: Project) -> Iterator[Scratch]:
    """Yield a throw-away git directory that vanishes afterwards."""
    with temporary("mlctl-merge-") as directory:
        sha256 = "[extensions]\n\tobjectformat = sha256\n" if project.algorithm == "sha256" else ""
        version = 1 if sha256 else 0
        lines = f"[core]\n\trepositoryformatversion = {version}\n\tbare = false\n\tignorecase = false\n{sha256}"
        alternates = str(project.objects).encode("utf-8", "surrogateescape") + b"\n"
        for path, data in (
            ("HEAD", b"ref: refs/heads/base\n"), ("config", lines.encode()), ("objects/info/alternates", alternates),
            ("refs/heads/.keep", b""),
        ):  # fmt: skip
            files.put(directory / path, data)
        yield Scratch(directory, project)


def label(version: str) -> str:
    """Return the name of the platform's side, as markers show it."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", version).strip(".-")
    return f"platform-{re.sub(r'[.]{2,}|[.]lock$', '-', word) or 'new'}"


def _stream(sides: Mapping[str, Mapping[str, Content | None]], tree: str) -> bytes:
    out: list[bytes] = []
    for number, (branch, changes) in enumerate(sides.items(), 1):
        out.append(f"commit refs/heads/{branch}\nmark :{number}\ncommitter {IDENTITY}\ndata 0\n".encode())
        if number > 1:
            out.append(b"from :1\n")
        out.append(f'M 040000 {tree} ""\n'.encode())
        out += [b"D " + quoted(path) + b"\n" for path, content in changes.items() if content is None]
        for path, content in changes.items():
            if content is not None:
                mode, value = content
                if isinstance(value, str):
                    out.append(f"M {mode} {value} ".encode() + quoted(path) + b"\n")
                else:
                    out.append(
                        f"M {mode} inline ".encode() + quoted(path) + b"\ndata %d\n" % len(value) + value + b"\n"
                    )
    out.append(f'get-mark :{len(sides)}\nls :{len(sides)} ""\ndone\n'.encode())
    return b"".join(out)


def quoted(path: str) -> bytes:
    """Return a path as fast-import takes it, whatever its characters."""
    raw = path.encode("utf-8", "surrogateescape")
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _parsed(out: str) -> Merged:
    """Return what `merge-tree -z --messages` says; of the messages only their types count."""
    tree, _, rest = out.partition("\0")
    words = rest.split("\0")
    at = 0
    stages = []
    while at < len(words) and words[at]:
        facts, _, path = words[at].partition("\t")
        mode, blob, number = facts.split()
        stages.append(Stage(mode, blob, int(number), path))
        at += 1
    at += 1
    kinds: dict[str, str] = {}
    while at < len(words) and words[at].isdigit():
        count = int(words[at])
        paths, kind = words[at + 1 : at + 1 + count], words[at + 1 + count]
        if kind.startswith("CONFLICT"):
            kinds |= {path: kind[10:].rstrip(")") for path in paths if kinds.get(path) != "binary"}
        at += count + 3
    return Merged(tree, tuple(stages), kinds)

"""Writes the history of `templates/`, as its root and up to its releases, to a git bundle that any mlctl can clone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlctl.core import standards
from mlctl.core.platform import FOLDER, SETTINGS, find, repository, unignored, versions
from mlctl.core.source import Kind, Source
from mlctl.core.tree import Folder
from mlctl.tools import git
from mlctl.tools.errors import Unable

NOBODY = "mlctl <mlctl@localhost> 1577836800 +0000"
FORM = "%an <%ae> %ad%x00%cn <%ce> %cd%x00%B%x00"
NEITHER = ("__pycache__/", ".pyc", ".DS_Store")


def embed(root: Path, version: str, into: Path) -> list[Path]:
    """Write `platform.bundle`, and `standards.yml` where the platform has standards, to `into`; return their paths.

    The bundle holds the release tags that lead to the HEAD of the repository at `root`; where their history is not
    there, the files of `templates/` as one release named for `version`. The repository itself stays untouched.
    """
    if not (root / FOLDER / SETTINGS).exists():
        raise Unable(f"there is no {FOLDER}/{SETTINGS} to embed", "build from a checkout or an sdist of mlctl")
    work = into / "work.git"
    git.run("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(work))
    directory = repository(root)
    story = _history(directory, work) if directory and _whole(directory) else b""
    story = story or _single(root, directory, work, f"v{version}")
    git.run("--git-dir", str(work), "fast-import", "--quiet", stdin=story, source=True)
    bundle = into / "platform.bundle"
    pack = ("-c", "pack.threads=1", "bundle", "create", "--quiet", str(bundle), "HEAD", "main", "--tags")
    git.run("--git-dir", str(work), *pack, source=True)
    found = standards.flattened(find(Source(Kind.FOLDER, str(work))))
    if found is None:
        return [bundle]
    (into / "standards.yml").write_text(standards.written(found), encoding="utf-8")
    return [bundle, into / "standards.yml"]


def _whole(directory: Path) -> bool:
    """Tell whether the repository holds its whole history: it is no shallow and no partial clone."""
    place = ("--git-dir", str(directory))
    shallow = git.text(*place, "rev-parse", "--is-shallow-repository", source=True) == "true"
    partial = git.answers(*place, "config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$")
    return not shallow and not partial


def _history(directory: Path, work: Path) -> bytes:
    """Return, as a fast-import stream, the commits that changed `templates/` up to the releases; nothing without one.

    Its trees are taken as they are from the objects of the repository, which `work` borrows.
    """
    place = ("--git-dir", str(directory))
    objects = git.text(*place, "rev-parse", "--path-format=absolute", "--git-path", "objects", source=True)
    (work / "objects" / "info" / "alternates").write_text(objects + "\n")
    form = "--format=%(refname:strip=2)"
    there = git.answers(*place, "for-each-ref", "--merged=HEAD", form, "refs/tags", source=True) or ""
    tags = [tag for _, tag in versions(there.splitlines())]
    held = _ids(directory, [f"refs/tags/{tag}:{FOLDER}/{SETTINGS}" for tag in tags])
    tags = [tag for tag, blob in zip(tags, held, strict=True) if blob]
    if not tags:
        return b""
    walk = ("--topo-order", "--reverse", "--parents", f"--format={FORM}", "--date=raw")
    refs = [f"refs/tags/{tag}" for tag in tags]
    out = git.run(*place, "rev-list", *walk, "--encoding=UTF-8", *refs, "--", FOLDER, source=True)
    marks: dict[str, int] = {}
    pieces = list(_commits(out, directory, marks))
    for tag in tags:
        last = git.text(*place, "rev-list", "--max-count=1", f"refs/tags/{tag}", "--", FOLDER, source=True)
        pieces.append(f"reset refs/tags/{tag}\nfrom :{marks[last]}\n\n".encode())
    newest = git.text(*place, "rev-list", "--max-count=1", refs[0], "--", FOLDER, source=True)
    return b"".join(pieces) + f"reset refs/heads/main\nfrom :{marks[newest]}\n\n".encode()


def _commits(out: bytes, directory: Path, marks: dict[str, int]) -> Iterator[bytes]:
    """Yield each commit that `rev-list` printed, with its `templates/` as the root; enter it in `marks`."""
    fields = out.split(b"\0")
    rows = [(*fields[n].strip().split(b"\n"), *fields[n + 1 : n + 3]) for n in range(0, len(fields) - 1, 3)]
    lineages = [head.decode().split()[1:] for head, *_ in rows]
    trees = _ids(directory, [f"{commit}:{FOLDER}" for commit, *_ in lineages])
    for (commit, *parents), (_, author, committer, message), tree in zip(lineages, rows, trees, strict=True):
        marks[commit] = len(marks) + 1
        above = [b"%s :%d\n" % (b"merge" if n else b"from", marks[parent]) for n, parent in enumerate(parents)]
        root = f'M 040000 {tree} ""\n\n' if tree else "deleteall\n\n"
        yield b"commit refs/mlctl/%d\nmark :%d\n" % (marks[commit], marks[commit])
        yield b"author %s\ncommitter %s\ndata %d\n%s\n" % (author.strip(), committer.strip(), len(message), message)
        yield b"".join(above) + root.encode()


def _single(root: Path, directory: Path | None, work: Path, name: str) -> bytes:
    """Return, as a fast-import stream, one commit of the files in `templates/`, tagged `name`."""
    if directory:
        paths = [p.removeprefix(f"{FOLDER}/") for p in unignored(root, directory) if p.startswith(f"{FOLDER}/")]
    else:
        paths = [path for path in Folder(root / FOLDER).modes() if not any(mark in path for mark in NEITHER)]
    place = ("--git-dir", str(work), "--work-tree", str(root / FOLDER), "-c", "core.autocrlf=false")
    there = sorted(path for path in paths if (root / FOLDER / path).exists())
    listed = "".join(f"{path}\0" for path in there).encode("utf-8", "surrogateescape")
    git.run(*place, "update-index", "--add", "-z", "--stdin", cwd=root / FOLDER, stdin=listed, source=True)
    tree = git.text(*place, "write-tree", source=True)
    message = f"Release {name}"
    lines = ["commit refs/heads/main", "mark :1", f"author {NOBODY}", f"committer {NOBODY}", f"data {len(message)}"]
    lines += [message, f'M 040000 {tree} ""', "", f"reset refs/tags/{name}", "from :1", "", ""]
    return "\n".join(lines).encode()


def _ids(directory: Path, names: list[str]) -> list[str]:
    """Return the id of each object that is named, or nothing for one that is not there, in one process."""
    asked = "".join(f"{name}\n" for name in names).encode()
    form = "--batch-check=%(objectname) %(objecttype)"
    out = git.run("--git-dir", str(directory), "cat-file", form, stdin=asked, source=True).decode()
    return ["" if line.endswith(" missing") else line.split()[0] for line in out.splitlines()]

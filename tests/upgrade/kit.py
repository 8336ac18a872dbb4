"""A template in releases, a project made from it, and what lies on the disk."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests import kit

TOP = "{{cookiecutter.name}}"
SETTINGS = {"name": "demo", "greeting": "hello"}
LINES = "".join(f"line {number}\n" for number in range(1, 13))


@dataclass(frozen=True)
class Story:
    """A template and a project made from its first release."""

    template: Path
    project: Path
    mlctl: kit.Mlctl

    def release(self, name: str, files: Mapping[str, str | bytes | None], executable: tuple[str, ...] = ()) -> None:
        """Write (None: remove) files of the template below its top folder, and tag that."""
        change(self.template, {f"{TOP}/{path}": text for path, text in files.items()}, executable)
        kit.git(self.template, "add", "--all", "--force")
        kit.commit(self.template, f"Release {name}")
        kit.tag(self.template, name)

    def edit(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write (None: remove) files of the project, and commit that."""
        change(self.project, files)
        kit.commit(self.project, "Edit")

    def __call__(self, *arguments: str, **more: object) -> kit.Result:
        """Run mlctl in the project."""
        return self.mlctl(*arguments, cwd=self.project, **more)  # type: ignore[arg-type]

    def read(self, path: str) -> str:
        """Return the text of a file of the project."""
        return (self.project / path).read_text()

    def files(self) -> dict[str, str]:
        """Return the text of every file outside the record and git's folder; `*` marks executables, `@` links."""
        found = {}
        for path, (mode, data) in snapshot(self.project).items():
            mark = "@" if stat.S_ISLNK(mode) else "*" if mode & 0o100 else ""
            if not path.startswith(".mlctl/"):
                found[path + mark] = data.decode("utf-8", "surrogateescape")
        return found

    def staged(self) -> list[str]:
        """Return what is staged, renames found."""
        return kit.git(self.project, "diff", "--cached", "--name-status", "-M", "HEAD").splitlines()

    def unmerged(self) -> list[str]:
        """Return stage and path of the unmerged entries."""
        out = kit.git(self.project, "ls-files", "-u").splitlines()
        return [line.split("\t")[0].split()[2] + " " + line.split("\t")[1] for line in out]

    def actions(self, *arguments: str) -> dict[str, str]:
        """Return the action of each path outside the record, as the plan tells it."""
        out = json.loads(self("upgrade", "--dry-run", "--format", "json", *arguments).out)
        return {c["path"]: c["action"] for c in out["changes"] if not c["path"].startswith(".mlctl/")}


def change(folder: Path, files: Mapping[str, str | bytes | None], executable: tuple[str, ...] = ()) -> None:
    """Write (None: remove) files."""
    for path, text in files.items():
        if text is None:
            kit.remove(folder, path)
        else:
            kit.write(folder, path, text, any(path.endswith("/" + name) for name in executable))


def begin(folder: Path, mlctl: kit.Mlctl, files: Mapping[str, str | bytes], scheme: str = "") -> Story:
    """Return the story of a template that gives `files` in its release v1, and of a project made from it.

    With a `scheme` as `file://` the template is reached as a remote one.
    """
    template = folder / "template"
    kit.write(template, "cookiecutter.json", json.dumps(SETTINGS))
    change(template, {f"{TOP}/{path}": text for path, text in files.items()})
    kit.make_repo(template)
    kit.commit(template, "Release v1")
    kit.tag(template, "v1")
    made = mlctl("new", "demo", "-p", f"{scheme}{template}", "--defaults", "--set", "name=demo")
    assert made.code == 0, made.err
    return Story(template, mlctl.here / "demo", mlctl)


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return mode and bytes of every file of a work tree, git's own folder left out."""
    found = {}
    for at, folders, names in os.walk(folder):
        if ".git" in folders:
            folders.remove(".git")
        for name in names:
            path = Path(at, name)
            data = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(folder))] = (path.lstat().st_mode, data)
    return found


def copy(story: Story, folder: Path) -> Story:
    """Return the story with a copy of its project, in the same parent folder."""
    aim = story.project.parent / folder.name
    shutil.copytree(story.project, aim, symlinks=True)
    return Story(story.template, aim, story.mlctl)

"""Repositories that mean harm: their configuration, hooks and files run nothing and lead nowhere."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import kit
from tests.hostile.jail import Jail, refused

COMMANDS = [("check",), ("check", "--staged"), ("check", "--hook"), ("status",), ("diff",), ("upgrade", "-y"),
            ("upgrade", "-y", "--commit"), ("upgrade", "--dry-run", "--diff"),
            ("remove", "tracking", "-y")]  # fmt: skip
NAMES = [" ".join(command) for command in COMMANDS]
CONFIG = {
    "a file-system monitor": "[core]\n\tfsmonitor = {canary}\n",
    "a folder of hooks": "[core]\n\thooksPath = {hooks}\n",
    "a filter": '[filter "x"]\n\tclean = {canary}\n\tsmudge = {canary}\n\tprocess = {canary}\n\trequired = true\n',
    "a merge driver": '[merge "x"]\n\tdriver = {canary} %A\n[merge]\n\tdefault = x\n',
    "a diff driver": '[diff]\n\texternal = {canary}\n[diff "x"]\n\ttextconv = {canary}\n\tcommand = {canary}\n',
    "signing": "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = {canary}\n[user]\n\tsigningKey = x\n",
    "a pager and an editor": "[core]\n\tpager = {canary}\n\teditor = {canary}\n\tsshCommand = {canary}\n",
    "aliases": "[alias]\n\tls-files = !{canary}\n\tmerge-tree = !{canary}\n\tstatus = !{canary}\n",
    "credentials": "[credential]\n\thelper = {canary}\n",
    "an include": "[include]\n\tpath = {root}/more.cfg\n",
    "a work tree elsewhere": "[core]\n\tworktree = {root}/platform\n",
    "a template of hooks": "[init]\n\ttemplateDir = {root}/hooks\n",
    "a partial clone": '[remote "o"]\n\turl = ext::{canary}\n\tpromisor = true\n[extensions]\n\tpartialClone = o\n',
    "a proxy and a port": "[core]\n\tgitProxy = {canary}\n\taskPass = {canary}\n[gc]\n\tauto = 1\n",
    "broken": "[core\n\tx = = =\n",
}
ROWS = [(what, command) for what in CONFIG for command in COMMANDS]


@pytest.mark.parametrize(("what", "command"), ROWS, ids=[f"{w}: {' '.join(c)}" for w, c in ROWS])
def test_a_configuration_means_no_harm(jail: Jail, what: str, command: tuple[str, ...]) -> None:
    kit.write(jail.project, ".gitattributes", "* filter=x merge=x diff=x\n")
    kit.git(jail.project, "add", ".gitattributes")
    kit.git(jail.project, "commit", "--quiet", "-m", "Attributes")
    for name in (
        "pre-commit",
        "post-commit",
        "post-index-change",
        "reference-transaction",
        "post-checkout",
        "pre-merge-commit",
    ):
        for folder in (jail.root / "hooks", jail.project / ".git" / "hooks"):
            kit.write(folder, name, jail.canary.read_bytes(), executable=True)
    kit.write(jail.root, "more.cfg", f"[core]\n\tfsmonitor = {jail.canary}\n")
    told = CONFIG[what].format(canary=jail.canary, hooks=jail.root / "hooks", root=jail.root)
    kit.append(jail.project, ".git/config", told)
    done = jail(*command)
    if done.code > 1:
        refused(done, 2, 3)


def test_hooks_of_the_project_do_not_join_an_upgrade(jail: Jail) -> None:
    for name in ("pre-commit", "commit-msg", "prepare-commit-msg", "post-commit"):
        kit.write(jail.project / ".git" / "hooks", name, jail.canary.read_bytes(), executable=True)
    assert jail("upgrade", "-y", "--commit").code == 0
    assert "Anew" in (jail.project / "README.md").read_text()


def unborn(jail: Jail) -> None:
    kit.git(jail.project, "update-ref", "-d", "HEAD")


def merging(jail: Jail) -> None:
    kit.git(jail.project, "branch", "side")
    kit.write(jail.project, "README.md", "one\n")
    kit.git(jail.project, "commit", "--quiet", "-am", "One")
    kit.git(jail.project, "checkout", "--quiet", "side")
    kit.write(jail.project, "README.md", "two\n")
    kit.git(jail.project, "commit", "--quiet", "-am", "Two")
    kit.git(jail.project, "update-ref", "MERGE_HEAD", "main")


def pointing(jail: Jail) -> None:
    (jail.project / ".git").rename(jail.root / "elsewhere.git")
    kit.write(jail.project, ".git", f"gitdir: {jail.root}/elsewhere.git\n")


def embedded(jail: Jail) -> None:
    for name in ("objects", "refs"):
        (jail.project / name).mkdir()
    kit.write(jail.project, "HEAD", "ref: refs/heads/main\n")
    kit.write(jail.project, "config", f"[core]\n\tbare = true\n\tfsmonitor = {jail.canary}\n\tworktree = .\n")


STATES: dict[str, Callable[[Jail], object]] = {
    "an unborn HEAD": unborn,
    "a merge under way": merging,
    "a .git that is a file": pointing,
    "a bare repository inside": embedded,
    "an index lock": lambda jail: kit.write(jail.project, ".git/index.lock", ""),
    "a corrupt index": lambda jail: kit.write(jail.project, ".git/index", b"DIRC" + b"\xff" * 90),
    "a corrupt HEAD": lambda jail: kit.write(jail.project, ".git/HEAD", "ref: ../../../etc/passwd\n"),
    "no objects": lambda jail: kit.remove(jail.project, ".git/objects"),
    "a .git that leads nowhere": lambda jail: (pointing(jail), kit.write(jail.project, ".git", "gitdir: /nowhere\n")),
    "a .git that leads to itself": lambda jail: (pointing(jail), kit.write(jail.project, ".git", "gitdir: .git\n")),
    "no repository": lambda jail: kit.remove(jail.project, ".git"),
}
STATED = [(what, command) for what in STATES for command in COMMANDS]


@pytest.mark.parametrize(("what", "command"), STATED, ids=[f"{w}: {' '.join(c)}" for w, c in STATED])
def test_a_repository_in_any_state_means_no_harm(jail: Jail, what: str, command: tuple[str, ...]) -> None:
    STATES[what](jail)
    done = jail(*command)
    if done.code > 1:
        refused(done, 2, 3)


VARIABLES = {
    "GIT_DIR": "{root}/platform/.git", "GIT_INDEX_FILE": "{root}/index", "GIT_WORK_TREE": "{root}/platform",
    "GIT_EXTERNAL_DIFF": "{canary}", "GIT_SSH_COMMAND": "{canary}", "GIT_ASKPASS": "{canary}", "GIT_EDITOR": "{canary}",
    "GIT_EXEC_PATH": "{project}", "GIT_TEMPLATE_DIR": "{root}/hooks",
    "GIT_CONFIG_PARAMETERS": "'core.fsmonitor={canary}'",
    "GIT_CONFIG_GLOBAL": "{root}/more.cfg", "GIT_OBJECT_DIRECTORY": "{root}/objects", "GIT_NAMESPACE": "x",
    "PYTHONPATH": "", "GIT_PAGER": "{canary}", "PAGER": "{canary}", "EDITOR": "{canary}",
}  # fmt: skip


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_of_git_leads_nowhere(jail: Jail, name: str) -> None:
    kit.write(jail.root, "more.cfg", f"[core]\n\tfsmonitor = {jail.canary}\n")
    if name == "GIT_CONFIG_GLOBAL":
        pytest.skip("what the user's own configuration names is the user's")
    value = VARIABLES[name].format(root=jail.root, canary=jail.canary, project=jail.project)
    for command in (("check",), ("status",), ("upgrade", "-y")):
        done = jail(*command, env={name: value})
        assert done.code in (0, 1, 2, 3)
    assert "Anew" in (jail.project / "README.md").read_text() or name == "GIT_EXEC_PATH"


PYTHON = {
    "10,000 parentheses": "x = " + "(" * 10_000 + ")" * 10_000,
    "10,000 minuses": "x = " + "-" * 10_000 + "1",
    "a NUL": b"x = 1\0\n",
    "a wrong encoding": b"# -*- coding: ascii -*-\nx = '\xff'\n",
    "an encoding that is none": b"# -*- coding: evil -*-\nx = 1\n",
    "UTF-16": "x = 1\n".encode("utf-16"),
    "a mark of bytes": "\ufeffx = 1\n",
    "a line of 5 MB": "x = '" + "a" * 5_000_000 + "'",
    "a number of 100,000 digits": "x = " + "9" * 100_000,
    "a form feed and CR": "x = 1\f\ry = 2\r",
}
OTHERS: dict[str, tuple[str, str | bytes]] = {
    "a notebook that is none": ("a.ipynb", "{"),
    "a notebook of lists": ("a.ipynb", json.dumps([[1]])),
    "a notebook 5,000 deep": ("a.ipynb", '{"cells": ' + "[" * 5000 + "]" * 5000 + "}"),
    "a workflow of laughs": (".github/workflows/a.yml", "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n"),
    "a workflow 5,000 deep": (".github/workflows/a.yml", "[" * 5000 + "]" * 5000),
    "a pipeline with tags": (".gitlab-ci.yml", "a: !reference [b, c]\nd: !!python/object:os.system {}\n"),
    "a pyproject that is none": ("pyproject.toml", "[project\n"),
    "a pyproject of NULs": ("pyproject.toml", b"\0" * 99),
    "a Dockerfile of one line": ("Dockerfile", "FROM " + "a" * 100_000),
    "hooks that are a list": (".pre-commit-config.yaml", "[1, 2]\n"),
    "data sets that are a text": ("datasets.yml", "yes\n"),
    "a name with escape codes": ("a\x1b[31mb.py", "x = 1\n"),
    "a name with a line end": ("a\nb.py", "import pickle\npickle.load(open('x'))\n"),
    "a name of direction": ("a\u202egnp.py", "import pickle\npickle.load(open('x'))\n"),
    "a name like an option": ("--help", "x"),
    "a path of 40 folders": ("a/" * 40 + "b.py", "x = 1\n"),
}
FILES = {what: ("src/a.py", text) for what, text in PYTHON.items()} | OTHERS


@pytest.mark.parametrize("what", FILES)
def test_a_file_of_any_make_can_be_checked(jail: Jail, what: str) -> None:
    path, text = FILES[what]
    kit.write(jail.project, path, text)
    kit.git(jail.project, "add", "--force", "--", f":(literal){path}")
    for command in (
        ("check", "--no-cache"),
        ("check", "--staged", "--format", "json"),
        ("check", "--format", "github"),
    ):
        done = jail(*command)
        assert done.code in (0, 1), done
        assert "json" in command or all(line.isprintable() for line in done.out.splitlines()), done.out


LINKS = {"a loop": "loop", "out of the project": "../secret.txt", "to a device": "/dev/zero", "to a folder": "/etc"}


@pytest.mark.parametrize("what", LINKS)
def test_a_link_is_not_followed_out(jail: Jail, what: str) -> None:
    for name in ("loop", "loop.py", "README.md", "datasets.yml"):
        (jail.project / name).unlink(missing_ok=True)
        os.symlink(LINKS[what] if name != "loop" else "loop", jail.project / name)
    kit.git(jail.project, "add", "--all")
    for command in (("check",), ("check", "--staged"), ("check", "--with-reports", "loop")):
        done = jail(*command)
        assert "a secret of the user" not in done.out
        assert done.code in (0, 1, 2, 3), done


def test_a_destination_behind_a_link_of_the_user_is_not_written(jail: Jail, tmp_path: Path) -> None:
    (jail.root / "else").mkdir()
    kit.remove(jail.project, "src")
    os.symlink("../else", jail.project / "src")
    kit.git(jail.project, "add", "--all")
    kit.git(jail.project, "commit", "--quiet", "-m", "Link")
    done = jail("upgrade", "-y")
    assert not list((jail.root / "else").iterdir())
    assert done.code in (0, 1, 3), done


def test_git_in_the_current_folder_is_not_run(jail: Jail) -> None:
    for command in COMMANDS:
        jail(*command, env={"PATH": f".::{jail.project}/../nowhere:{os.environ['PATH']}"})

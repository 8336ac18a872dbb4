"""A bad platform is refused by `platform lint`, `new` and `upgrade` alike, in the same words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import kit
from tests.catalog.conftest import RULE
from tests.kit import TOP
from tests.kit.platform import FILES

BASE, QUICK = f"base/{TOP}", ("--defaults", "--no-lock")
DEEP = "about: x\n" + "".join(f"{'  ' * depth}a:\n" for depth in range(60))


def text(path: str, said: str) -> Callable[[Path], object]:
    return lambda folder: kit.write(folder, path, said)


def more(path: str, said: str) -> Callable[[Path], object]:
    return lambda folder: kit.write(folder, path, FILES[path] + said)


def link(path: str, aim: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(aim, folder / path)

    return make


CLASSES: dict[str, tuple[Callable[[Path], object], str]] = {
    # template paths
    "a folder of git": (text(f"{BASE}/.GIT/hooks/post-checkout", "x\n"), "is a form of '.git'"),
    "git's short name": (text(f"{BASE}/git~1/config", "x\n"), "is a form of '.git'"),
    "two names that fold": (text(f"{BASE}/readme.md", "x\n"), "folds onto 'README.md'"),
    "a reserved name": (text(f"{BASE}/CON", "x\n"), "'CON'"),
    "a trailing dot": (text(f"{BASE}/notes.", "x\n"), "'notes.'"),
    "a control character": (text(f"{BASE}/a\x1bb.txt", "x\n"), "control character"),
    "a link that escapes": (link(f"{BASE}/secrets", "/etc/passwd"), "is a link that leaves the template"),
    "a file with two owners": (
        text(f"components/tracking/{TOP}/README.md", "x\n"),
        "the units 'base' and 'tracking' both render 'README.md'",
    ),
    # rendering
    "a syntax error": (text(f"{BASE}/a.txt", "x\n{% for x in y %}\n"), "a.txt:2: Unexpected end"),
    "an unknown tag": (text(f"{BASE}/a.txt", "{% nothing %}\n"), "a.txt:1: Encountered unknown tag"),
    "an undefined variable": (
        text(f"{BASE}/a.txt", "{{ cookiecutter.nobody }}\n"),
        "a.txt:1: 'cookiecutter.nobody' is no answer",
    ),
    "a way out of the sandbox": (
        text(f"{BASE}/a.txt", "{{ ''.__class__.__mro__ }}\n"),
        "access to attribute '__class__'",
    ),
    "a file of the machine": (
        text(f"{BASE}/a.txt", "{% include '/etc/passwd' %}\n"),
        "there is no template '/etc/passwd' to include",
    ),
    # settings
    "no YAML": (text("platform.yml", "kinds: [service\n"), "platform.yml:2: "),
    "a key twice": (more("platform.yml", "name: again\n"), "platform.yml:16: the key 'name' stands twice"),
    "an anchor": (more("base/unit.yml", "needs: &x [y]\n"), "base/unit.yml:21: "),
    "a tag": (more("base/unit.yml", "needs: !!python/object:os.system x\n"), "base/unit.yml:21: "),
    "too deep": (text("base/unit.yml", DEEP), "base/unit.yml:"),
    "too large": (text("base/unit.yml", "about: " + "x" * 1_100_000 + "\n"), "base/unit.yml"),
    "an unknown key": (more("base/unit.yml", "nedds: [x]\n"), "base/unit.yml:21: there is no key 'nedds' in a unit"),
    "a wrong type": (more("base/unit.yml", "needs: x\n"), "base/unit.yml:21: 'needs' must be a list"),
    "a pattern that is none": (
        text("kinds/service/unit.yml", "questions:\n  public: {pattern: '('}\n"),
        "the pattern of 'public' is none",
    ),
    "a component that is not there": (
        text("platform.yml", FILES["platform.yml"].replace("[ci-github,", "[ci-none,")),
        "names the component 'ci-none'",
    ),
    "a default that is none": (
        text("platform.yml", FILES["platform.yml"].replace("defaults: []", "defaults: [x]")),
        "the default 'x' is no",
    ),
    "a package without a bound": (
        text("kinds/service/unit.yml", FILES["kinds/service/unit.yml"].replace("fastapi", "torch")),
        "the versions table has no package 'torch'",
    ),
    "a schema of a newer mlctl": (more("platform.yml", "schema: mlctl.platform/9\n"), "has the schema"),
    # standards
    "standards that are a list": (text("standards/standards.yml", "- x\n"), "standards/standards.yml:1: "),
    "rules that are no list": (
        text("standards/rules/readme.yml", "code: x\n"),
        "readme.yml:1: must be a list of rules",
    ),
}


@pytest.mark.parametrize("name", CLASSES)
def test_a_bad_platform_is_refused_everywhere_in_the_same_words(name: str, platform: Path, mlctl: kit.Mlctl) -> None:
    spoil, told = CLASSES[name]
    sound = {"standards/standards.yml": "schema: mlctl.standards/1\n", "standards/rules/readme.yml": RULE}
    kit.release(platform, "v1.1.0", sound)
    made = ("-p", str(platform), *QUICK, "--with", "tracking")
    assert mlctl("new", "churn", *made).code == 0
    spoil(platform)
    new = mlctl("new", "other", *made, "--ref", "worktree")
    upgraded = mlctl("upgrade", "-y", "--to", "worktree", cwd=mlctl.here / "churn")
    linted = mlctl("platform", "lint", cwd=platform)
    kit.refused(new, 3 if new.code == 3 else 2, told)
    assert (upgraded.code, upgraded.err) == (new.code, new.err)
    assert kit.git(mlctl.here / "churn", "status", "--porcelain") == ""
    assert linted.code in (1, 2), linted
    assert told in linted.out + linted.err

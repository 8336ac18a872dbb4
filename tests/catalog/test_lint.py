"""`mlctl platform lint` finds each thing that is wrong, at its place, and nothing on a sound platform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlctl.catalog.lint import lint
from mlctl.catalog.place import place
from tests import kit
from tests.catalog.conftest import RULE
from tests.kit import TOP

CI = f"components/ci-github/{TOP}"
FAULTS = [
    ("platform.yml", "kind: x\n", "platform.yml:16: there is no key 'kind' in a platform"),
    ("base/unit.yml", "nedds: [x]\n", "base/unit.yml:21: there is no key 'nedds' in a unit"),
    ("components/tracking/unit.yml", "needs: [store]\n", "components/tracking/unit.yml:4: it needs 'store'"),
    ("components/tracking/unit.yml", "moves: {old.py: new.py}\n", "tracking/unit.yml:4: 'new.py' is no file here"),
    ("components/tracking/unit.yml", "keeps: [SML009]\n", "unit.yml:4: it keeps SML009, and there is no such rule"),
    ("components/tracking/unit.yml", "once: [src/none.py]\n", "unit.yml:4: 'src/none.py' is no file here"),
    ("components/tracking/unit.yml", "moves: {src/tracking.py: src/tracking.py}\n", "and is still there"),
    ("components/tracking/unit.yml", "questions: {server: {}}\n", "unit.yml:4: nothing reads the answer to 'server'"),
    ("components/other/unit.yml", "about: x\n", "components/other/unit.yml: platform.yml does not name this unit"),
    ("components/tracking/with/none/unit.yml", "about: x\n", "it comes with 'none', and there is no such unit"),
    ("kinds/service/with/ci/with/none/unit.yml", "about: x\n", "it comes with 'none', and there is no such unit"),
    (f"{CI}/a.txt", "x\n{{ cookiecutter.nobody }}\n", f"{CI}/a.txt:2: 'cookiecutter.nobody' is no answer"),
    (f"{CI}/a.txt", "{{ project_name }}\n", f"{CI}/a.txt:1: 'project_name' is defined nowhere"),
    (f"{CI}/a.txt", "{% for x in y %}\n", f"{CI}/a.txt:1: "),
    (f"{CI}/a.txt", "\n{% now 'utc', '%Y' %}\n", f"{CI}/a.txt:2: 'now' gives something else each time"),
    (f"{CI}/a.txt", "{{ [1, 2] | random }}\n", f"{CI}/a.txt:1: 'random' gives something else each time"),
    (f"{CI}/a.txt", "{{ cookiecutter._versions.actions }}\n", "the versions table has no 'actions'"),
    (f"{CI}/{{{{ cookiecutter.nobody }}}}.txt", "x\n", "'cookiecutter.nobody' is no answer that is always there"),
    (f"{CI}/src/tracking.py", "x\n", "the units 'ci-github' and 'tracking' both render 'src/tracking.py'"),
    ("components/tracking/hooks/post_gen_project.py", "x\n", "a unit runs no hooks"),
    ("components/tracking/unit.yml", "dependencies: {dev: [none]}\n", "'dependencies' stands twice"),
    ("standards/standards.yml", "policies: {SML009: locked}\n", "standards.yml:3: 'policies' names SML009"),
    ("standards/standards.yml", "limits: [1]\n", "standards/standards.yml:3: 'limits' must be a table"),
    ("standards/rules/more.yml", RULE.replace("001", "002").replace("bad:", "x-bad:"), "more.yml:1: the rule SML002"),
    ("standards/rules/more.yml", RULE, "the code SML001 is taken by standards/rules/more.yml"),
    ("standards/rules/more.yml", RULE.replace("SML001", "PRJ101"), "the code PRJ101 is taken by a rule of mlctl"),
    ("standards/rules/more.yml", RULE.replace("001", "003").replace("a.py", "README.md"), "is silent on a bad example"),
    ("standards/rules/more.yml", "code: x\n", "standards/rules/more.yml:1: must be a list of rules"),
]  # fmt: skip


def lines(folder: Path) -> list[str]:
    """Return the faults as they are printed, without those whose place is no line."""
    return [
        f"{f.path}:{f.line}: {f.message}" if f.line else f"{f.path}: {f.message}" for f in lint(place(folder)).faults
    ]


def test_a_sound_platform_has_no_fault(folder: Path) -> None:
    assert lines(folder) == []


@pytest.mark.parametrize(("path", "text", "told"), FAULTS, ids=[told[:60] for _, _, told in FAULTS])
def test_a_fault_is_found_at_its_place(folder: Path, path: str, text: str, told: str) -> None:
    kit.append(folder, path, text) if (folder / path).exists() else kit.write(folder, path, text)
    found = lines(folder)
    assert any(told in line for line in found), found


def test_packages_and_their_pins_agree(folder: Path) -> None:
    text = (folder / "platform.yml").read_text().replace("    pytest:", "    httpx: '>=1'\n    pytest:")
    kit.write(folder, "platform.yml", text.replace('fastapi: ">=0.115"', 'fastapi: ">=0.200"'))
    found = "\n".join(lines(folder))
    assert "platform.yml:13: constraints.txt has fastapi 0.115.2, outside its bound >=0.200" in found
    assert "platform.yml:15: no unit needs the package 'httpx'" in found
    assert "platform.yml:15: constraints.txt has no tested version of 'httpx'" in found


def test_packages_of_an_environment_apart_have_pins_too(folder: Path) -> None:
    kit.append(folder, "platform.yml", "  apart: {old: {starlette: '<1', anyio: '<4'}}\n")
    kit.write(folder, "constraints-old.txt", "anyio==4.1\n")
    found = "\n".join(lines(folder))
    assert "constraints-old.txt has no tested version of 'starlette'" in found
    assert "constraints-old.txt has anyio 4.1, outside its bound <4" in found


def test_two_fillings_of_one_port_may_own_one_file(folder: Path) -> None:
    kit.write(folder, f"components/ci-gitlab/{TOP}/.github/workflows/ci.yml", "x\n")
    assert lines(folder) == []


def test_all_faults_are_told_at_once(folder: Path, bench: kit.Mlctl) -> None:
    kit.write(folder, f"{CI}/a.txt", "{{ cookiecutter.one }}\n{{ cookiecutter.two }}\n")
    done = bench("platform", "lint")
    assert done.code == 1
    assert len(done.out.splitlines()) == 2
    assert "2 faults" in done.err
    assert len(json.loads(bench("platform", "lint", "--format", "json").out)["faults"]) == 2


def test_the_platform_of_this_repository_is_sound() -> None:
    assert lines(Path(__file__).parents[2] / "templates") == []

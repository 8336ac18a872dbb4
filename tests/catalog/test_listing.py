"""`mlctl platform list` and `show` tell what a platform offers."""

from __future__ import annotations

import json
from pathlib import Path

from tests import kit
from tests.kit import TOP


def test_units_are_listed_in_the_order_of_the_platform(folder: Path, bench: kit.Mlctl) -> None:
    told = json.loads(bench("platform", "list", "--format", "json").out)
    assert told["schema"] == "mlctl.platform-list/1"
    names = [(unit["name"], unit["role"], unit["port"], unit["default"]) for unit in told["units"]]
    assert names == [
        ("base", "base", "", True), ("service", "kind", "", True), ("ci-github", "component", "ci", False),
        ("ci-gitlab", "component", "ci", False), ("tracking", "component", "", False),
    ]  # fmt: skip


def test_the_list_is_for_people(folder: Path, bench: kit.Mlctl) -> None:
    done = bench("platform", "list")
    assert done.code == 0
    assert "* service" in done.out
    assert "  ci-gitlab  ci  GitLab CI" in done.out


def test_a_sheet_tells_all_about_a_unit(folder: Path, bench: kit.Mlctl) -> None:
    kit.append(folder, "components/tracking/unit.yml", "questions: {server: {prompt: Which?, default: here}}\n")
    kit.write(folder, "components/tracking/with/ci-github/unit.yml", "about: both\n")
    kit.write(folder, f"components/tracking/with/ci-github/{TOP}/night.yml", "on: schedule\n")
    told = json.loads(bench("platform", "show", "tracking", "--format", "json").out)
    assert told["asks"] == [{"name": "server", "prompt": "Which?", "default": "here", "help": ""}]
    assert told["dependencies"] == {"": ["mlflow"]}
    assert told["packages"] == 1
    assert told["files"] == ["src/tracking.py"]
    assert told["along"] == {"ci-github": 1}


def test_a_sheet_names_what_could_stand_instead(folder: Path, bench: kit.Mlctl) -> None:
    done = bench("platform", "show", "ci-github")
    assert "the port ci; instead of it: ci-gitlab" in done.out


def test_packages_that_stand_apart_are_counted_apart(folder: Path, bench: kit.Mlctl) -> None:
    kit.append(folder, "platform.yml", "  apart: {old: {starlette: '<1'}, other: {idna: '<3'}}\n")
    kit.write(folder, "constraints-old.txt", "idna==2.0    # via starlette\nstarlette==0.1\n")
    kit.write(folder, "constraints-other.txt", "idna==2.1\n")
    pins = "{% for pin in cookiecutter._apart.old %}{{ pin }}\n{% endfor %}"
    kit.write(folder, f"components/tracking/{TOP}/old.txt", pins)
    told = json.loads(bench("platform", "show", "tracking", "--format", "json").out)
    assert (told["packages"], told["apart"]) == (1, {"old": 2})
    said = bench("platform", "show", "tracking").out
    assert "2 more in the environment 'old', which stands apart" in said
    assert "environment" not in bench("platform", "show", "ci-github").out


def test_a_unit_that_is_none_is_two_lines(folder: Path, bench: kit.Mlctl) -> None:
    done = bench("platform", "show", "trackin")
    assert done.code == 2
    assert done.err.splitlines()[0] == "error: there is no unit 'trackin'"
    assert "the nearest is 'tracking'" in done.err


def test_a_plain_template_is_no_platform(tmp_path: Path, folder: Path, bench: kit.Mlctl) -> None:
    plain = kit.template(tmp_path / "plain")
    done = bench("platform", "list", "-p", str(plain))
    assert done.code == 2
    assert "is no platform" in done.err


def test_without_a_name_the_platform_of_new_is_meant(tmp_path: Path, folder: Path, bench: kit.Mlctl) -> None:
    kit.release(folder, "v1.0.0")
    done = bench("platform", "list", cwd=tmp_path, env={"MLCTL_PLATFORM": str(folder)})
    assert done.out.startswith("small v1.0.0")

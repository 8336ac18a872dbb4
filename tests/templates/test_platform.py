"""The embedded platform keeps its promises before anything is installed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement

from mlctl.catalog.cases import runs
from mlctl.core.constraints import normal, reached
from mlctl.core.platform import Platform
from mlctl.core.render import Rendering
from mlctl.tools import yaml
from tests import kit

Make = Callable[..., Rendering]
RECORD_AND_LOCK = 4
MANAGED = re.compile(r"src/[^/]+/(platform|verbs)/|tests/platform/|.*__init__\.py$")
PLUMBING = {".gitignore", ".pre-commit-config.yaml", ".python-version", "AGENTS.md", "CODEOWNERS", "constraints.txt"}
ON_DEMAND = (".github/", "data/", "deploy/", "docs/", "notebooks/")


def test_renders_twice_to_the_same_bytes(rendered: Make) -> None:
    assert rendered(project_name="churn").files == rendered(project_name="churn").files


def test_the_package_is_the_same_in_every_project_but_for_its_name(rendered: Make) -> None:
    churn, fraud = rendered(project_name="churn", owner="@a"), rendered(project_name="big fraud", owner="@b")
    renamed = {path.replace("src/churn/", "src/big_fraud/"): entry for path, entry in churn.files.items()}
    package = {path for path in fraud.files if path.startswith("src/")}
    assert package
    assert {path: renamed[path] for path in package} == {path: fraud.files[path] for path in package}


def test_what_a_person_sees_of_a_default_project_is_small(rendered: Make) -> None:
    files = rendered(project_name="churn").files
    assert len([path for path in files if not MANAGED.match(path)]) + RECORD_AND_LOCK <= 60
    assert len({path.partition("/")[0] for path in files} | {".git", ".mlctl", "uv.lock"}) <= 18


def test_a_newcomer_opens_no_more_than_12_files(rendered: Make) -> None:
    own = [path for path in rendered(project_name="churn").files if not MANAGED.match(path) and path not in PLUMBING]
    assert len([path for path in own if not path.startswith(ON_DEMAND)]) <= 12


def test_the_teams_code_is_short(rendered: Make) -> None:
    files = rendered(project_name="churn").files
    own = [files[f"src/churn/{name}.py"].data for name in ("data", "contracts", "features", "model")]
    assert sum(len(data.splitlines()) for data in own) <= 400


@pytest.mark.parametrize("ci", ["github", "gitlab", "none"])
def test_each_ci_brings_its_own_files_and_no_other(rendered: Make, ci: str) -> None:
    files = rendered(project_name="churn", ci=ci).files
    assert any(path.startswith(".github/") for path in files) == (ci == "github")
    assert any(path.startswith(".gitlab") for path in files) == (ci == "gitlab")


@pytest.mark.parametrize(("name", "python"), [("m", "3.13"), ("m" * 40, "3.11")], ids=["short", "long"])
def test_a_project_passes_its_linter_however_long_its_name_and_new_its_python_is(
    embedded: Platform, rendered: Make, tmp_path: Path, name: str, python: str
) -> None:
    for case in runs(embedded):
        answers = {"project_name": name, "python_version": python, **dict(case.answers)}
        made = rendered(added=case.added, dropped=case.dropped, **answers)
        for path, entry in made.files.items():
            kit.write(tmp_path / str(case.number), path, entry.data.decode())
    for words in (["check"], ["format", "--check"]):
        done = subprocess.run(["ruff", *words, "--quiet", str(tmp_path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("dropped", [(), ("serving-fastapi",)], ids=["all", "no serving"])
def test_no_leftover_of_the_template_stays_in_a_project(rendered: Make, dropped: tuple[str, ...]) -> None:
    for path, entry in rendered(project_name="churn", dropped=dropped).files.items():
        assert b"{{ cookiecutter" not in entry.data, path
        assert b"{%" not in entry.data, path


def test_a_workflow_is_yaml_that_a_forge_reads(rendered: Make) -> None:
    for ci in ("github", "gitlab"):
        for path, entry in rendered(project_name="churn", ci=ci).files.items():
            if PurePosixPath(path).suffix in (".yml", ".yaml"):
                assert yaml.load(entry.data, path), path


def test_every_package_of_the_table_is_pinned_within_its_bound(embedded: Platform) -> None:
    assert embedded.settings is not None
    table = embedded.settings["versions"]["packages"]
    text = embedded.tree.read("constraints.txt").decode()
    pins = [Requirement(line) for line in reached(text, table)]
    for name, bound in table.items():
        found = [pin for pin in pins if normal(pin.name) == normal(name)]
        wanted = Requirement(f"{normal(name)}{bound}").specifier
        assert found, name
        assert all(next(iter(pin.specifier)).version in wanted for pin in found), name


def test_no_address_of_a_package_index_stands_in_the_platform(embedded: Platform) -> None:
    assert b"://" not in embedded.tree.read("constraints.txt")


def test_a_project_keeps_only_the_pins_that_it_reaches(rendered: Make) -> None:
    full = rendered(project_name="churn").files["constraints.txt"].data.decode()
    small = rendered(project_name="churn", dropped=("serving-fastapi",)).files["constraints.txt"].data.decode()
    assert "schemathesis==" in full
    assert "schemathesis==" not in small
    assert set(small.splitlines()) < set(full.splitlines())


@pytest.mark.parametrize(
    ("owner", "named"), [("growth", "@growth"), ("@acme/growth", "@acme/growth"), ("a@b.io", "a@b.io")]
)
def test_the_owner_is_named_as_a_forge_reads_it(rendered: Make, owner: str, named: str) -> None:
    owners = rendered(project_name="churn", owner=owner).files["CODEOWNERS"].data.decode()
    assert owners.splitlines()[-1] == f"* {named}"

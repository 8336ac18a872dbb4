"""CI and CD of a generated project: what the forges' linters and schemas say, and what the house asks beyond them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlctl import __version__
from mlctl.core import units
from mlctl.core.constraints import normal
from mlctl.core.platform import Platform
from mlctl.core.render import Rendering
from mlctl.tools import yaml
from tests import kit

Make = Callable[..., Rendering]
BIN = Path(sys.executable).parent
CHOICES = ["default", "everything", "nothing"]
PUSHES = {"contents": "read", "packages": "write"}


@pytest.fixture(scope="session")
def chosen(embedded: Platform, rendered: Make) -> Callable[[str, str], dict[str, bytes]]:
    """The files of a project with one CI and the default components, all there are, or none that can be left out."""
    there = units.catalog(embedded)
    ports = {there.components[name].provides for name in there.defaults} - {""}
    optional = [name for name, unit in there.components.items() if unit.provides not in {*ports, "ci"}]
    picks = {
        "default": {},
        "everything": {"added": tuple(optional)},
        "nothing": {"dropped": tuple(name for name in there.defaults if name in optional)},
    }

    def make(ci: str, pick: str) -> dict[str, bytes]:
        files = rendered(project_name="churn", ci=ci, **picks[pick]).files
        return {path: entry.data for path, entry in files.items()}

    return make


def run(*words: str, cwd: Path) -> None:
    done = subprocess.run([BIN / words[0], *words[1:]], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def laid(files: dict[str, bytes], folder: Path) -> list[str]:
    """Lay the files of the forges into a repository; return their paths."""
    names = [path for path in files if path.startswith(".git") and path != ".gitignore"]
    kit.make_repo(folder, {path: files[path].decode() for path in names})
    return names


@pytest.mark.slow
@pytest.mark.parametrize("pick", CHOICES)
def test_github_s_workflows_are_clean(chosen: Callable[..., dict[str, bytes]], tmp_path: Path, pick: str) -> None:
    names = [name for name in laid(chosen("github", pick), tmp_path / "churn") if "/workflows/" in name]
    assert names
    run("actionlint", *names, cwd=tmp_path / "churn")
    run("zizmor", "--offline", "--persona", "pedantic", "--quiet", ".", cwd=tmp_path / "churn")
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *names, cwd=tmp_path / "churn")


@pytest.mark.slow
@pytest.mark.parametrize("pick", CHOICES)
def test_gitlab_s_pipelines_are_clean(chosen: Callable[..., dict[str, bytes]], tmp_path: Path, pick: str) -> None:
    names = [name for name in laid(chosen("gitlab", pick), tmp_path / "churn") if name.endswith(".yml")]
    assert len(names) > 1
    run("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *names, cwd=tmp_path / "churn")


@pytest.mark.slow
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_update_bot_can_read_its_settings(chosen: Callable[..., dict[str, bytes]], tmp_path: Path, ci: str) -> None:
    names = [name for name in laid(chosen(ci, "default"), tmp_path / "churn") if name.endswith("renovate.json")]
    run("check-jsonschema", "--builtin-schema", "vendor.renovate", *names, cwd=tmp_path / "churn")


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_update_bot_leaves_alone_what_the_platform_tested(chosen: Callable[..., dict[str, bytes]], ci: str) -> None:
    files = chosen(ci, "default")
    [held, *_] = json.loads(files[f".{ci}/renovate.json"])["packageRules"]
    pins = {normal(line.partition("==")[0]) for line in files["constraints.txt"].decode().splitlines() if "==" in line}
    assert held["enabled"] is False
    assert {normal(name) for name in held["matchPackageNames"]} == pins | {"hatchling"}


def test_a_workflow_may_do_no_more_than_it_must(chosen: Callable[..., dict[str, bytes]]) -> None:
    for path, data in chosen("github", "everything").items():
        if path.startswith(".github/workflows/"):
            said = yaml.mapping(yaml.load(data, path, texts=True), path)
            assert said["permissions"] == {"contents": "read"}, path
            assert "concurrency" in said, path
            for name, job in said["jobs"].items():
                assert job.get("permissions", PUSHES) == PUSHES, (path, name)
                assert "timeout-minutes" in job, (path, name)


def test_an_action_is_a_revision_of_the_versions_table(
    chosen: Callable[..., dict[str, bytes]], embedded: Platform
) -> None:
    assert embedded.settings is not None
    known = set(embedded.settings["versions"]["actions"].values())
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action) for action in known)
    text = b"".join(data for path, data in chosen("github", "everything").items() if path.startswith(".github/"))
    used = set(re.findall(r"uses: (.+)", text.decode()))
    assert used
    assert used <= known


def test_ci_and_hooks_take_this_very_mlctl(chosen: Callable[..., dict[str, bytes]], embedded: Platform) -> None:
    assert embedded.settings is not None
    assert embedded.settings["versions"]["mlctl"] == f"mlctl=={__version__}"
    for ci, path in (("github", ".github/workflows/ci.yml"), ("gitlab", ".gitlab-ci.yml")):
        files = chosen(ci, "default")
        for name in (path, ".pre-commit-config.yaml"):
            assert f"mlctl=={__version__}" in files[name].decode()
            assert "MLCTL_PACKAGE" in files[name].decode()


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_both_forges_run_the_same_commands(chosen: Callable[..., dict[str, bytes]], ci: str) -> None:
    text = b"".join(data for path, data in chosen(ci, "default").items() if path.startswith(f".{ci}")).decode()
    for command in ("sync --locked", "ruff check", "ruff format --check", "mypy", "detect-secrets", "pytest"):
        assert f"uv {command}" in text or re.search(rf"uv run (pre-commit run )?{command}", text), command
    for command in (
        "churn demo --json",
        "mlctl check --with-reports build",
        "pip-audit --disable-pip",
        "churn retrain --json",
    ):
        assert command in text, command

"""What holds a generated project to its promises: the commands it names, its hooks, the verdict of `mlctl check`."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from mlctl.tools.uv import uv
from tests import kit
from tests.templates.conftest import Churn

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
TOP = "{{cookiecutter.project_slug}}"
AGENTS = ROOT / "templates" / "kinds" / "tabular" / TOP / "AGENTS.md"
WORKFLOW = ROOT / "templates" / "components" / "ci-github" / TOP / ".github" / "workflows" / "ci.yml"
ON_SCHEDULE = ("uv export", "uvx --from pip-audit")  # they ask a service for known vulnerabilities


def commands() -> list[str]:
    """The commands of AGENTS.md and of CI, each once, in this order."""
    told = re.findall(r"(?s)```\n(.*?)```", AGENTS.read_text())[0].splitlines()
    ran = [line.removeprefix("      - run: ") for line in WORKFLOW.read_text().splitlines() if "- run: u" in line]
    every = [line.replace("{{ cookiecutter.project_slug }}", "churn") for line in (*told, *ran)]
    return [line for line in dict.fromkeys(every) if not line.startswith(ON_SCHEDULE)]


def shell(project: Churn, line: str, **more: str) -> kit.Result:
    done = subprocess.run(
        ["sh", "-c", line], cwd=project.at, env=project.environment | more, capture_output=True, text=True, check=False
    )
    return kit.Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("line", commands())
def test_every_command_of_agents_md_and_of_ci_works(churn: Churn, line: str) -> None:
    done = shell(churn, line, MLCTL_PACKAGE=str(ROOT))
    assert done.code == 0, f"{done.out[-3000:]}\n{done.err[-2000:]}"


def test_the_commands_leave_the_work_tree_as_it_was(churn: Churn) -> None:
    assert shell(churn, "git status --porcelain").out == ""


def test_no_unit_brings_what_a_hook_would_take_for_a_secret(churn: Churn) -> None:
    paths = kit.git(ROOT, "ls-files", "templates/base", "templates/kinds", "templates/components").splitlines()
    assert paths
    scan = ["uv", "run", "--frozen", "detect-secrets-hook", "--no-verify", *(str(ROOT / path) for path in paths)]
    done = shell(churn, shlex.join(scan))
    assert done.code == 0, done.out


def test_the_hooks_stop_a_secret_and_an_output(churn: Churn, tmp_path: Path) -> None:
    project = Churn(shutil.copytree(churn.at, tmp_path / "churn", symlinks=True), churn.environment)
    kit.write(
        project.at, "src/churn/key.py", 'KEY = "AKIAIOSFODNN7EXAMPLE"  # no: it is one\n'
    )  # pragma: allowlist secret
    cell = '{"cell_type": "code", "execution_count": 1, "id": "a", "metadata": {}, "outputs": [], "source": ["1"]}'
    kit.write(project.at, "a.ipynb", f'{{"cells": [{cell}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}\n')
    done = shell(project, "git add -A && uv run --frozen pre-commit run")
    assert done.code == 1
    assert re.search(r"no secrets\.+Failed", done.out)
    assert re.search(r"no outputs in notebooks\.+Failed", done.out)


def test_the_standards_hook_needs_no_network_where_mlctl_is_installed(churn: Churn) -> None:
    lines = "ip link set lo up 2>/dev/null; uv run --frozen --offline pre-commit run mlctl-check --all-files"
    if not shutil.which("unshare") or subprocess.run(["unshare", "--net", "--map-root-user", "true"]).returncode:
        pytest.skip("no network namespaces here")
    done = shell(churn, f"unshare --net --map-root-user sh -c '{lines}'", MLCTL_PACKAGE="nowhere")
    assert done.code == 0, done.out


def test_the_standards_hook_takes_mlctl_from_where_it_is_told(churn: Churn, tmp_path: Path) -> None:
    for name in ("uv", "uvx"):
        (tmp_path / name).symlink_to(Path(uv()).parent / name)
    bare = [folder for folder in os.environ["PATH"].split(os.pathsep) if not Path(folder, "mlctl").exists()]
    path = os.pathsep.join([str(tmp_path), *bare])
    line = "uv run --frozen pre-commit run mlctl-check --all-files"
    assert shell(churn, line, PATH=path, MLCTL_PACKAGE=str(ROOT)).code == 0
    assert shell(churn, line, PATH=path, MLCTL_PACKAGE=str(tmp_path / "nowhere")).code == 1

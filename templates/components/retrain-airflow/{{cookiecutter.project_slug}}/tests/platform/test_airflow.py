"""The DAG files ask for what there is: verbs of the project, one run at a time, no catching up."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.package_name }}.platform.config import HOME
from {{ cookiecutter.package_name }}.platform.errors import COMMAND

FOLDER = Path(__file__).parents[2] / "deploy" / "airflow"
FILES = sorted(FOLDER.glob("*.py"))


def calls(path: Path, name: str) -> list[dict[str, Any]]:
    """The keywords of each call of `name`; what is no plain value is left out."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            plain = [k for k in node.keywords if isinstance(k.value, ast.Constant)]
            found.append({str(k.arg): ast.literal_eval(k.value) for k in plain})
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_schedule_runs_one_training_at_a_time_and_never_catches_up(path: Path) -> None:
    [dag] = calls(path, "DAG")
    assert dag["dag_id"].startswith(f"{COMMAND}-retrain")
    assert re.fullmatch(r"\d+ \d+ \* \* [\d,-]+", dag["schedule"])
    assert (dag["catchup"], dag["max_active_runs"]) == (False, 1)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_task_runs_a_verb_that_there_is(path: Path) -> None:
    commands = [task["bash_command"] for task in calls(path, "BashOperator")]
    verbs = [v for line in commands for v in re.findall(rf"uv run {COMMAND} ([a-z]+)", line)]
    assert "retrain" in verbs
    assert [verb for verb in verbs if not (HOME / "verbs" / f"{verb}.py").is_file()] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_dag_imports_nothing_of_the_project_and_no_package_but_airflow(path: Path) -> None:
    nodes = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ImportFrom)]
    assert {str(node.module).partition(".")[0] for node in nodes} == {"airflow", "datetime"}


def test_two_schedules_never_meet() -> None:
    days = [str(calls(path, "DAG")[0]["schedule"]).split()[-1] for path in FILES]
    assert len(set(days)) == len(days)

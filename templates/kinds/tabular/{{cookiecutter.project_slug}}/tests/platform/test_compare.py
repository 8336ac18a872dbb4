"""Two runs side by side, by id or by word."""

import json
from typing import Any

import pytest

from {{ cookiecutter.package_name }}.platform import bundle, tracking
from {{ cookiecutter.package_name }}.platform.compare import Comparison, compare, find
from {{ cookiecutter.package_name }}.platform.config import PACKAGE, Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.demo.model import nonsense
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.verbs.compare import lines


@pytest.fixture(scope="module")
def found(workspace: Workspace, data: Data) -> Comparison:
    """The champion of the rehearsal against the challenger that had learnt nonsense."""
    if data.smoke:  # of rows that were made up the rehearsal tries no nonsense
        nonsense(workspace, data)
    return compare(workspace, "champion", "challenger")


def documents(workspace: Workspace, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.build / name / "metrics.json").read_text())
    return found


def test_metrics_and_slices_stand_side_by_side_with_their_difference(
    found: Comparison, workspace: Workspace
) -> None:
    one, other = (documents(workspace, name) for name in ("champion", "challenger"))
    figures = {each.name: each for each in found.metrics}
    for name, value in one["metrics"].items():
        assert figures[name].first == value
        if figures[name].difference is not None:
            assert figures[name].difference == pytest.approx(other["metrics"][name] - value)
    assert len(found.slices) >= len(one["slices"])


def test_rows_that_differ_make_nobody_the_better(found: Comparison) -> None:
    assert not found.same_holdout  # its targets had been shuffled
    assert {each.better for each in (*found.metrics, *found.slices)} == {None}
    assert "DIFFERENT rows" in "\n".join(lines(found))


def test_facts_say_where_the_two_agree(found: Comparison, workspace: Workspace) -> None:
    facts = {fact.name: fact for fact in found.facts}
    manifest = bundle.read(workspace.champion)
    assert facts["data sha256"].same
    assert facts["lock sha256"].first == manifest.lock_sha256
    assert facts["git commit"].first == manifest.git_commit
    assert (facts["digest"].first, facts["digest"].same) == (manifest.digest, False)
    assert facts["numpy"].same


def test_a_run_is_the_same_as_itself(workspace: Workspace) -> None:
    run = str(bundle.read(workspace.champion).run_id)
    same = compare(workspace, run, "champion")
    assert (same.runs, same.same_holdout, same.params) == ((run, run), True, ())
    assert {each.difference for each in same.metrics} == {0}
    assert json.loads(json.dumps(same.document()))["schema"] == "compare/1"


def test_words_name_runs(workspace: Workspace) -> None:
    latest = find(workspace, "latest")
    assert latest.id == find(workspace, "challenger").id
    assert latest.params["target"] == latest.manifest["target"]


@pytest.mark.parametrize("run", ["0" * 32, "nonsense"])
def test_a_run_nobody_knows_is_told_with_the_next_step(workspace: Workspace, run: str) -> None:
    with pytest.raises(ProjectError, match=f"no run {run}") as error:
        tracking.find(workspace, PACKAGE, run)
    assert "train" in error.value.hint

"""Training anew: nothing to do, promoted and published, turned away; and what a monitor says."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.package_name }}.platform import bundle, config, storage, travel
from {{ cookiecutter.package_name }}.platform.bundle import Manifest
from {{ cookiecutter.package_name }}.platform.config import Champion, Slices, Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.gate import judge_champion
from {{ cookiecutter.package_name }}.platform.retrain import reason_to_wait, retrain, save


@pytest.fixture
def machine(workspace: Workspace, tmp_path: Path) -> Workspace:
    """Another machine, where nobody reigns yet."""
    (tmp_path / "build").mkdir()
    if (workspace.build / "mlflow.db").exists():  # a new one takes seconds to make
        shutil.copy(workspace.build / "mlflow.db", tmp_path / "build")
    return replace(workspace, build=tmp_path / "build")


@pytest.fixture
def champion(workspace: Workspace) -> Manifest:
    return bundle.read(workspace.champion)


@pytest.fixture
def bars(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate as it is; rows that were made up can reach no bar, so of them none is asked."""
    if data.smoke:
        changes: dict[str, Any] = {"floors": {}, "baseline": None, "slices": Slices()}
        changes["champion"] = Champion(tolerance=100, confidence=0.99)
        gate = config.gate().model_copy(update=changes)
        monkeypatch.setattr(config, "gate", lambda: gate)


@pytest.mark.usefixtures("bars")
def test_a_better_challenger_is_published_and_nonsense_is_turned_away(
    workspace: Workspace, machine: Workspace, data: Data, tmp_path: Path
) -> None:
    there, target = storage.at(str(tmp_path / "published")), config.params().target
    first = travel.publish(there, workspace.champion)
    newer = replace(data, rows=data.rows.iloc[:-1], sha256="0" * 64)
    found = retrain(machine, there, data=newer)
    save(found, tmp_path / "retrain.json")
    told = json.loads((tmp_path / "retrain.json").read_text())
    assert (told["outcome"], told["before"]["digest"]) == ("promoted", first.digest), told["why"]
    assert [check["passed"] for check in told["gate"]["checks"] if check["name"] == "champion"]
    assert told["after"]["version"] == "2"
    assert travel.pull(there, machine).digest == told["after"]["digest"]
    if data.smoke:
        return
    few = newer.rows.sample(frac=0.4, random_state=1).sort_index()
    shuffled = few[target].sample(frac=1, random_state=1).to_numpy()
    worse = retrain(machine, there, data=replace(newer, rows=few.assign(**{target: shuffled})))
    assert worse.outcome == "rejected"
    assert travel.pull(there, machine).digest == told["after"]["digest"]


def test_the_champion_in_force_reaches_the_bars(workspace: Workspace, data: Data) -> None:
    if data.smoke:
        pytest.skip("nothing is judged by rows that were made up")
    verdict = judge_champion(workspace, data)
    assert verdict.passed, verdict.reasons
    assert {check.name for check in verdict.checks} >= {"baseline"}


def evidence(path: Path, manifest: Manifest, **said: Any) -> Path:
    model = {"version": manifest.version, "digest": manifest.digest}
    found = {"schema": "monitor/1", "verdict": "drift", "sentence": "drift in x", "model": model}
    path.write_text(json.dumps(found | {"rehearsal": False} | said))
    return path


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, ""),
        ({"verdict": "stable", "sentence": "no drift in 9 columns"}, "says: no drift in 9"),
        ({"verdict": "insufficient", "sentence": "too few rows"}, "says: too few rows"),
        ({"rehearsal": True}, "only rehearsed"),
        ({"model": {"version": "0", "digest": "f" * 64}}, "found in version 0"),
    ],
)
def test_only_drift_of_the_champion_itself_asks_for_training(
    champion: Manifest, tmp_path: Path, said: dict[str, Any], why: str
) -> None:
    found = reason_to_wait(evidence(tmp_path / "monitor.json", champion, **said), champion)
    assert why in found
    assert bool(found) == bool(why)


def test_without_drift_nothing_is_trained(
    workspace: Workspace, champion: Manifest, tmp_path: Path
) -> None:
    calm = evidence(tmp_path / "monitor.json", champion, verdict="stable")
    shutil.copytree(workspace.champion, tmp_path / "build" / "champion")
    found = retrain(replace(workspace, build=tmp_path / "build"), drift=calm)
    assert (found.outcome, found.after) == ("nothing to do", champion)
    assert not (tmp_path / "build" / "challenger").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "demo/1", "verdict": "drift"}'])
def test_what_is_no_evidence_of_a_monitor_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "monitor.json"
    if text:
        path.write_text(text)
    with pytest.raises(ProjectError, match=r"monitor\.json") as error:
        reason_to_wait(path, None)
    assert "monitor --json" in error.value.hint

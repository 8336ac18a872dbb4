"""The champion: trained, sealed, judged, and alone in its own code until it is replaced."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, champion, config, evaluate
from {{ cookiecutter.package_name }}.platform.champion import rollback
from {{ cookiecutter.package_name }}.platform.chance import spread
from {{ cookiecutter.package_name }}.platform.config import (
    HOME,
    PACKAGE,
    Gate,
    Params,
    Workspace,
)
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.demo import Context
from {{ cookiecutter.package_name }}.platform.errors import ProjectError
from {{ cookiecutter.package_name }}.platform.evaluate import Evaluation
from {{ cookiecutter.package_name }}.platform.gate import compare, judge_champion, promote
from {{ cookiecutter.package_name }}.platform.smoke import rehearse, smoke
from {{ cookiecutter.package_name }}.platform.split import Split, split
from {{ cookiecutter.package_name }}.platform.train import judge, train

PARAMS = Params.model_validate({"task": "binary", "target": "y", "positive": 1})
GATE = Gate.model_validate({"metric": "roc_auc", "champion": {"tolerance": 0.01}})
EDIT = """

before = derive


def derive(rows: pd.DataFrame) -> pd.DataFrame:
    features = before(rows)
    numbers = features.select_dtypes(float)
    return features.assign(edited=1.0, **{name: numbers[name] * 3 for name in numbers})
"""
LENIENT = "metric: {metric}\nbaseline: null\nchampion:\n  tolerance: 100\n  confidence: 0.99\n"
STORY = """
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
import pandas as pd
from {package}.platform import bundle, champion, gate
from {package}.platform.config import Workspace
from {package}.platform.datasets import stand_in, training
from {package}.platform.errors import ProjectError
from {package}.platform.train import train

root, build = map(Path, sys.argv[1:])
workspace, data = Workspace(root, build), stand_in(root) or training(root)
rows = data.rows.tail(50)

def told(folder):
    return champion.scores(folder, rows).drop(columns="prediction", errors="ignore")

known = pd.read_csv(build / "known.csv", float_precision="round_trip").set_axis(rows.index)
train(workspace, data)
try:
    bundle.load(workspace.champion)
    raise SystemExit("the old champion ran under new code")
except ProjectError as error:
    assert "other code" in error.sentence, error
assert (told(workspace.champion) - known).abs().to_numpy().max(initial=0) <= 1e-12
manifest, _ = gate.promote(workspace, data)
assert manifest.version == "2", manifest.version
assert bundle.load(workspace.champion).manifest.version == "2"
assert champion.rollback(workspace).version == "1"
assert (told(workspace.champion) - known).abs().to_numpy().max(initial=0) <= 1e-12
assert champion.rollback(workspace, "2").version == "2"
"""


def test_a_bundle_holds_all_it_takes_to_predict(workspace: Workspace) -> None:
    found = {path.name for path in workspace.champion.iterdir()}
    texts = {"request.json", "reference.json", "background.json", "metrics.json", "card.md"}
    assert found == texts | {"model.skops", "source", "MANIFEST.json"}


def test_the_same_code_data_and_seed_give_the_same_digest(
    workspace: Workspace, data: Data, tmp_path: Path
) -> None:
    again = train(replace(workspace, build=tmp_path), data).manifest
    first = bundle.read(workspace.champion)
    assert (again.files, again.digest) == (first.files, first.digest)


@pytest.mark.parametrize("name", ["model.skops", "request.json", "MANIFEST.json"])
def test_a_bundle_that_was_tampered_with_is_refused(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(workspace.champion, copy)
    text = (copy / name).read_bytes()
    (copy / name).write_bytes(text.replace(b'"target"', b'"tarjet"') if name[-1] == "n" else b"x")
    with pytest.raises(ProjectError, match=name):
        bundle.load(copy)


def test_a_changed_threshold_breaks_the_seal(workspace: Workspace, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(workspace.champion, copy)
    manifest = json.loads((copy / "MANIFEST.json").read_text())
    (copy / "MANIFEST.json").write_text(json.dumps(manifest | {"threshold": 0.123}))
    with pytest.raises(ProjectError, match=r"MANIFEST\.json"):
        bundle.load(copy)


def test_code_slipped_into_a_bundle_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(workspace.champion, copy)
    (copy / "source" / bundle.PACKAGE / "more.py").write_text("")
    with pytest.raises(ProjectError, match=r"more\.py"):
        bundle.load(copy)


def test_no_bundle_is_told_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no bundle") as error:
        bundle.load(tmp_path)
    assert "train" in error.value.hint


def test_one_row_and_many_rows_agree(workspace: Workspace, data: Data) -> None:
    model, rows = bundle.load(workspace.champion), data.rows.tail(20)
    alone = np.vstack([model.outputs(rows.iloc[[place]]) for place in range(20)])
    np.testing.assert_allclose(alone, model.outputs(rows), rtol=0, atol=1e-9)


def test_a_model_that_guessing_beats_is_said_to_be_worse(
    workspace: Workspace, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    if config.gate().baseline is None or data.smoke:
        pytest.skip("nothing is held against guessing")

    def swapped(*asked: Any) -> Evaluation:
        found = judge(*asked)
        return replace(found, metrics=found.baseline, baseline=found.metrics)

    monkeypatch.setattr("{{ cookiecutter.package_name }}.platform.gate.judge", swapped)
    checks = [c for c in judge_champion(workspace, data).checks if c.name == "baseline"]
    assert checks
    assert all("worse by" in check.sentence and not check.passed for check in checks)


def test_scores_of_the_same_rows_are_remembered(
    workspace: Workspace, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    if config.gate().champion is None or data.smoke:
        pytest.skip("no gate has compared with a champion")
    rows = split(data.rows, config.params(), data.settings.label_delay_days).holdout
    monkeypatch.setattr(champion, "run", None)  # the rehearsal's gate has asked for them already
    known = champion.scores(workspace.champion, rows, kept=workspace.build / "scores")
    here = bundle.load(workspace.champion).predict(rows).select_dtypes("number")
    np.testing.assert_allclose(known[list(here)].astype(float), here, rtol=0, atol=1e-9)


def scores(noise: float, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, n)
    ones = 1 / (1 + np.exp(-(2 * truth - 1 + noise * random.normal(size=n))))
    return truth, np.column_stack([1 - ones, ones])


def test_the_same_model_is_not_worse_than_itself() -> None:
    truth, outputs = scores(1)
    assert compare("roc_auc", GATE, PARAMS, truth, outputs, outputs).passed


def test_a_worse_model_is_rejected_with_both_figures() -> None:
    truth, good = scores(1)
    check = compare("roc_auc", GATE, PARAMS, truth, scores(5)[1], good)
    assert check.passed is False
    assert "against the champion's" in check.sentence
    assert "100% of 500 resamples" in check.sentence


def test_a_loss_inside_the_tolerance_passes() -> None:
    truth, good = scores(1)
    gate = Gate.model_validate({"metric": "log_loss", "champion": {"tolerance": 0.5}})
    assert compare("log_loss", gate, PARAMS, truth, scores(1.2)[1], good).passed


def test_errors_are_compared_by_their_share_and_scores_by_their_difference() -> None:
    assert evaluate.gain("roc_auc", 0.8, 0.7) == pytest.approx(0.1)
    assert evaluate.gain("mean_absolute_error", 90.0, 100.0) == pytest.approx(0.1)


def test_few_rows_are_told_with_what_chance_does_to_them() -> None:
    truth = np.tile([0, 1, 0, 1, 1], 120)
    frame, outputs = pd.DataFrame({"y": truth}), np.tile([[0.6, 0.4], [0.4, 0.6]], (300, 1))
    few, many = (Split(frame, frame.head(rows)) for rows in (60, 600))
    with evaluate.quiet():
        low, high = spread("roc_auc", PARAMS, few, [0, 1], outputs[:60])["roc_auc"]
        assert spread("roc_auc", PARAMS, many, [0, 1], outputs) == {}
    assert low < evaluate.measure("binary", truth[:60], outputs[:60], 0.5)["roc_auc"] - 0.5 < high


def test_a_metric_that_is_not_defined_is_not_judged() -> None:
    truth, outputs = np.zeros(20, dtype=int), np.full((20, 2), 0.5)
    assert compare("roc_auc", GATE, PARAMS, truth, outputs, outputs).passed is None


def test_a_class_never_seen_counts_as_a_miss() -> None:
    outputs = np.array([[0.9, 0.1], [0.2, 0.8]])
    with evaluate.quiet():
        found = evaluate.measure("multiclass", np.array([0, -1]), outputs, 0.5)
    assert found["accuracy"] == 0.5
    assert found["log_loss"] > 5


def test_the_ranks_give_the_auc_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    truth, outputs = scores(2)
    outputs = outputs.round(1)
    found = evaluate.measure("binary", truth, outputs, 0.5)["roc_auc"]
    assert found == pytest.approx(roc_auc_score(truth, outputs[:, 1]))


def test_the_rehearsal_turned_nonsense_away_in_words(rehearsal: Context) -> None:
    if rehearsal.data.smoke:
        pytest.skip("nothing is judged by rows that were made up")
    assert "worse" in rehearsal.lines["rejected"]


def test_smoke_scores_every_row_and_says_nothing_of_quality(rehearsal: Context) -> None:
    assert smoke(rehearsal.workspace, rehearsal.data) == len(rehearsal.data.rows)


def test_an_edited_feature_leaves_the_champion_alone_and_rollback_brings_it_back(
    workspace: Workspace, data: Data, tmp_path: Path
) -> None:
    source, build = tmp_path / "src", tmp_path / "build"
    shutil.copytree(HOME, source / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    with (source / PACKAGE / "features.py").open("a") as features:
        features.write(EDIT)
    metric = (HOME / "gate.yml").read_text().partition("metric:")[2].split()[0]
    (source / PACKAGE / "gate.yml").write_text(LENIENT.format(metric=metric))
    shutil.copytree(workspace.build, build)
    told = bundle.load(workspace.champion).predict(data.rows.tail(50))
    told.drop(columns="prediction", errors="ignore").to_csv(build / "known.csv", index=False)
    done = subprocess.run(
        [sys.executable, "-P", "-c", STORY.format(package=PACKAGE), workspace.root, build],
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_model_of_made_up_rows_is_never_promoted(data: Data, tmp_path: Path) -> None:
    made_up = replace(data, settings=data.settings.model_copy(update={"stands_for": "x"}))
    for act in (promote, rehearse):
        with pytest.raises(ProjectError, match="never promoted") as error:
            act(Workspace(tmp_path, tmp_path / "build"), made_up)
        assert error.value.code == 20


def test_there_is_no_way_back_from_the_first_champion(workspace: Workspace) -> None:
    with pytest.raises(ProjectError, match="no earlier champion"):
        rollback(workspace)

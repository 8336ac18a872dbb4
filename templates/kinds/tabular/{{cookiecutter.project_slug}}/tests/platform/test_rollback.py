"""A champion keeps its own code: editing a feature changes nothing until a promotion, and back."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.platform import bundle
from {{ cookiecutter.package_name }}.platform.champion import rollback
from {{ cookiecutter.package_name }}.platform.config import HOME, PACKAGE, Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.errors import ProjectError

EDIT = """

before = derive


def derive(rows: pd.DataFrame) -> pd.DataFrame:
    features = before(rows)
    numbers = features.select_dtypes(float)
    return features.assign(edited=1.0, **{name: numbers[name] * 3 for name in numbers})
"""
{% raw %}GATE = "metric: {metric}\nbaseline: null\nchampion: {{tolerance: 100, confidence: 0.99}}\n"{% endraw %}
STORY = """
import sys
from dataclasses import replace
from pathlib import Path
import pandas as pd
from {package}.platform import bundle, champion, rescore
from {package}.platform.config import Workspace
from {package}.platform.datasets import training
from {package}.platform.errors import ProjectError
from {package}.platform.train import train

root, build = map(Path, sys.argv[1:])
workspace, data = Workspace(root, build), training(root)
rows = data.rows.tail(50)

def told(folder):
    return rescore.scores(folder, rows).drop(columns="prediction", errors="ignore")

known = pd.read_csv(build / "known.csv", float_precision="round_trip").set_axis(rows.index)
train(workspace, data)
try:
    bundle.load(workspace.champion)
    raise SystemExit("the old champion ran under new code")
except ProjectError as error:
    assert "other code" in error.sentence, error
assert (told(workspace.champion) - known).abs().to_numpy().max(initial=0) <= 1e-12
manifest, _ = champion.promote(workspace, data)
assert manifest.version == "2", manifest.version
assert bundle.load(workspace.champion).manifest.version == "2"
assert champion.rollback(workspace).version == "1"
assert (told(workspace.champion) - known).abs().to_numpy().max(initial=0) <= 1e-12
assert champion.rollback(workspace, "2").version == "2"
"""


def test_an_edited_feature_leaves_the_champion_alone_and_rollback_brings_it_back(
    workspace: Workspace, data: Data, tmp_path: Path
) -> None:
    source, build = tmp_path / "src", tmp_path / "build"
    shutil.copytree(HOME, source / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    with (source / PACKAGE / "features.py").open("a") as features:
        features.write(EDIT)
    metric = (HOME / "gate.yml").read_text().partition("metric:")[2].split()[0]
    (source / PACKAGE / "gate.yml").write_text(GATE.format(metric=metric))
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


def test_there_is_no_way_back_from_the_first_champion(workspace: Workspace) -> None:
    with pytest.raises(ProjectError, match="no earlier champion"):
        rollback(workspace)

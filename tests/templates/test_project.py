"""A real project, made by the real `mlctl new`, does what the README says, on this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.templates.conftest import Churn

pytestmark = pytest.mark.slow
OFFLINE = ("unshare", "--net", "--map-root-user")


def offline() -> bool:
    """Whether this machine lets a process have a network of its own."""
    return (
        bool(shutil.which("unshare") and shutil.which("ip"))
        and subprocess.run([*OFFLINE, "true"], capture_output=True).returncode == 0
    )


def test_the_demo_goes_from_data_to_a_served_prediction(churn: Churn) -> None:
    done = churn.run("churn", "demo", "--json", "build/demo.json")
    assert done.code == 0, done.err
    found = churn.evidence()
    assert found["skew in batch"]["skew"] <= 1e-9
    assert found["skew over HTTP"]["skew"] <= 1e-9
    assert found["champion"]["version"] == "1"
    assert "champion" in found["rejected"]
    assert not (churn.at / "build" / "champion").exists()


@pytest.mark.skipif(not offline(), reason="no network namespaces here")
def test_nothing_needs_the_network_after_the_install(churn: Churn) -> None:
    loopback = 'ip link set lo up 2>/dev/null; exec "$@"'
    done = churn.run("churn", "demo", before=(*OFFLINE, "sh", "-c", loopback, "sh"))
    assert done.code == 0, done.err


def test_the_sample_comes_from_the_generator_that_the_platform_keeps(churn: Churn, tmp_path: Path) -> None:
    generator = Path(__file__).parents[2] / "templates" / "kinds" / "tabular" / "make_sample.py"
    assert churn.run("python", str(generator), str(tmp_path / "sample.csv")).code == 0
    sample = (churn.at / "data" / "sample.csv").read_bytes()
    assert (tmp_path / "sample.csv").read_bytes() == sample
    assert len(sample) <= 300_000


def test_promotion_leaves_the_work_tree_as_it_was(churn: Churn) -> None:
    for verb in ("train", "gate", "promote"):
        assert churn.run("churn", verb).code == 0
    status = subprocess.run(["git", "status", "--porcelain"], cwd=churn.at, capture_output=True, text=True, check=True)
    assert status.stdout == ""


def test_the_old_champion_keeps_its_scores_when_a_feature_changes(start: Callable[..., Churn]) -> None:
    project = start("keeper")
    assert live(project) == 0
    before = scores(project)
    features = project.at / "src" / "keeper" / "features.py"
    features.write_text(features.read_text().replace("/ (1 + tenure / 365)", "* 7 / (2 + tenure / 365)"))
    (project.at / "src" / "keeper" / "gate.yml").write_text(LENIENT)
    assert scores(project) == before
    assert live(project) == 0
    assert scores(project) != before
    assert project.run("keeper", "rollback").code == 0
    assert scores(project) == before


LENIENT = """\
metric: roc_auc
floors: {roc_auc: 0.5}
baseline: {margin: 0.0}
champion: {tolerance: 0.5, confidence: 0.8, resamples: 50}
slices: {columns: [plan], minimum: 60, floor: 0.5}
latency: {p95_ms: 1000}
"""


def live(project: Churn) -> int:
    """Train and promote; return the exit code."""
    name = project.at.name
    return project.run(name, "train").code or project.run(name, "promote").code


def scores(project: Churn) -> str:
    """Return what the champion says of the sample, as text."""
    done = project.run(project.at.name, "predict", "--input", "data/sample.csv", "--output", "build/scores.csv")
    assert done.code == 0, done.err
    return Path(project.at / "build" / "scores.csv").read_text()

"""Real and awkward data: only the team's five files are edited on the way to a prediction."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.templates.conftest import Churn

pytestmark = pytest.mark.slow
REAL = Path(__file__).parent / "real"
TEAM = ("contracts.py", "features.py", "params.yml", "gate.yml", "datasets.yml")
NAMES = sorted(folder.name for folder in REAL.iterdir() if folder.is_dir())


@pytest.fixture(scope="module")
def own(start: Callable[..., Churn]) -> Churn:
    """A project that takes one data set after the other."""
    return start("own")


def edit(own: Churn, name: str) -> None:
    """Make the data, and put the team's five files in their place."""
    maker = str(REAL / name / "make_csv.py")
    made = own.run("--with", "palmerpenguins", "python", maker, f"data/{name}.csv")
    assert made.code == 0, made.err
    for file in TEAM:
        shutil.copy(REAL / name / file, own.at / "src" / "own" / file)


def test_five_edited_files_lead_to_a_served_prediction(own: Churn) -> None:
    edit(own, "penguins")
    done = own.run("own", "demo", "--json", "build/demo.json")
    assert done.code == 0, done.err
    found = own.evidence()
    assert found["champion"]["version"] == "1"
    assert found["skew in batch"]["skew"] <= 1e-9
    assert found["skew over HTTP"]["skew"] <= 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_a_champion_of_real_and_awkward_data_predicts_them(own: Churn, name: str) -> None:
    edit(own, name)
    shutil.rmtree(own.at / "build", ignore_errors=True)
    for words in (("train",), ("promote",), ("predict", "--input", f"data/{name}.csv", "--output", "build/scores.csv")):
        done = own.run("own", *words)
        assert done.code == 0, done.err
    rows = (own.at / "data" / f"{name}.csv").read_text().splitlines()
    assert len((own.at / "build" / "scores.csv").read_text().splitlines()) == len(rows)


@pytest.mark.parametrize("name", NAMES)
def test_the_edits_are_small(name: str) -> None:
    assert sum(len((REAL / name / file).read_text().splitlines()) for file in TEAM) <= 75

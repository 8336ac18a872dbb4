"""Real and awkward data: only the team's five files are edited, and `demo` goes to a served prediction."""

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


@pytest.mark.parametrize("name", NAMES)
def test_five_edited_files_lead_to_a_served_prediction(own: Churn, name: str) -> None:
    maker = str(REAL / name / "make_csv.py")
    made = own.run("--with", "palmerpenguins", "python", maker, f"data/{name}.csv")
    assert made.code == 0, made.err
    for file in TEAM:
        shutil.copy(REAL / name / file, own.at / "src" / "own" / file)
    done = own.run("own", "demo", "--json", "build/demo.json")
    assert done.code == 0, done.err
    found = own.evidence()
    assert found["champion"]["version"] == "1"
    assert found["skew in batch"]["skew"] <= 1e-9
    assert found["skew over HTTP"]["skew"] <= 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_the_edits_are_small(name: str) -> None:
    assert sum(len((REAL / name / file).read_text().splitlines()) for file in TEAM) <= 75

"""A file of one's own: `data init`, `demo`, a served prediction, and no code edited in between."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.templates.conftest import PYENV, Churn

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
NEWEST = "3.13"
TARGETS = {"breast_cancer": "target", "wine": "target", "diabetes": "target", "visits": "returned"}
DRAFTS = ("contracts.py", "features.py", "params.yml", "gate.yml", "datasets.yml")
TASKS = {"breast_cancer": "binary", "wine": "multiclass", "diabetes": "regression", "visits": "binary"}
BIG = """
import numpy as np, pandas as pd, sys
random, rows, columns = np.random.default_rng(0), int(sys.argv[2]), int(sys.argv[3])
frame = pd.DataFrame(random.normal(size=(rows, columns)).round(3)).add_prefix("x")
frame["y"] = np.where(frame["x0"] + random.normal(size=rows) > 0, "yes", "no")
frame.to_csv(sys.argv[1], index=False)
"""


@pytest.fixture(scope="module")
def own(start: Callable[..., Churn]) -> Churn:
    """A project that takes one data file after the other, on the newest Python where there is one.

    All other projects run on the oldest.
    """
    there = shutil.which(f"python{NEWEST}") or [f for f in PYENV if Path(f, f"python{NEWEST}").exists()]
    return start("mine", *(("--set", f"python_version={NEWEST}") if there else ()))


def table(own: Churn, name: str) -> str:
    """Write a table beside the project; return how the project names it."""
    place = own.at / "build" / f"{name}.csv"
    place.parent.mkdir(exist_ok=True)
    done = own.run("python", str(HERE / "make_table.py"), name, str(place))
    assert done.code == 0, done.err
    return f"build/{name}.csv"


def draft(own: Churn, name: str, *flags: str) -> str:
    """Draft the project for a table; return what was told."""
    done = own.run("mine", "data", "init", table(own, name), "--target", TARGETS[name], "--force", *flags)
    assert done.code == 0, done.err
    return done.out


@pytest.mark.parametrize("name", TARGETS)
def test_the_drafts_are_the_golden_ones(own: Churn, name: str) -> None:
    """`REGOLD=1 pytest tests/templates/test_data_init.py` writes them anew."""
    told = draft(own, name)
    parts = [f"==== told\n{told}"]
    parts += [f"==== {file}\n{(own.at / 'src' / 'mine' / file).read_text()}" for file in DRAFTS]
    sample = (own.at / "data" / "sample.csv").read_text().splitlines(keepends=True)
    parts.append(f"==== data/sample.csv, its first lines\n{''.join(sample[:5])}")
    text = "\n".join("\n".join(line.rstrip() for line in part.splitlines()) + "\n" for part in parts)
    place = GOLDEN / f"{name}.txt"
    if os.environ.get("REGOLD"):
        place.write_text(text)
    assert text == place.read_text()


@pytest.mark.parametrize("name", TARGETS)
def test_a_file_leads_to_a_served_prediction(own: Churn, name: str) -> None:
    draft(own, name)
    done = own.run("mine", "demo", "--json", "build/demo.json")
    assert done.code == 0, done.err
    found = own.evidence()
    assert found["champion"]["version"] == "1"
    assert found["skew in batch"]["skew"] <= 1e-9
    assert found["skew over HTTP"]["skew"] <= 1e-9
    assert f"task: {TASKS[name]}" in (own.at / "src" / "mine" / "params.yml").read_text()


def test_a_promoted_model_predicts_the_file_it_came_from(own: Churn) -> None:
    draft(own, "visits")
    for verb in ("data", "train", "promote"):
        done = own.run("mine", verb)
        assert done.code == 0, done.err
    done = own.run("mine", "predict", "--input", "build/visits.csv", "--output", "build/out.csv")
    assert done.code == 0, done.err
    assert len((own.at / "build" / "out.csv").read_text().splitlines()) == 607


def test_a_drafted_project_passes_its_own_checks_where_the_file_is_not(own: Churn) -> None:
    draft(own, "visits")
    (own.at / "build" / "visits.csv").unlink()
    for tool in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",), ("pytest", "-q", "-x")):
        done = own.run(*tool)
        assert done.code == 0, done.out[-3000:]


def test_without_the_file_a_rehearsal_is_smoke_and_nothing_is_promoted(own: Churn) -> None:
    draft(own, "wine")
    (own.at / "build" / "wine.csv").unlink()
    done = own.run("mine", "demo", "--json", "build/demo.json")
    assert done.code == 0, done.err
    assert own.evidence()["smoke"]["stands_for"] == "wine"
    assert "smoke only" in own.evidence()["gate"]
    refused = own.run("mine", "train")
    assert refused.code == 3
    assert refused.err.startswith("error: there is no file build/wine.csv\n hint: ")


@pytest.mark.parametrize(("rows", "columns"), [(1_000_000, 3), (2_000, 300)])
def test_long_and_wide_files_are_drafted(own: Churn, tmp_path: Path, rows: int, columns: int) -> None:
    file = str(tmp_path / "big.csv")
    assert own.run("python", "-c", BIG, file, str(rows), str(columns)).code == 0
    done = own.run("mine", "data", "init", file, "--target", "y", "--dry-run")
    assert done.code == 0, done.err
    assert f"big.csv: {rows} rows" in done.out
    assert "nothing was written" in done.out

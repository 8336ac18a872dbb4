"""What schedules, alerts and retraining rely on, whatever judges: the verb, asked from outside."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, gauges
from {{ cookiecutter.package_name }}.platform.config import PACKAGE
from {{ cookiecutter.package_name }}.platform.errors import Exit

KEYS = {
    "schema", "verdict", "sentence", "drifted", "rehearsal", "made_at", "model", "window",
    "reference", "thresholds", "columns", "quality", "excluded", "notices",
}  # fmt: skip
COLUMN = {
    "name", "kind", "status", "sentence", "rows", "psi", "p", "missing", "missing_before",
    "unseen", "bins",
}  # fmt: skip
FILES = ("--json", "m.json", "--html", "m.html", "--prometheus", "m.prom")
Looked = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def looked(champion: Path, world: Callable[..., pd.DataFrame], tmp_path: Path) -> Looked:
    """A look at 300 scored rows, by the command; its files lie in the current folder."""
    shutil.copytree(champion, tmp_path / "build" / "champion")
    rows = world(300, 15).rename(columns={"plan": "The Plan"})
    rows.to_csv(tmp_path / "scored.csv", index=False)

    def look(*words: str) -> subprocess.CompletedProcess[str]:
        start = f"from {PACKAGE}.platform.cli import main; main()"
        command = [sys.executable, "-c", start, "monitor", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return look


def test_a_calm_window_ends_with_zero(looked: Looked, tmp_path: Path) -> None:
    done = looked("--input", "scored.csv", "--json", "m.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "no drift in 6 columns"
    assert json.loads((tmp_path / "m.json").read_text())["verdict"] == "stable"


def test_a_rehearsed_drift_ends_with_ten_and_leaves_its_reasons(
    looked: Looked, champion: Path, tmp_path: Path
) -> None:
    done = looked("--input", "scored.csv", "--simulate-drift", *FILES)
    assert done.returncode == Exit.DRIFT, done.stderr
    error, hint = done.stderr.splitlines()[-2:]
    assert error.startswith("error: drift in ")
    assert "docs/runbooks/drift.md" in hint
    found = json.loads((tmp_path / "m.json").read_text())
    assert (found["schema"], found["verdict"], found["rehearsal"]) == ("monitor/1", "drift", True)
    assert {"fee", "tickets", "plan", "region", "auto_pay"} <= set(found["drifted"])
    assert found["model"]["digest"] == bundle.read(champion).digest
    assert found.keys() == KEYS
    assert {tuple(sorted(each)) for each in found["columns"]} == {tuple(sorted(COLUMN))}
    assert "<h1>Drift</h1>" in (tmp_path / "m.html").read_text()
    told = set(re.findall(r"^# TYPE (\w+) gauge", (tmp_path / "m.prom").read_text(), re.MULTILINE))
    assert told == {name for name in gauges.NAMES if "quality" not in name} - {gauges.LABELLED}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), Exit.USAGE),
        (("--input", "nothing.csv"), Exit.USAGE),
        (("--input", "scored.csv", "--since", "7d"), Exit.CANNOT),
    ],
)
def test_a_look_that_cannot_be_ends_with_two_lines(
    looked: Looked, words: tuple[str, ...], code: Exit
) -> None:
    done = looked(*words)
    error, hint = done.stderr.splitlines()
    assert done.returncode == code
    assert error.startswith("error: ")
    assert hint.startswith(" hint: ")

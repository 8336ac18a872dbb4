"""The rehearsal, the table it ends with, and the verbs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.platform.cli import PACKAGE, VERBS
from {{ cookiecutter.package_name }}.platform.demo import Context, save, show, steps


def test_the_rehearsal_ends_with_one_screen(
    rehearsal: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    show(rehearsal)
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) <= 30
    for name in ("rows", "contract", "gate", "champion", "rejected", "next"):
        assert name in shown


def test_the_evidence_can_be_kept(rehearsal: Context, tmp_path: Path) -> None:
    save(rehearsal, tmp_path / "deep" / "demo.json")
    evidence = json.loads((tmp_path / "deep" / "demo.json").read_text())
    assert evidence["champion"]["version"] == "1"


def test_every_step_has_a_place_and_a_sentence() -> None:
    orders = [step.ORDER for step in steps()]
    assert orders == sorted(set(orders))
    assert all(step.__doc__ for step in steps())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["predict", "--input", "nothing.csv"], "there is no file nothing.csv"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
)
def test_a_bad_call_is_told_in_two_lines(tmp_path: Path, words: list[str], told: str) -> None:
    code = f"from {PACKAGE}.platform.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    error, hint = done.stderr.splitlines()
    assert error.startswith(f"error: {told}")
    assert hint.startswith(" hint: ")


def test_every_verb_file_holds_a_verb_of_its_name() -> None:
    for path in VERBS.glob("[a-z]*.py"):
        assert f"def {path.stem}(" in path.read_text()

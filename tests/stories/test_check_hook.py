"""`mlctl check --hook` in a commit: the verdict is about the commit, and it is the same with and without memory."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests import kit

SOUND = {
    "README.md": "# Churn\nRun `make`. The data is in datasets.yml. Owner: @team\n```\nmake\n```\n",
    ".pre-commit-config.yaml": "repos: [{hooks: [{id: gitleaks}, {id: ruff}]}]\n",
    ".mlctl/project.yml": "stage: shared\nowner: '@team'\npurpose: who leaves\nrisk: minimal\n",
    "src/churn/a.py": "import os\n\n\ndef f() -> str:\n    return os.sep\n",
    "tests/test_a.py": "def test_a() -> None: ...\n",
    ".python-version": "3.11\n",
    "renovate.json": "{}\n",
    ".github/workflows/ci.yml": "on:\n  pull_request:\njobs: {c: {steps: [{run: pytest}, {run: mlctl check}]}}\n",
}
CI = ".github/workflows/ci.yml"
HOME = "X = '/home/ada/x'\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that keeps every promise of its stage."""
    return kit.make_repo(tmp_path / "churn", SOUND)


def test_a_sound_repository_passes_in_silence(repository: Path, mlctl: kit.Mlctl) -> None:
    for _ in range(3):
        assert mlctl("check", "--hook", cwd=repository) == kit.Result(0, "", "")


def test_what_was_not_added_does_not_count(repository: Path, mlctl: kit.Mlctl) -> None:
    kit.write(repository, "src/churn/b.py", HOME)
    assert mlctl("check", "--hook", cwd=repository).code == 0
    kit.git(repository, "add", "-N", "src/churn/b.py")
    assert mlctl("check", "--hook", cwd=repository).code == 0


def test_a_partly_staged_file_is_judged_by_what_was_staged(repository: Path, mlctl: kit.Mlctl) -> None:
    record = ".mlctl/project.yml"
    kit.write(repository, record, SOUND[record] + "check: {severities: {PRJ110: error}}\n")
    kit.write(repository, "src/churn/a.py", HOME)
    kit.git(repository, "add", ".")
    kit.write(repository, "src/churn/a.py", "X = 1\n")
    assert mlctl("check", "--hook", cwd=repository).code == 1
    assert mlctl("check", cwd=repository).code == 0


def test_a_commit_that_only_deletes_is_judged(repository: Path, mlctl: kit.Mlctl) -> None:
    assert mlctl("check", "--hook", cwd=repository).code == 0
    kit.git(repository, "rm", "-q", ".pre-commit-config.yaml")
    found = mlctl("check", "--hook", cwd=repository)
    assert found.code == 1
    assert "SEC101" in found.out


def test_what_lies_there_but_is_not_added_is_told(repository: Path, mlctl: kit.Mlctl) -> None:
    kit.git(repository, "rm", "-q", "--cached", "README.md")
    assert "README.md: it exists but is not added" in mlctl("check", "--staged", cwd=repository).out


def test_a_linked_work_tree_has_a_memory_of_its_own(repository: Path, mlctl: kit.Mlctl, tmp_path: Path) -> None:
    kit.git(repository, "worktree", "add", "-q", str(tmp_path / "other"))
    assert mlctl("check", "--hook", cwd=repository).code == 0
    kit.git(tmp_path / "other", "rm", "-q", ".pre-commit-config.yaml")
    assert mlctl("check", "--hook", cwd=tmp_path / "other").code == 1
    assert mlctl("check", "--hook", cwd=repository).code == 0


def test_a_partial_clone_fetches_nothing(repository: Path, mlctl: kit.Mlctl, tmp_path: Path) -> None:
    kit.git(repository, "config", "uploadpack.allowFilter", "true")
    kit.git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repository}", "part")
    kit.git(tmp_path / "part", "read-tree", "HEAD")
    before = kit.git(tmp_path / "part", "count-objects", "-v")
    assert mlctl("check", "--hook", cwd=tmp_path / "part").code in (0, 1)
    assert kit.git(tmp_path / "part", "count-objects", "-v") == before
    said = mlctl("check", "--staged", cwd=tmp_path / "part").out
    assert "skipped src/churn/a.py: its content is not in this clone" in said


def test_what_a_partial_clone_lacked_is_judged_once_it_is_there(
    repository: Path, mlctl: kit.Mlctl, tmp_path: Path
) -> None:
    kit.write(repository, "src/churn/a.py", "def f(:\n")
    kit.commit(repository)
    kit.git(repository, "config", "uploadpack.allowFilter", "true")
    kit.git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repository}", "part")
    kit.git(tmp_path / "part", "read-tree", "HEAD")
    assert "PRJ100" not in mlctl("check", "--hook", cwd=tmp_path / "part").out
    kit.git(tmp_path / "part", "checkout", "-q", "-f", "HEAD")
    assert "PRJ100 src/churn/a.py:1" in mlctl("check", "--hook", cwd=tmp_path / "part").out


def test_an_unborn_branch_is_judged(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    root = kit.make_repo(tmp_path / "new")
    kit.write(root, "a.py", "x = 1\n")
    kit.git(root, "add", ".")
    assert "SEC101" in mlctl("check", "--hook", cwd=root).out


def test_a_damaged_memory_is_dropped(repository: Path, mlctl: kit.Mlctl) -> None:
    mlctl("check", "--hook", cwd=repository)
    for file in (repository / ".git/mlctl").iterdir():
        file.write_bytes(file.read_bytes()[:-3] + b"xyz")
    assert mlctl("check", "--hook", cwd=repository) == kit.Result(0, "", "")


def test_after_the_commit_the_verdict_still_stands(repository: Path, mlctl: kit.Mlctl) -> None:
    mlctl("check", "--hook", cwd=repository)
    kit.append(repository, "src/churn/a.py", "\n\nLIMIT = 3\n")
    kit.git(repository, "add", ".")
    kept = (repository / ".git/mlctl/files.bin").stat().st_mtime_ns
    assert mlctl("check", "--hook", cwd=repository).code == 0
    kit.commit(repository)
    assert mlctl("check", "--hook", cwd=repository).code == 0
    assert (repository / ".git/mlctl/files.bin").stat().st_mtime_ns == kept


def test_an_edit_that_a_rule_reads_as_text_is_seen(repository: Path, mlctl: kit.Mlctl) -> None:
    kit.write(repository, CI, SOUND[CI].replace("pytest", "nox"))
    kit.write(repository, "noxfile.py", "def tests(session):\n    session.run('pytest')\n")
    kit.commit(repository)
    assert mlctl("check", "--hook", cwd=repository).code == 0
    kit.write(repository, "noxfile.py", "def tests(session):\n    session.run('true')\n")
    kit.git(repository, "add", ".")
    assert mlctl("check", "--hook", cwd=repository) == mlctl("check", "--hook", "--no-cache", cwd=repository)


EDITS = {
    "src/churn/a.py": [SOUND["src/churn/a.py"], HOME, "X = 2\n", "def f(:\n", "import mlflow\n"],
    ".pre-commit-config.yaml": [SOUND[".pre-commit-config.yaml"], "repos: []\n", None],
    "README.md": [SOUND["README.md"], "# Churn\n", None],
    "tests/test_a.py": [SOUND["tests/test_a.py"], None, "X = 3\n"],
    ".mlctl/project.yml": [SOUND[".mlctl/project.yml"], "stage: explore\n", "stage: production\n"],
    "data/a.csv": ["1,2\n" * 40_000, None],
    "noxfile.py": ["def t(s):\n    s.run('pytest')\n", "def t(s):\n    s.run('x')\n", None],
    CI: [SOUND[CI], SOUND[CI].replace("pytest", "nox")],
    "src/churn/new.py": ["import torch\n", None, "Y = 1\n"],
}


@pytest.mark.parametrize("seed", range(4))
def test_memory_changes_no_verdict(repository: Path, mlctl: kit.Mlctl, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(7):
        for path in draw.sample(sorted(EDITS), draw.choice([0, 1, 1, 2])):
            text = draw.choice(EDITS[path])
            if text is not None:
                kit.write(repository, path, text)
            elif (repository / path).exists():
                kit.remove(repository, path)
        kit.git(repository, "add", "-A")
        if draw.random() < 0.4:
            kit.commit(repository)
        warm = mlctl("check", "--hook", cwd=repository)
        assert warm == mlctl("check", "--hook", "--no-cache", cwd=repository)


def hooked(repository: Path, mlctl: kit.Mlctl) -> None:
    """Wire `mlctl check --hook` through the real pre-commit."""
    entry = f"{sys.executable} -m mlctl check --hook"
    more = "language: system, pass_filenames: false, always_run: true"
    named = [("mlctl-check", entry), ("gitleaks", "true"), ("ruff", "true")]
    listed = ", ".join(f"{{id: {name}, name: x, entry: '{command}', {more}}}" for name, command in named)
    kit.write(repository, ".pre-commit-config.yaml", f"repos: [{{repo: local, hooks: [{listed}]}}]\n")
    kit.commit(repository)
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install"],
        cwd=repository,
        check=True,
        capture_output=True,
        env=mlctl.environment(),
    )


def commits(repository: Path, mlctl: kit.Mlctl, *arguments: str) -> bool:
    """Try a commit through the hooks; tell whether it was made."""
    done = subprocess.run(
        ["git", "commit", "-qm", "x", *arguments],
        cwd=repository,
        env=mlctl.environment(),
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@pytest.mark.slow
def test_the_real_pre_commit_judges_the_commit(repository: Path, mlctl: kit.Mlctl) -> None:
    pytest.importorskip("pre_commit")
    hooked(repository, mlctl)
    kit.write(repository, "data/a.csv", "1,2\n" * 40_000)
    kit.append(repository, "src/churn/a.py", "X = 1\n")
    assert commits(repository, mlctl, "src/churn/a.py"), "an untracked file is not in the commit"
    kit.git(repository, "add", "-N", "data/a.csv")
    kit.append(repository, "src/churn/a.py", "Y = 1\n")
    assert commits(repository, mlctl, "src/churn/a.py"), "nor is one that was only announced"
    kit.git(repository, "add", "data/a.csv")
    assert not commits(repository, mlctl), "now it is"
    kit.append(repository, "src/churn/a.py", "Z = 1\n")
    assert commits(repository, mlctl, "src/churn/a.py"), "a commit of one path leaves it out"


@pytest.mark.slow
def test_the_real_pre_commit_judges_deletions_and_parts(repository: Path, mlctl: kit.Mlctl) -> None:
    pytest.importorskip("pre_commit")
    hooked(repository, mlctl)
    kit.git(repository, "rm", "-q", "tests/test_a.py")
    assert not commits(repository, mlctl), "a commit that only deletes is judged"
    kit.git(repository, "reset", "-q", "--hard")
    kit.write(repository, "src/churn/a.py", "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n")
    kit.git(repository, "add", ".")
    kit.write(repository, "src/churn/a.py", "X = 1\n")
    assert not commits(repository, mlctl), "what was staged counts"


@pytest.mark.slow
def test_the_real_pre_commit_judges_linked_work_trees_and_partial_clones(
    repository: Path, mlctl: kit.Mlctl, tmp_path: Path
) -> None:
    pytest.importorskip("pre_commit")
    hooked(repository, mlctl)
    kit.git(repository, "config", "uploadpack.allowFilter", "true")
    kit.git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
    kit.git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{repository}", "part")
    hooked(tmp_path / "part", mlctl)
    for place in (tmp_path / "tree", tmp_path / "part"):
        kit.append(place, "src/churn/a.py", "X = 1\n")
        assert commits(place, mlctl, "-a"), f"{place.name}: nothing is wrong"
        kit.git(place, "rm", "-q", "tests/test_a.py")
        assert not commits(place, mlctl), f"{place.name}: the tests are gone"
        assert kit.git(place, "log", "-1", "--format=%s").strip() == "x"


@pytest.mark.slow
def test_pre_commit_takes_our_manifest() -> None:
    pytest.importorskip("pre_commit")
    manifest = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(manifest)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout

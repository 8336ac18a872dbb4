"""The platform that mlctl carries: an edited project goes through three releases of it, and nobody's work is lost."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests import kit
from tests.upgrade.kit import change, snapshot

pytestmark = pytest.mark.slow
TEMPLATES = Path(__file__).parents[3] / "templates"
TOP = "{{cookiecutter.project_slug}}"
CODE = "src/churn/platform"


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """The embedded platform in a repository of its own, as v1.0.0."""
    folder = tmp_path / "platform"
    shutil.copytree(TEMPLATES, folder / "templates")
    kit.release(folder, "v1.0.0")
    return folder / "templates"


def replaced(folder: Path, pattern: str, by: str, *names: str) -> None:
    """Replace a pattern in files of the platform; each must hold it."""
    for name in names:
        text = (folder / name).read_text()
        assert re.search(pattern, text, re.MULTILINE), (name, pattern)
        (folder / name).write_text(re.sub(pattern, by, text, flags=re.MULTILINE))


def second(platform: Path) -> None:
    """v1.1.0: a module has another name, and all that imports it says so."""
    word = re.compile(r"\bthreshold(?= import)|(?<=import )threshold\b|(?<=platform\.)threshold\b")
    for file in platform.rglob("*.py"):
        text = file.read_text()
        if word.search(text):
            file.write_text(word.sub("cutoff", text))
        if file.name == "threshold.py":
            file.rename(file.with_name("cutoff.py"))
    kit.release(platform.parent, "v1.1.0")


def third(platform: Path) -> None:
    """v1.2.0: a new question, answered in the README; the default of an old one moved."""
    question = "\\1  tier:\n    prompt: Which tier?\n    choices: [silver, gold]\n"
    replaced(platform, r"(^questions:\n)", question, "base/unit.yml")
    replaced(platform, r"@my-team", "@platform-users", "base/unit.yml")
    readme = next(p for p in platform.rglob("README.md") if "kinds" in p.parts)
    replaced(platform, r"\A(# .*\n)", "\\1\nTier: {{ cookiecutter.tier }}.\n", str(readme.relative_to(platform)))
    kit.release(platform.parent, "v1.2.0")


def fourth(platform: Path) -> None:
    """v2.0.0: a component is gone."""
    for folder in [platform / "components" / "retrain", *platform.rglob("with/retrain")]:
        shutil.rmtree(folder)
    replaced(platform, r"\bretrain, ", "", "platform.yml")
    kit.release(platform.parent, "v2.0.0")


def edits(project: Path, module: str) -> None:
    """What the team does to its project; the module with the threshold has had two names."""
    kit.append(project, "README.md", "\n## Ours\n\nAsk Ada.\n")
    kit.append(project, f"{CODE}/{module}.py", "\n\ndef ours() -> int:\n    return 1\n")
    features = (project / "src/churn/features.py").read_text()
    change(project, {
        "src/churn/features.py": "# ours\n" + features, "src/churn/own.py": "OWN = 1\n", f"{CODE}/own.py": "OWN = 2\n",
        "notebooks/explore.ipynb": None, "AGENTS.md": None, "data/ours.csv": "a,b\n1,2\n",
    })  # fmt: skip
    (project / "data/ours.csv").chmod(0o755)


def plain(project: Path) -> dict[str, tuple[int, bytes]]:
    return {path: found for path, found in snapshot(project).items() if not path.startswith(".mlctl/")}


def lock(project: Path) -> dict[str, object]:
    """What the machine remembers, the order of the units left out."""
    said = json.loads((project / ".mlctl/lock.json").read_text())
    return {key: said[key] for key in ("answers", "manifest", "standards")}


def made(mlctl: kit.Mlctl, platform: Path, name: str, *more: str) -> Path:
    """Start the project `churn` in a folder of its own."""
    (mlctl.here / name).mkdir()
    words = ("new", "churn", "-p", str(platform.parent), "--defaults", "--no-lock", "--set", "ci=github", *more)
    done = mlctl(*words, cwd=mlctl.here / name)
    assert done.code == 0, done.err
    return mlctl.here / name / "churn"


def test_an_edited_project_goes_through_three_releases(platform: Path, mlctl: kit.Mlctl) -> None:
    project = made(mlctl, platform, "first")
    edits(project, "threshold")
    kit.commit(project, "Ours")

    def well(*words: str) -> None:
        done = mlctl(*words, "--commit", cwd=project)
        assert done.code == 0, done
        assert kit.git(project, "status", "--porcelain") == "", words

    second(platform)
    well("upgrade")
    well("add", "compute-dask")
    third(platform)
    well("upgrade", "-y", "--to", "v1.2.0", "--set", "tier=gold")
    well("remove", "serving-fastapi")
    fourth(platform)
    well("upgrade")
    answers = ("--set", "tier=gold", "--set", "owner=@my-team")  # the default that it was made with stays
    twin = made(mlctl, platform, "twin", *answers, "--with", "compute-dask", "--without", "serving-fastapi")
    edits(twin, "cutoff")
    assert plain(project) == plain(twin)
    assert lock(project) == lock(twin)

"""Training: what it takes to make the same model again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlctl.check import ci
from mlctl.check.code import Code, code
from mlctl.check.facts import Facts
from mlctl.check.rule import Finding, library, rule
from mlctl.check.rules.training_code import ESTIMATORS, REPEATED, SPLITS
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards

DECLARING = ("pyproject.toml", "requirements*.txt", "requirements/*.txt", "requirements*.in", "setup.py", "setup.cfg",
             "Pipfile", "environment.y*ml", "conda.y*ml")  # fmt: skip
PINNING = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "runtime.txt", ".tool-versions", "mise.toml",
           "pixi.toml", "**/*env*.y*ml", "**/*env*/**/*.y*ml", "**/conda*.y*ml", ".devcontainer*", ".devcontainer/**",
           "**/*.[Dd]ockerfile", "**/Dockerfile*", "**/*.sh", "Makefile", "**/meta.y*ml")  # fmt: skip
FRAMEWORKS = ("sklearn", "torch", "tensorflow", "keras", "xgboost", "lightgbm", "catboost", "jax", "transformers",
              "lightning", "pytorch_lightning", "ray.train", "statsmodels")  # fmt: skip
NETWORKS = frozenset(("torch", "tensorflow", "keras", "jax", "flax", "transformers", "lightning", "pytorch_lightning"))
DRAWING = re.compile(
    rf"^(random|numpy\.random)\.|\.({'|'.join(sorted(SPLITS | REPEATED | ESTIMATORS))})$|^(xgboost|lightgbm|catboost)\."
)
TRAINS = re.compile(r"(^|/)(train|training|trainer|fit|run_training)\.py$")
PUBLISHED = {".github/workflows/a.yml": "on: release\njobs: {a: {steps: [{uses: pypa/gh-action-pypi-publish@v1}]}}"}
ADDING = {"src/train.py": "import sklearn"}


def trainers(project: Project, files: Code) -> list[str]:
    """Return the files that train: the entry point, else files named for it that import a framework."""
    named = files.graph.file(project.entry("train").partition(":")[0]) if project.entry("train") else ""
    if named:
        return [named]
    found = [path for path in files.product if TRAINS.search(path)]
    return [
        p for p in found if any(n == f or n.startswith(f"{f}.") for n in files.facts(p).modules for f in FRAMEWORKS)
    ]


@rule(
    "TRN101",
    "dependencies are locked",
    stage="shared",
    passes=[
        {"pyproject.toml": "[project]\ndependencies=['a']", "uv.lock": ""},
        {"requirements.txt": "a==1.0\nb==2.0\n# c"},
        {"README.md": ""},
        {"pyproject.toml": "[project]\ndependencies=['a']", **PUBLISHED},
        {"environment.yml": "dependencies:\n  - python=3.11.4\n  - numpy=1.26.4=py311_0\n  - pip:\n    - a==1.0"},
    ],
    fails=[
        {"pyproject.toml": "[project]\ndependencies=['a']"},
        {"requirements.txt": "a==1.0\nb>=2"},
        {"environment.yml": "dependencies:\n  - python=3.11\n  - numpy"},
    ],
)
def dependencies_are_locked(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A model that nobody can rebuild cannot be audited or rolled back.

    Run `uv lock` and commit `uv.lock`.
    """
    if library(project) or project.has(
        *standards.names("lockfiles"), *(f"*/{name}" for name in standards.names("lockfiles"))
    ):
        return
    declared = [path for path in project.find(*DECLARING) if _declares(project, path)]
    if declared and not any(_pinned(path, project.text(path)) for path in declared):
        there = project.unadded("uv.lock")
        yield Finding(
            declared[0],
            "uv.lock exists but is not added: run `git add uv.lock`" if there else "no lock file fixes the versions",
        )


def _declares(project: Project, path: str) -> bool:
    """Tell whether a file declares what the project needs, and not only how a tool is set."""
    text = project.text(path)
    if path == "pyproject.toml":
        return bool(
            re.search(r"(?m)^dependencies\s*=\s*\[|^\[tool\.poetry\.dependencies\]|^\[dependency-groups\]", text)
        )
    return path != "setup.cfg" or "install_requires" in text


def _pinned(path: str, text: str) -> bool:
    """Tell whether every line of a requirements file, or of an environment that was exported, names one version."""
    if path.endswith((".yml", ".yaml")):
        listed = re.findall(r"(?m)^\s+-\s+[\"']?([^\s:\"'#]+)[\"']?\s*(?:#.*)?$", text.partition("dependencies:")[2])
        return bool(listed) and all(re.search(r"\w=+\d+\.\d+(\.|=)|==|@", one) for one in listed)
    if not path.endswith(".txt"):
        return False
    lines = [line.split("#")[0].strip().rstrip("\\").strip() for line in text.splitlines()]
    wanted = [line for line in lines if line and not line.startswith("-")]
    return bool(wanted) and all(re.search(r"===?\s*[\w.]+|@\s*\S+", line) for line in wanted)


@rule(
    "TRN103",
    "Python is pinned, and CI and image agree",
    stage="shared",
    severity="warning",
    passes=[
        {".python-version": "3.11", "Dockerfile": "FROM python:3.11-slim"},
        {"environment.yml": "dependencies: [python=3.10]"},
        {"pyproject.toml": "requires-python = '>=3.11'"},
        {"a.py": "", "deploy/stack.yml": "Runtime: python3.11"},
        {"a.py": "", "README.md": "It needs Python 3.11."},
        {"README.md": ""},
    ],
    fails=[
        {"a.py": "", "requirements.txt": "x"},
        {"a.py": "", ".python-version": "3.11", "Dockerfile": "FROM python:3.9-slim"},
    ],
)
def python_is_pinned(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    The same code under another Python is another program.

    Commit a `.python-version`, and build the image from the same version.
    """
    pin = re.search(r"(\d+\.\d+)", project.text(".python-version"))
    images = [
        (path, *one) for path in project.find("Dockerfile*", "**/Dockerfile") for one in _images(project.text(path))
    ]
    for path, version, line in images:
        if pin and version != pin[1]:
            yield Finding(path, f"the image has Python {version}, .python-version says {pin[1]}", line)
    if code(project, standards).product and not (pin or images or library(project) or _says(project)):
        yield Finding("pyproject.toml", "nothing says which Python it runs on")


def _images(text: str) -> Iterator[tuple[str, int]]:
    """Yield version and line of each official Python image."""
    for found in re.finditer(r"(?m)^FROM\s+(?:--\S+\s+)?(?:\S*/)?python:(\d+\.\d+)", text):
        yield found[1], text.count("\n", 0, found.start()) + 1


def _says(project: Project) -> bool:
    """Tell whether a manifest, an environment or CI names a version of Python."""
    said = "".join(project.text(path) for path in project.find(*PINNING))
    others = (
        ""
        if project.recorded
        else "".join(text for _, text in project.texts(project.find("**/*.y*ml", "**/[Rr][Ee][Aa][Dd][Mm][Ee]*")))
    )
    known = r"requires-python|python_requires|python_version|(?m:^[-\s\"']*python\s*=)|python[=<>~]|(?m:^python[- ])"
    known += r"|python:?3\.\d|pythons?/?\w*:3\.\d"
    deployed = r"(?i)(runtime|image|version)\S*:\s*\S*python[:-]?3\.\d|\bpython\W{0,12}3\.\d"
    built = r"python-version|python_version|image:\s*[\"']?python:"
    return bool(re.search(known, said) or re.search(built, ci.written(project)) or re.search(deployed, others))


@rule(
    "TRN104",
    "randomness has a seed",
    stage="shared",
    severity="warning",
    passes=[
        {"src/train.py": "import torch\ntorch.manual_seed(7)"},
        {"src/train.py": "import sklearn", "params.yml": "seed: 7"},
        {"src/a.py": "import torch"},
        {"src/train.py": "from sklearn.linear_model import LinearRegression\nLinearRegression().fit(X, y)"},
    ],
    fails=[
        {"src/train.py": "import torch\ntorch.nn.Linear(1, 2)"},
        {"src/train.py": "from sklearn.ensemble import RandomForestClassifier\nRandomForestClassifier()"},
        {
            "src/train.py": "import sklearn\nfrom .data import split",
            "src/data.py": "import random\nrandom.shuffle(rows)",
        },
    ],
)
def randomness_has_a_seed(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    Two trainings of one commit must give one model, or nobody can tell a change from luck.

    Set one seed in the configuration, and pass it to whatever draws.
    """
    files = code(project, standards)
    found = trainers(project, files)
    if (
        not found
        or library(project)
        or not any(_draws(files.facts(p)) for one in found for p in files.graph.reach(one))
    ):
        return
    seeded = any(
        files.facts(path).seeded
        for path in files.naming(("seed", "random_state", "default_rng", "RandomState", "PRNGKey"), files.product)
    )
    said = any(
        re.search(r"(?m)^\s*[\"']?(random_)?(seed|random_state)", project.text(p))
        for p in project.find("**/*.yml", "**/*.yaml", "**/*.toml", "**/*.json")
        if not p.endswith(("lock.json", "package-lock.json"))
    )
    if not seeded and not said:
        yield Finding(found[0], "training draws at random, and nothing sets a seed")


def _draws(said: Facts) -> bool:
    """Tell whether a file draws at random: its networks start so, or it calls what does."""
    networks = any(name.partition(".")[0] in NETWORKS for name in said.modules)
    return networks or any(DRAWING.search(name) for name in said.calls)


@rule(
    "TRN109",
    "runs are tracked",
    stage="shared",
    severity="warning",
    passes=[
        {"src/train.py": "import sklearn\nimport mlflow"},
        {"src/train.py": "import sklearn", "src/log.py": "from wandb import init"},
        {"src/train.py": "import sklearn", "dvc.lock": ""},
        {PROJECT: "entry_points: {train: train, track: log}", "train.py": "import log", "log.py": "x = 1"},
        {"README.md": ""},
    ],
    fails=[
        ADDING,
        {PROJECT: "entry_points: {train: train}", "train.py": "x = 1"},
        {PROJECT: "entry_points: {train: train, track: log}", "train.py": "x = 1", "log.py": "x = 1"},
    ],
)
def runs_are_tracked(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A run of which nobody knows code, data and settings is an anecdote.

    Log parameters, metrics, the git commit and the data's version with a tracker, for example MLflow.
    """
    files = code(project, standards)
    found = trainers(project, files)
    if not found or library(project) or project.has("dvc.lock", "dvc.yaml"):
        return
    tracked = files.importing(standards.names("trackers"), files.product) or _written(project, files, standards)
    if not tracked and not _own(project, files, found[0]):
        yield Finding(found[0], "training logs its runs nowhere")


def _own(project: Project, files: Code, trainer: str) -> bool:
    """Tell whether training reaches a tracker of the project's own, which `entry_points` names."""
    tracker = files.graph.file(project.entry("track").partition(":")[0]) if project.entry("track") else ""
    return bool(tracker) and tracker in files.graph.reach(trainer)


def _written(project: Project, files: Code, standards: Standards) -> bool:
    """Tell whether a tracker is named in configuration or by a flag, as `report_to: wandb`."""
    names = "|".join(map(re.escape, standards.names("trackers")))
    said = (project.text(path) for path in project.find("conf*/**/*.y*ml", "**/conf*/**/*.y*ml", "*.y*ml"))
    return any(re.search(rf"\b({names})\b", text) for text in said)


MODEL = {
    PROJECT: "entry_points: {train: churn.train}",
    "src/churn/train.py": "from .model import build",
    "src/churn/model.py": "def build(): ...",
}


@rule(
    "TRN110",
    "the model is tested",
    stage="production",
    severity="warning",
    requires=("PRJ106",),
    passes=[{**MODEL, "tests/test_model.py": "from churn.model import build"}, {"README.md": ""}],
    fails=[
        {**MODEL, "tests/test_train.py": "import churn.train"},
        {**MODEL, PROJECT: "entry_points: {train: churn.train, model: churn.nets}", "src/churn/nets.py": "",
         "tests/test_model.py": "import churn.model"},
    ],
)  # fmt: skip
def the_model_is_tested(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A wrong layer or a lost column makes a model that learns a little less, and no error.

    Write a test that builds the model, and looks that it learns a small sample and answers in the right shape.
    """
    files = code(project, standards)
    start = files.graph.file(project.entry("train").partition(":")[0]) if project.entry("train") else ""
    if not start:
        return
    named = files.graph.file(project.entry("model").partition(":")[0]) if project.entry("model") else ""
    reached = files.graph.reach(start)
    words = "|".join(standards.names("model_modules"))
    found = [named] if named else [path for path in reached if re.search(rf"(^|/)({words})(\.py|/[^/]+\.py)$", path)]
    tested = {path for test in files.tests for path in _tried(files, test)}
    if found and not tested.intersection(found):
        yield Finding(found[0], "no test imports the model")


def _tried(files: Code, test: str) -> Iterable[str]:
    """Return the modules that a test is about: those it imports; where its name tells of a model, all it reaches."""
    return files.graph.reach(test) if "model" in test.rpartition("/")[2] else files.graph.imported(test)

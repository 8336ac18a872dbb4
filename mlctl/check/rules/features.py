"""Features: one code for training and serving, proven on the import graph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mlctl.check.code import Code, code
from mlctl.check.imports import way
from mlctl.check.rule import Finding, asked, rule
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards

POINTS = "entry_points: {train: churn.train, serve: churn.serve}"
BOTH = {
    PROJECT: POINTS,
    "src/churn/__init__.py": "",
    "src/churn/features.py": "def derive(): ...",
    "src/churn/train.py": "from .features import derive",
    "src/churn/serve.py": "import churn.features",
}
PARITY = re.compile(
    r"parity|skew|(offline|batch|train)\w*_(\w*_)?(online|http|serv|request|process)"
    r"|(online|http|serv|request|process)\w*_(\w*_)?(offline|batch|train|agree)",
    re.I,
)
FORKED = '[[package]]\nname = "numpy"\nversion = "2.5.5"\n\n[[package]]\nname = "numpy"\nversion = "2.4.6"\n'
STACK = (
    "scikit-learn",
    "torch",
    "tensorflow",
    "keras",
    "pandas",
    "numpy",
    "xgboost",
    "lightgbm",
    "catboost",
    "transformers",
    "onnxruntime",
    "polars",
)


@rule(
    "FEA101",
    "training and serving import one feature module",
    stage="production",
    policy="required",
    passes=[
        BOTH,
        {"README.md": ""},
        {PROJECT: "entry_points: {train: churn.train}"},
        {
            **BOTH,
            "src/churn/serve.py": "from churn.shared import derive",
            "src/churn/shared/__init__.py": "from ..features import derive",
        },
    ],
    fails=[
        {**BOTH, "src/churn/serve.py": "def derive(): ..."},
        {
            **BOTH,
            "src/churn/serve.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import features",
        },
        {**BOTH, PROJECT: "entry_points: {train: churn.train, serve: churn.api}"},
    ],
)
def one_feature_module(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A feature that is computed twice is computed differently sooner or later, and the model is wrong without an error.

    Import the feature module in the serving code (or name it as `entry_points: features` in .mlctl/project.yml).
    """
    said = verdict(project, standards)
    if said:
        yield Finding(said[0], said[1])


def verdict(project: Project, standards: Standards) -> tuple[str, str] | None:
    """Return the file and the words of what is wrong, nothing where training and serving share the features."""
    if not asked(project, "serve") or not asked(project, "train"):
        return None
    files, ends = code(project, standards), {}
    for name in ("train", "serve"):
        ends[name] = files.graph.file(project.entry(name).partition(":")[0])
        if not ends[name]:
            return PROJECT, f"the entry point '{name}' names {project.entry(name)}, which is no module of this project"
    trained, served = files.graph.reach(ends["train"]), files.graph.reach(ends["serve"])
    wanted = _modules(project, files, standards)
    if not wanted:
        return PROJECT, "no feature module is named: say `entry_points: features`"
    if any(path in trained and path in served for path in wanted):
        return None
    path = next((p for p in wanted if p in trained), next((p for p in wanted if p in served), wanted[0]))
    return ends["serve"] if path in trained else ends["train"], "; ".join(
        f"{name} {_way(found, path, end)}"
        for name, found, end in (("training", trained, ends["train"]), ("serving", served, ends["serve"]))
    )


def _modules(project: Project, files: Code, standards: Standards) -> list[str]:
    """Return the files that are the feature module: named in the record, else by what such modules are called."""
    named = files.graph.file(project.entry("features").partition(":")[0]) if project.entry("features") else ""
    if named:
        folder = named.removesuffix("__init__.py")
        return [named, *(p for p in files.product if folder != named and p.startswith(folder) and p != named)]
    names = "|".join(standards.names("feature_modules"))
    return [path for path in files.product if re.search(rf"(^|/)({names})(/[^/]+)*\.py$|(^|/)({names})/", path)]


def _way(found: Mapping[str, str], path: str, end: str) -> str:
    if path in found:
        return "imports it by " + " → ".join(way(dict(found), path))
    return f"never imports {path} (from {end}, {len(found)} modules)"


@rule(
    "FEA102",
    "a parity test compares offline and online features",
    stage="production",
    fix="safe",
    requires=("PRJ106",),
    passes=[{**BOTH, "tests/test_parity.py": "def test_a(): ...", "tox.ini": ""}, {"README.md": ""}],
    fails=[{**BOTH, "tests/test_a.py": "def test_a(): ..."}],
)
def a_parity_test_exists(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    Only the same rows through both paths show that both compute the same.

    Write a test, tests/test_parity.py, that sends rows through training's features and through the service.
    """
    if not asked(project, "serve"):
        return
    files = code(project, standards)
    if not any(PARITY.search(path) or any(PARITY.search(n) for n in files.facts(path).defined) for path in files.tests):
        yield Finding("tests", "no test compares offline and online features")


@rule(
    "FEA103",
    "feature modules are tested",
    stage="shared",
    severity="warning",
    requires=("PRJ106",),
    passes=[{**BOTH, "tests/test_features.py": "from churn.features import derive"}, {"README.md": ""}],
    fails={**BOTH, "tests/test_a.py": "import churn.train"},
)
def features_are_tested(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A wrong feature raises no error; only a test that knows the right value sees it.

    Write a test that imports the feature module and compares with values computed by hand.
    """
    if not asked(project, "train"):
        return
    files = code(project, standards)
    tested = {path for test in files.tests for path in files.graph.imported(test)}
    for path in _modules(project, files, standards):
        if not path.endswith("__init__.py") and path not in tested:
            yield Finding(path, "no test imports this feature module")


@rule(
    "FEA106",
    "serving and training agree on library versions",
    stage="production",
    requires=("TRN101",),
    passes=[
        {"uv.lock": "", **BOTH},
        {**BOTH, "requirements.txt": "pandas==2.2.0", "serve/requirements.txt": "pandas==2.2.0"},
        {**BOTH, "uv.lock": FORKED, "Dockerfile": "RUN pip install numpy==2.4.6"},
    ],
    fails=[
        {**BOTH, "requirements.txt": "pandas==2.2.0", "serve/requirements.txt": "pandas==2.1.0", "uv.lock": ""},
        {
            **BOTH,
            "uv.lock": '[[package]]\nname = "numpy"\nversion = "2.1.0"\n',
            "Dockerfile": "RUN pip install numpy==1.26.0",
        },
    ],
)
def versions_agree(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A model pickled under one version and loaded under another is another model.

    Install the service from the lock that training uses.
    """
    if not asked(project, "serve"):
        return
    known: dict[str, tuple[str, dict[str, int]]] = {}
    for path in project.find(
        "uv.lock", "requirements*.txt", "*/requirements*.txt", "Dockerfile*", "*/Dockerfile*", "**/Dockerfile"
    ):
        if re.search(r"dev|test|doc|lint", path):
            continue
        for name, versions in _pins(project.text(path), path.endswith(".lock")).items():
            first, others = known.setdefault(name, (path, versions))
            if others.keys().isdisjoint(versions):
                version = next(iter(versions))
                told = f"{name} is {version} here and {next(iter(others))} in {first}"
                yield Finding(path, told, versions[version])


def _pins(text: str, lock: bool) -> dict[str, dict[str, int]]:
    """Return the line of each pinned version by package: a lock may hold one for each Python."""
    pattern = r'(?m)^name = "({})"\nversion = "([^"]+)"' if lock else r"(?<![\w-])({})==([\w.]+)"
    pins: dict[str, dict[str, int]] = {}
    for found in re.finditer(pattern.format("|".join(STACK)), text):
        pins.setdefault(found[1], {}).setdefault(found[2], text.count("\n", 0, found.start()) + 1)
    return pins

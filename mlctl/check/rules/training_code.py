"""Training, one file at a time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlctl.check.rule import Finding, file_rule
from mlctl.check.source import Source, constant, keyword, spread

if TYPE_CHECKING:
    from mlctl.check.code import Code
    from mlctl.core.standards import Standards

SPLITS = frozenset(("train_test_split", "ShuffleSplit", "StratifiedShuffleSplit", "GroupShuffleSplit"))
FOLDS = frozenset(("KFold", "StratifiedKFold", "StratifiedGroupKFold"))
REPEATED = frozenset(("RepeatedKFold", "RepeatedStratifiedKFold", "RandomizedSearchCV"))
ESTIMATORS = frozenset(
    ("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor", "KMeans")
    + ("BaggingClassifier", "BaggingRegressor", "MLPClassifier", "MLPRegressor", "SGDClassifier", "SGDRegressor")
    + ("IsolationForest", "MiniBatchKMeans", "GaussianMixture", "TSNE")
)
SEEDING = re.compile(
    r"numpy\.random\.seed$|\.(seed_everything|set_(global_|random_|all_)?seeds?|seed_(all|everything))$|\.(fix|init)_(random_)?seeds?$"
)
START = "from sklearn.model_selection import train_test_split, KFold\n"


def seeded(files: Code, path: str) -> bool:
    """Tell whether what lies beside or above a file seeds numpy, from which scikit-learn draws without a state."""

    def found() -> list[str]:
        named = files.naming(("seed",), files.product)
        return [one.rpartition("/")[0] for one in named if any(map(SEEDING.search, files.facts(one).calls))]

    return any(not folder or path.startswith(f"{folder}/") for folder in files.project.memo("seeding", found))


@file_rule(
    "TRN105",
    "splits and stochastic estimators are seeded",
    words="sklearn",
    stage="shared",
    fix="unsafe",
    passes=[
        START + "train_test_split(X, y, random_state=0)",
        START + "KFold(5)",
        START + "train_test_split(X, shuffle=False)",
        START + "train_test_split(X, **options)",
        "train_test_split(X)",
        START + "import numpy as np\nnp.random.seed(0)\ntrain_test_split(X, y)",
        {"src/data.py": START + "train_test_split(X, y)", "train.py": "from .a import set_seed as s\ns(1)"},
    ],
    fails=[
        START + "train_test_split(X, y)",
        START + "KFold(5, shuffle=True)",
        START + "train_test_split(X, random_state=None)",
        "import sklearn.ensemble as e\ne.RandomForestClassifier(100)",
        {"a/data.py": START + "train_test_split(X, y)", "b/c.py": "import numpy\nnumpy.random.seed(1)"},
        {"src/data.py": START + "train_test_split(X, y)", "tests/test_a.py": "import numpy\nnumpy.random.seed(1)"},
    ],
    unless=seeded,
)
def splits_are_seeded(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    Two runs of one commit must give the same split and the same model.

    Pass `random_state=` with the seed of the configuration.
    """
    if not source.product:
        return
    for name, call in source.calls:
        short = name.rpartition(".")[2]
        if name.startswith("sklearn.") and _draws(short, call) and not spread(call):
            given = keyword(call, "random_state")
            if given is None or constant(given) is None:
                yield Finding(source.path, f"`{short}` has no random_state", call.lineno)


def _draws(name: str, call: ast.Call) -> bool:
    if name in FOLDS:
        return constant(keyword(call, "shuffle")) is True and len(call.args) < 3
    if name == "train_test_split":
        return constant(keyword(call, "shuffle")) is not False
    return name in SPLITS | REPEATED | ESTIMATORS

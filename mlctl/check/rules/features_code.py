"""Features, one file at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlctl.check.rule import Finding, file_rule
from mlctl.check.source import Source

if TYPE_CHECKING:
    from mlctl.core.standards import Standards

FITTING = frozenset(("fit", "fit_transform", "fit_resample"))
STATELESS = frozenset(
    ("FunctionTransformer", "HashingVectorizer", "Normalizer", "Binarizer")
    + ("LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer")
)
SPLIT = "sklearn.model_selection.train_test_split"
START = """\
from sklearn.model_selection import train_test_split as tts
from sklearn.preprocessing import StandardScaler, LabelEncoder
"""


@file_rule(
    "FEA104",
    "nothing is fitted before the split",
    words="train_test_split",
    stage="shared",
    severity="error",
    passes=[
        START + "def f(X, y):\n    a, b = tts(X)\n    a = StandardScaler().fit_transform(a)",
        START + "def f(X, y):\n    y = LabelEncoder().fit_transform(y)\n    return tts(X, y)",
        START + "def f(X, Z):\n    Z = StandardScaler().fit_transform(Z)\n    return tts(X)",
    ],
    fails=[
        START + "def f(X, y):\n    X = StandardScaler().fit_transform(X)\n    return tts(X, y)",
        START + "s = StandardScaler()\nX = s.fit_transform(X)\na, b = tts(X)",
        START + "def f(X, y):\n    s = StandardScaler()\n    s.fit(X)\n    return tts(s.transform(X), y)",
    ],
)
def nothing_is_fitted_before_the_split(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    What saw the hold-out before the split makes the hold-out agree with the model, and the model worse than its number.

    Split first, then fit on the training part; best inside one `Pipeline`.
    """
    for scope in _scopes(source.tree):
        calls = sorted(
            (node for node in _own(scope) if isinstance(node, ast.Call)),
            key=lambda node: (node.lineno, node.col_offset),
        )
        splits = [node for node in calls if source.resolve(node.func) == SPLIT]
        made = _transformers(source, scope)
        for call in calls:
            name = _fitted(source, call, made)
            if name and any(
                call.lineno <= split.lineno and name in _names(split.args) and _untouched(scope, name, call, split)
                for split in splits
            ):
                yield Finding(source.path, f"'{name}' is fitted on before `train_test_split` splits it", call.lineno)


def _scopes(tree: ast.Module) -> Iterator[ast.AST]:
    yield tree
    yield from (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope without those of functions and classes inside it."""
    todo = list(ast.iter_child_nodes(scope))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo += ast.iter_child_nodes(node)


def _transformers(source: Source, scope: ast.AST) -> dict[str, str]:
    """Return the class of each variable that a transformer of scikit-learn or imbalanced-learn is assigned to."""
    found = {}
    for node in _own(scope):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = source.resolve(node.value.func)
    return found


def _fitted(source: Source, call: ast.Call, made: dict[str, str]) -> str:
    """Return the variable that a call fits a transformer on, if it does."""
    if (
        not isinstance(call.func, ast.Attribute)
        or call.func.attr not in FITTING
        or not call.args
        or not isinstance(call.args[0], ast.Name)
    ):
        return ""
    owner = call.func.value
    kind = (
        source.resolve(owner.func)
        if isinstance(owner, ast.Call)
        else made.get(owner.id, "")
        if isinstance(owner, ast.Name)
        else ""
    )
    module = any(
        f".{part}." in f".{kind}"
        for part in (
            "preprocessing",
            "impute",
            "feature_selection",
            "decomposition",
            "feature_extraction",
            "over_sampling",
            "under_sampling",
            "combine",
        )
    )
    learned = kind.startswith(("sklearn.", "imblearn.")) and module and kind.rpartition(".")[2] not in STATELESS
    return call.args[0].id if learned else ""


def _untouched(scope: ast.AST, name: str, first: ast.Call, last: ast.Call) -> bool:
    """Tell whether `name` is bound by nothing but the fitting itself between the two calls."""
    for node in _own(scope):
        if isinstance(node, ast.Assign) and first.lineno < node.lineno < last.lineno:
            targets = {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            if name in targets and name not in _names([node.value]):
                return False
    return True


def _names(nodes: list[ast.expr]) -> set[str]:
    return {node.id for one in nodes for node in ast.walk(one) if isinstance(node, ast.Name)}

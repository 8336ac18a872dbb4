"""Features, one file at a time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mlctl.check import flow
from mlctl.check.flow import Branch, names, own
from mlctl.check.rule import Finding, file_rule
from mlctl.check.source import Source

if TYPE_CHECKING:
    from mlctl.core.standards import Standards

SPLIT = "sklearn.model_selection.train_test_split"
START = """\
from sklearn.model_selection import train_test_split as tts
from sklearn.preprocessing import StandardScaler, LabelEncoder
"""


class Fit(NamedTuple):
    """What a transformer was fitted on, where, and on which way."""

    name: str
    line: int
    branch: Branch


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
        START + "def f(X):\n    if X.whole:\n        StandardScaler().fit(X)\n    else:\n        tts(X)",
        START + "def f(X, mask):\n    s = StandardScaler().fit(X[mask])\n    return tts(X)",
    ],
    fails=[
        START + "def f(X, y):\n    X = StandardScaler().fit_transform(X)\n    return tts(X, y)",
        START + "s = StandardScaler()\nX = s.fit_transform(X)\na, b = tts(X)",
        START + "def f(X, y):\n    s = StandardScaler()\n    s.fit(X)\n    return tts(s.transform(X), y)",
        START + "X = df.drop(columns='y')\nscaled = StandardScaler().fit_transform(X)\na, b = tts(scaled, df['y'])",
        START + "df[cols] = StandardScaler().fit_transform(df[cols])\nX = df.drop(columns='y')\ntts(X, df['y'])",
        START + "tts(StandardScaler().fit_transform(X))",
    ],
)
def nothing_is_fitted_before_the_split(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    What saw the hold-out before the split makes the hold-out agree with the model, and the model worse than its number.

    Split first, then fit on the training part; best inside one `Pipeline`.
    """
    for scope in flow.scopes(source.tree):
        if any(source.resolve(n.func) == SPLIT for n in own(scope) if isinstance(n, ast.Call)):
            for name, line in dict(_leaks(source, scope)).items():
                yield Finding(source.path, f"'{name}' is fitted on before `train_test_split` splits it", line)


def _leaks(source: Source, scope: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield (variable, line) of what a transformer was fitted on before it, or what came of it, is split."""
    made = flow.transformers(source, scope)
    seen: dict[str, Fit] = {}
    for statement, branch in flow.statements(scope):
        calls = [node for node in flow.parts(statement) if isinstance(node, ast.Call)]
        fits = {id(one): flow.fitted(source, one, made) for one in calls if flow.fitted(source, one, made)}
        for one in calls:
            if id(one) in fits:
                seen[fits[id(one)]] = Fit(fits[id(one)], one.lineno, branch)
        for one in (call for call in calls if source.resolve(call.func) == SPLIT):
            for name in names(one.args) & seen.keys():
                if not flow.apart(seen[name].branch, branch):
                    yield seen[name].name, seen[name].line
        _bind(statement, seen)


def _bind(statement: ast.stmt, seen: dict[str, Fit]) -> None:
    """Follow an assignment: what comes of fitted rows is fitted, a variable that is bound anew is not."""
    value = getattr(statement, "value", None)
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or value is None:
        return
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    known = [seen[name] for name in names([value]) if name in seen]
    for target in targets:
        if known:
            seen.update(dict.fromkeys(flow.roots(target), known[0]))
        elif isinstance(target, ast.Name):
            seen.pop(target.id, None)


SAVERS = re.compile(
    r"(pickle|joblib|cloudpickle|dill|skops\.io)\.dumps?|mlflow\.\w+\.(log|save)_model|bentoml\.\w+\.save_model"
)
OWN_SAVERS = frozenset(("save_model", "save", "to_onnx"))
ESTIMATORS = re.compile(
    r"sklearn\.(ensemble|linear_model|svm|tree|neighbors|neural_network|naive_bayes|cluster|discriminant_analysis)\."
    r"|(xgboost|lightgbm|catboost)\."
)
LOST = """\
import joblib
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

def train(X, y):
    scaler = StandardScaler()
    X = scaler.fit_transform(X)
    model = Ridge().fit(X, y)
    joblib.dump(model, "model.joblib")
"""


@file_rule(
    "FEA105",
    "the model carries its preprocessing",
    words="sklearn",
    stage="production",
    passes=[
        LOST.replace("dump(model,", "dump((scaler, model),"),
        LOST + "    return scaler\n",
        LOST.replace('    joblib.dump(model, "model.joblib")\n', ""),
        LOST.replace("StandardScaler()", "Normalizer()").replace("import StandardScaler", "import Normalizer"),
        LOST.replace("joblib.dump(model", "self.scaler = scaler\n    joblib.dump(model"),
        LOST.replace(
            "    X = scaler.fit_transform(X)\n    model = Ridge()", "    model = make_pipeline(scaler, Ridge())"
        ),
    ],
    fails=[LOST, LOST.replace("scaler = StandardScaler()\n    X = scaler", "X = StandardScaler()")],
)
def the_model_carries_its_preprocessing(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    A model that is saved without what its columns went through is served other columns than it learned from.

    Put both into one `Pipeline` and save that, or save the fitted transformer beside the model.
    """
    if not source.product:
        return
    for scope in flow.scopes(source.tree):
        calls = [node for node in own(scope) if isinstance(node, ast.Call)]
        models = _models(source, scope)
        if not any(_saved(source, one, models) for one in calls):
            continue
        made = flow.transformers(source, scope)
        for call in calls:
            if flow.fitted(source, call, made) and not _escapes(scope, call):
                what = flow.short(flow.kind(source, call, made))
                yield Finding(source.path, f"the fitted {what} is not saved with the model", call.lineno)


def _models(source: Source, scope: ast.AST) -> set[str]:
    """Return the variables that an estimator, or what was searched with one, is assigned to."""
    found: set[str] = set()
    for node in sorted((n for n in own(scope) if isinstance(n, ast.Assign)), key=lambda node: node.lineno):
        calls = (one for one in ast.walk(node.value) if isinstance(one, ast.Call))
        if any(ESTIMATORS.match(source.resolve(one.func)) for one in calls) or _same(node.value) in found:
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _same(value: ast.expr) -> str:
    """Return the variable whose model an expression is: `model`, `model.fit(X)`, `search.best_estimator_`."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "fit":
        value = value.func.value
    value = value.value if isinstance(value, ast.Attribute) and value.attr == "best_estimator_" else value
    return value.id if isinstance(value, ast.Name) else ""


def _saved(source: Source, call: ast.Call, models: set[str]) -> bool:
    """Tell whether a call saves one of the models."""
    told = [*call.args, *(one.value for one in call.keywords)]
    if SAVERS.fullmatch(source.resolve(call.func)):
        return bool(names(told) & models)
    return isinstance(call.func, ast.Attribute) and call.func.attr in OWN_SAVERS and bool(names([call.func]) & models)


def _escapes(scope: ast.AST, call: ast.Call) -> bool:
    """Tell whether a fitted transformer is used for more than to transform: returned, stored or handed on."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if not isinstance(owner, ast.Name):
        return False
    plain = {id(n.value) for n in own(scope) if isinstance(n, ast.Attribute)}
    return any(
        isinstance(node, ast.Name) and node.id == owner.id and isinstance(node.ctx, ast.Load) and id(node) not in plain
        for node in ast.walk(scope)
    )

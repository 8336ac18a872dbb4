"""What happens to rows inside one function: which transformers learn from them, and where they go."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from mlctl.check.source import Source

FITTING = frozenset(("fit", "fit_transform", "fit_resample"))
STATELESS = frozenset(
    ("FunctionTransformer", "HashingVectorizer", "Normalizer", "Binarizer")
    + ("LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer", "OneHotEncoder", "OrdinalEncoder")
    + ("PolynomialFeatures", "FeatureHasher", "DictVectorizer")
)
LEARNING = re.compile(
    r"\.(preprocessing|impute|feature_selection|decomposition|feature_extraction|over_sampling|under_sampling|combine)\."
)
WHOLE = frozenset(("to_numpy", "reshape", "copy", "astype", "fillna", "drop", "toarray"))
COLUMNS = re.compile(r"col|feat|num|cat|var|names?$|fields?$", re.I)
Branch = tuple[tuple[int, str], ...]


def scopes(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the module and each function in it."""
    yield tree
    yield from (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def own(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope without those of functions and classes inside it."""
    todo = list(ast.iter_child_nodes(scope))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo += ast.iter_child_nodes(node)


def statements(scope: ast.AST, branch: Branch = ()) -> Iterator[tuple[ast.stmt, Branch]]:
    """Yield the statements of a scope in their order, each with the ways taken at the ifs around it."""
    for field in ("body", "handlers", "orelse", "finalbody", "cases"):
        for one in getattr(scope, field, ()):
            way = (*branch, (id(scope), field)) if isinstance(scope, (ast.If, ast.Try)) else branch
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            if isinstance(one, ast.stmt):
                yield one, way
            yield from statements(one, way)


def parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement without those of the statements in it."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.Lambda):
            todo += [one for one in ast.iter_child_nodes(node) if not isinstance(one, (ast.stmt, ast.ExceptHandler))]


def apart(one: Branch, other: Branch) -> bool:
    """Tell whether two statements stand in different branches of one `if`, so that never both run."""
    ways = dict(one)
    return any(ways.get(where, field) != field for where, field in other)


def transformers(source: Source, scope: ast.AST) -> dict[str, str]:
    """Return the class of each variable that a transformer of scikit-learn or imbalanced-learn is assigned to."""
    found = {}
    for node in own(scope):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = source.resolve(node.value.func)
    return found


def fitted(source: Source, call: ast.Call, made: dict[str, str]) -> str:
    """Return the variable that a call fits a transformer on, if it does."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in FITTING or not call.args:
        return ""
    what = kind(source, call, made)
    learned = what.startswith(("sklearn.", "imblearn.")) and LEARNING.search(what) and short(what) not in STATELESS
    return next(iter(sorted(roots(call.args[0]))), "") if learned else ""


def kind(source: Source, call: ast.Call, made: dict[str, str]) -> str:
    """Return the class of the transformer that a method is called of: `Scaler().fit`, or a variable that is one."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(owner, ast.Call):
        return source.resolve(owner.func)
    return made.get(owner.id, "") if isinstance(owner, ast.Name) else ""


def short(kind: str) -> str:
    """Return the last word of a class's name."""
    return kind.rpartition(".")[2]


def roots(node: ast.expr) -> set[str]:
    """Return the variable that an expression takes all rows of: `X`, `X["a"]`, `X[columns]`, `X.values`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute) and node.attr not in ("loc", "iloc"):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WHOLE:
            node = node.func.value
        elif isinstance(node, ast.Subscript) and columns(node.slice):
            node = node.value
        else:
            return set()
    return {node.id}


def columns(node: ast.expr) -> bool:
    """Tell whether a subscript names columns and chooses no rows."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return all(map(columns, node.elts))
    if isinstance(node, (ast.Name, ast.Attribute)):
        return bool(COLUMNS.search(node.id if isinstance(node, ast.Name) else node.attr))
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def names(nodes: list[ast.expr]) -> set[str]:
    """Return the variables that stand in expressions."""
    return {node.id for one in nodes for node in ast.walk(one) if isinstance(node, ast.Name)}

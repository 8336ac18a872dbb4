"""What rules over a whole project need to know of one Python file: small, plain, and the same for the same bytes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from mlctl.check.source import Source

Import = tuple[int, str, tuple[str, ...], tuple[str, ...]]
CHECKS = re.compile(r"(^|_)(validate|check|enforce|expect|verify|conform|assert)", re.I)
TYPED = frozenset(("check_types", "check_io", "check_input", "check_output", "validate_call"))
LOGS = re.compile(
    r"(log|record|store|save|write|insert|add|emit|publish|send|track|persist|capture|audit)s?_?(\w+_)?(prediction|inference)"
    r"|(prediction|inference|predict)s?_?(\w+_)?(log|record|store|sink|writer|table|audit|history|event)|predlog",
    re.I,
)
SEEDS = frozenset(("random_state", "seed", "random_seed", "seed_", "manual_seed"))
SEEDING = ("seed", "random", "default_rng", "prngkey", "generator")  # one of these is in every text that seeds


class Facts(NamedTuple):
    """Imports as (level, module, names, names here); dotted names called; what is defined; whether something is seeded.

    `checked` are names that something is checked against, `logging` those that tell of a log of predictions.
    """

    imports: tuple[Import, ...] = ()
    calls: tuple[str, ...] = ()
    defined: tuple[str, ...] = ()
    seeded: bool = False
    checked: tuple[str, ...] = ()
    logging: tuple[str, ...] = ()

    @property
    def modules(self) -> frozenset[str]:
        """The absolute modules imported, and the names from them."""
        found = {module for level, module, _, _ in self.imports if not level}
        return frozenset(found | {f"{m}.{n}" for level, m, names, _ in self.imports if not level for n in names})


def facts(source: Source) -> Facts:
    """Return the facts of a file; nothing where it is no Python."""
    try:
        nodes = source.nodes
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Facts()
    calls = {name for name, _ in source.calls}
    defined = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    checked = {name for node in nodes for name in _checks(node)}
    text = source.text.lower()  # to look for a word here is far quicker than to look at each node
    predicts = any(word in text for word in ("predict", "inference", "predlog"))
    logging = {name for node in nodes for name in _named(node) if LOGS.search(name)} if predicts else ()
    dynamic = "import_module" in text or "__import__" in text
    seeded = any(word in text for word in SEEDING) and any(map(_seeds, nodes))
    return Facts(
        tuple(_imports(source.tree, dynamic)), tuple(sorted(calls)), tuple(sorted(defined)), seeded,
        tuple(sorted(checked)), tuple(sorted(logging)),
    )  # fmt: skip


def _imports(tree: ast.Module, dynamic: bool) -> Iterator[Import]:
    """Yield what runs an import, not what only a type checker reads; `import_module` of a literal is `dynamic`."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and getattr(node.test, "attr", getattr(node.test, "id", "")) == "TYPE_CHECKING":
            todo += node.orelse[::-1]
        elif isinstance(node, ast.Import):
            yield from ((0, one.name, (), ()) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            bound = tuple(one.asname or one.name for one in node.names)
            yield (node.level, node.module or "", tuple(one.name for one in node.names), bound)
        elif dynamic or not isinstance(node, ast.expr):
            if isinstance(node, ast.Call) and _dynamic(node):
                name = str(node.args[0].value)  # type: ignore[attr-defined]
                yield (len(name) - len(name.lstrip(".")), name.lstrip("."), (), ())
            todo += list(ast.iter_child_nodes(node))[::-1]


def _dynamic(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0] if call.args else None
    return name in ("import_module", "__import__") and isinstance(first, ast.Constant) and isinstance(first.value, str)


def _seeds(node: ast.AST) -> bool:
    """Tell whether a node seeds something: by a keyword, a key of a table, or a call named for it."""
    if isinstance(node, ast.keyword):
        return node.arg in SEEDS
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and node.value in SEEDS
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return "seed" in name or (name in ("default_rng", "RandomState", "PRNGKey", "Generator") and bool(node.args))
    return False


def _checks(node: ast.AST) -> Iterator[str]:
    """Yield the names that a call or a decorator checks something against: `check(SCHEMA, rows)`, `SCHEMA.validate`."""
    if isinstance(node, ast.Call):
        base = node.func.value if isinstance(node.func, ast.Attribute) else None
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if CHECKS.search(name):
            yield from (_last(one) for one in (base, *node.args, *(k.value for k in node.keywords)) if _last(one))
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        marks = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
        if any(_last(one) in TYPED for one in marks):
            said = [*node.decorator_list, *(a.annotation for a in node.args.args if a.annotation), node.returns]
            yield from (_last(n) for one in said if one for n in ast.walk(one) if _last(n))


def _last(node: ast.AST | None) -> str:
    """Return the last word of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _named(node: ast.AST) -> Iterator[str]:
    """Yield the words by which a node names something."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (one.name for one in node.names)
        yield getattr(node, "module", "") or ""
    else:
        yield _last(node)

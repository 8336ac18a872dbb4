"""What rules over a whole project need to know of one Python file: small, plain, and the same for the same bytes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from mlctl.check.source import Source

Import = tuple[int, str, tuple[str, ...], int]
SEEDS = frozenset(("random_state", "seed", "random_seed", "seed_", "manual_seed"))


class Facts(NamedTuple):
    """Imports as (level, module, names, line); dotted names called; what is defined; keywords that seed something."""

    imports: tuple[Import, ...] = ()
    calls: tuple[str, ...] = ()
    defined: tuple[str, ...] = ()
    seeded: bool = False
    attributes: tuple[str, ...] = ()

    @property
    def modules(self) -> frozenset[str]:
        """The absolute modules imported, and the names from them."""
        found = {module for level, module, _, _ in self.imports if not level}
        return frozenset(found | {f"{m}.{n}" for level, m, names, _ in self.imports if not level for n in names})


def facts(source: Source) -> Facts:
    """Return the facts of a file; nothing where it is no Python."""
    try:
        tree = source.tree
        calls = tuple(sorted({name for name, _ in source.calls}))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Facts()
    defined = tuple(sorted({n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}))
    methods = {n.func.attr for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}
    return Facts(tuple(_imports(tree)), calls, defined, _seeded(tree), tuple(sorted(methods)))


def _imports(tree: ast.Module) -> Iterator[Import]:
    """Yield what runs an import, not what only a type checker reads; a literal `import_module("x")` counts."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            todo += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from ((0, one.name, (), node.lineno) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.level, node.module or "", tuple(one.name for one in node.names), node.lineno)
        elif isinstance(node, ast.Call) and _dynamic(node):
            yield (0, str(node.args[0].value), (), node.lineno)  # type: ignore[attr-defined]
        todo += ast.iter_child_nodes(node)


def _dynamic(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0] if call.args else None
    literal = isinstance(first, ast.Constant) and isinstance(first.value, str) and not first.value.startswith(".")
    return name in ("import_module", "__import__") and literal


def _seeded(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in SEEDS:
            return True
        if isinstance(node, ast.Constant) and node.value in SEEDS:
            return True
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if "seed" in name or (name in ("default_rng", "RandomState", "PRNGKey", "Generator") and node.args):
                return True
    return False

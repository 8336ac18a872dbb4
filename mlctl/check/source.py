"""One file as rules over a single file see it: its text, and for Python its names, calls and literals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

# below src/ lie packages: a project may well be called demo or ab-test
TEST = re.compile(
    r"(^|/)(tests?|testing|conftest\.py|docs?|notebooks?)(/|$)|(^|/)(test_[^/]*|[^/]*_test)\.py$"
    r"|(^|/)(?<!^src/)(test_\w+|\w+_tests?|examples?|benchmarks?|experiments?|tutorials?|demos?)(/|$)"
)


class Source:
    """A file: `path` in its project, `data` its bytes; what is Python is parsed when first asked for."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path, self.data = path, data

    @cached_property
    def text(self) -> str:
        """The text; odd bytes are replaced."""
        return self.data.decode("utf-8-sig", "replace")

    @property
    def product(self) -> bool:
        """Whether it is code that the product runs: no test, example, document or notebook."""
        return self.path.endswith(".py") and not TEST.search(self.path)

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; raises SyntaxError, ValueError or RecursionError where there is none."""
        return ast.parse(self.data)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the tree, walked once."""
        return list(ast.walk(self.tree))

    @cached_property
    def names(self) -> dict[str, str]:
        """The dotted name that each imported name stands for."""
        found: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for one in node.names:
                    found[one.asname or one.name.partition(".")[0]] = (
                        one.name if one.asname else one.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                start = "." * node.level + (node.module or "")
                for one in node.names:
                    found[one.asname or one.name] = f"{start}.{one.name}" if node.module else start + one.name
        return found

    def resolve(self, node: ast.expr) -> str:
        """Return the dotted name of an expression if it begins with an imported name, else nothing."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.names:
            return ""
        return ".".join([self.names[node.id], *reversed(parts)])

    @cached_property
    def calls(self) -> list[tuple[str, ast.Call]]:
        """Every call of an imported name, with its dotted name."""
        found = ((self.resolve(node.func), node) for node in self.nodes if isinstance(node, ast.Call))
        return [(name, node) for name, node in found if name]

    def literals(self) -> Iterator[ast.Constant]:
        """Yield the strings of the code that are no docstrings."""
        documents = {
            id(node.value) for node in self.nodes
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }  # fmt: skip
        for node in self.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
                yield node


def keyword(call: ast.Call, *names: str) -> ast.expr | None:
    """Return the value of the first keyword of `names` that a call has."""
    return next((one.value for one in call.keywords if one.arg in names), None)


def spread(call: ast.Call) -> bool:
    """Tell whether a call passes `**options` or `*more`, so that its arguments are not known."""
    return any(one.arg is None for one in call.keywords) or any(isinstance(one, ast.Starred) for one in call.args)


def constant(node: ast.expr | None) -> object:
    """Return the value of a literal, `...` for anything else."""
    return node.value if isinstance(node, ast.Constant) else ...

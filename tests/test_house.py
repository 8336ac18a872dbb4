"""The house stands: the floors, the sizes and the rooms are as they were agreed."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "mlctl").rglob("*.py"))
TESTS = sorted(path for path in (ROOT / "tests").rglob("*.py") if "templates" not in path.relative_to(ROOT).parts)
FORBIDDEN = {"utils", "helpers", "common", "misc", "manager", "handler", "worker"}
TOP = {"mlctl", "templates", "tests", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"}


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_point_down() -> None:
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_file_is_no_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_function_is_no_longer_than_40_lines(path: Path) -> None:
    long = [f"{f.name} ({f.end_lineno - f.lineno + 1})" for f in functions(path) if f.end_lineno - f.lineno + 1 > 40]
    assert not long


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_and_its_public_functions_say_what_they_return(path: Path) -> None:
    tree = ast.parse(path.read_text())
    public = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_"]
    assert ast.get_docstring(tree)
    assert not [node.name for node in public if not ast.get_docstring(node)]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_file_is_named_for_what_it_is(path: Path) -> None:
    assert path.stem not in FORBIDDEN


@pytest.mark.parametrize("path", [p for p in TESTS if "bench" not in p.parts], ids=name)
def test_a_test_is_no_longer_than_25_lines(path: Path) -> None:
    tests = [f for f in functions(path) if f.name.startswith("test_")]
    assert not [f.name for f in tests if f.end_lineno - f.lineno + 1 > 25]


def test_the_top_of_the_repository_is_as_agreed() -> None:
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - TOP <= {"dist", "build"}

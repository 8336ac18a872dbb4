"""The import graph: what an entry point really brings in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mlctl.check.facts import Facts, facts
from mlctl.check.imports import Graph, way
from mlctl.check.source import Source

END = "src/p/features.py"


def graph(files: Mapping[str, str]) -> Graph:
    def read(path: str) -> Facts:
        return facts(Source(path, files[path].encode()))

    return Graph(tuple(files), read)


@pytest.mark.parametrize(
    "files",
    [
        {"src/p/serve.py": "from .features import f"},
        {"src/p/serve.py": "from . import features"},
        {"src/p/serve.py": "import p.features"},
        {"src/p/serve.py": "from p import features as g"},
        {"src/p/serve.py": "def f():\n    from .features import f"},
        {"src/p/serve.py": "from p import f", "src/p/__init__.py": "from .features import f"},
        {"src/p/serve.py": "from .api import f", "src/p/api/__init__.py": "from ..features import *"},
        {
            "src/p/serve.py": "from .a import x",
            "src/p/a.py": "from .b import y",
            "src/p/b.py": "from .features import f",
        },
        {"src/p/serve.py": "import importlib\nimportlib.import_module('p.features')"},
        {"src/p/serve.py": "from .sub.deep import g", "src/p/sub/deep.py": "from ...p import features"},
    ],
)
def test_serving_reaches_the_features(files: Mapping[str, str]) -> None:
    assert END in graph({END: "", "src/p/__init__.py": "", **files}).reach("src/p/serve.py")


@pytest.mark.parametrize(
    "files",
    [
        {"src/p/serve.py": "import pandas"},
        {"src/p/serve.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .features import f"},
        {"src/p/serve.py": "from features import f", "lib/features/__init__.py": ""},
        {
            "src/p/serve.py": "from p import g",
            "src/p/__init__.py": "from .features import f\nfrom .other import g",
            "src/p/other.py": "",
        },
        {"src/p/serve.py": "# from .features import f\nx = 'import p.features'"},
    ],
)
def test_serving_does_not_reach_the_features(files: Mapping[str, str]) -> None:
    assert END not in graph({END: "", "src/p/__init__.py": "", **files}).reach("src/p/serve.py")


@pytest.mark.parametrize("module", ["p.features", "src/p/features.py"])
def test_a_module_is_found_by_its_name_or_path(module: str) -> None:
    assert graph({END: ""}).file(module) == END


def test_a_namespace_package_and_a_flat_layout_are_followed() -> None:
    found = graph({"app/main.py": "from app.lib import f", "app/lib/f.py": "", "x.py": ""}).reach("app/main.py")
    assert "app/lib/f.py" in found


def test_a_circle_ends() -> None:
    found = graph({"a.py": "import b", "b.py": "import a"})
    assert set(found.reach("a.py")) == {"a.py", "b.py"}


def test_the_way_is_told_from_the_entry_point() -> None:
    found = graph({"a.py": "import b", "b.py": "import c", "c.py": ""}).reach("a.py")
    assert way(found, "c.py") == ["a.py", "b.py", "c.py"]

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
        {"src/p/serve.py": "from importlib import import_module\nimport_module('.features', __package__)"},
        {"src/p/serve.py": "from p import g", "src/p/__init__.py": "from .features import f as g"},
        {
            "src/p/serve.py": "from p import c",
            "src/p/__init__.py": "from .api import b as c",
            "src/p/api/__init__.py": "from ..features import a as b",
        },
        {"src/p/serve.py": "from p import part", "src/p/__init__.py": "from . import features as part"},
        {"src/p/serve.py": "import p", "src/p/__init__.py": "from . import features"},
        {"src/p/serve.py": "from p import f", "src/p/__init__.py": "def __getattr__(n):\n    from .features import f"},
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
        {
            "src/p/serve.py": "from p import h",
            "src/p/__init__.py": "from .features import f as g\nfrom .other import x as h",
            "src/p/other.py": "",
        },
        {
            "src/p/serve.py": "from p import f",
            "src/p/__init__.py": "from .features import f as g\nfrom .other import x as f",
            "src/p/other.py": "",
        },
        {
            "src/p/serve.py": "from p import g",
            "src/p/__init__.py": "from .features import *\nfrom .other import *",
            "src/p/other.py": "def g(): ...",
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


@pytest.mark.parametrize(
    "files",
    [
        {"lib/p/serve.py": "from p.features import f", "lib/p/features.py": ""},
        {
            "a/src/ns/p/serve.py": "from ns.p.features import f",
            "a/src/ns/p/__init__.py": "",
            "a/src/ns/p/features.py": "",
        },
        {"a/serve/app.py": "from shared.features import f", "packages/shared/src/shared/features.py": ""},
        {"app/serve.py": "from features import f", "app/features.py": ""},
        {"app/serve.py": "import core.features as c", "core/features/__init__.py": ""},
    ],
)
def test_other_layouts_are_followed(files: Mapping[str, str]) -> None:
    start, end = next(iter(files)), next(path for path in files if "features" in path)
    assert end in graph(files).reach(start)


def test_what_two_projects_call_alike_is_taken_from_the_nearer_one() -> None:
    files = {"a/src/ns/serve.py": "from ns.f import x", "a/src/ns/f.py": "", "b/src/ns/f.py": ""}
    assert set(graph(files).reach("a/src/ns/serve.py")) == {"a/src/ns/serve.py", "a/src/ns/f.py"}


def test_a_package_that_is_run_starts_at_its_main_too() -> None:
    files = {"src/p/__init__.py": "", "src/p/__main__.py": "from . import features", END: ""}
    assert END in graph(files).reach("src/p/__init__.py")


def test_a_front_that_names_itself_ends() -> None:
    files = {
        "a.py": "from p import x",
        "p/__init__.py": "from p import x\nfrom .b import *",
        "p/b.py": "from . import *",
    }
    assert set(graph(files).reach("a.py")) == set(files)


def test_a_circle_ends() -> None:
    found = graph({"a.py": "import b", "b.py": "import a"})
    assert set(found.reach("a.py")) == {"a.py", "b.py"}


def test_the_way_is_told_from_the_entry_point() -> None:
    found = graph({"a.py": "import b", "b.py": "import c", "c.py": ""}).reach("a.py")
    assert way(found, "c.py") == ["a.py", "b.py", "c.py"]

"""Constraints: the tested pins that a project's packages reach, and what units may read of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.constraints import context, normal, reached
from mlctl.core.platform import Platform, find
from mlctl.core.source import Kind, Source
from mlctl.core.units import template
from mlctl.tools.yaml import Malformed
from tests import kit

SPLIT = """\
# resolved on a day
anyio==4.6.0
    # via
    #   starlette
    #   watchfiles
fastapi==0.115.2
    # via -r requirements.in
idna==3.10
    # via anyio
numpy==1.26.4 ; python_full_version < '3.12'
numpy==2.1.0 ; python_full_version >= '3.12'
    # via
    #   Pandas
pandas==2.2.3 \\
    --hash=sha256:0123
starlette==0.40.0
    # via fastapi
watchfiles==0.24.0
    # via uvicorn
"""
INLINE = """\
anyio==4.6.0              # via starlette, watchfiles
fastapi[standard]==0.115.2
idna==3.10                # via anyio
Jinja2==3.1.6             # via flask
starlette==0.40.0         # via fastapi
"""
FASTAPI = ["anyio==4.6.0", "fastapi==0.115.2", "idna==3.10", "starlette==0.40.0"]


@pytest.mark.parametrize("text", [SPLIT, INLINE])
def test_the_pins_of_a_package_and_of_all_that_it_needs_are_reached(text: str) -> None:
    assert reached(text, ["FastAPI"]) == FASTAPI


def test_a_package_pinned_by_marker_keeps_each_pin() -> None:
    assert reached(SPLIT, ["pandas"]) == [
        "numpy==1.26.4 ; python_full_version < '3.12'",
        "numpy==2.1.0 ; python_full_version >= '3.12'",
        "pandas==2.2.3",
    ]


def test_nothing_is_reached_from_nothing() -> None:
    assert reached(SPLIT, []) == []
    assert reached("", ["fastapi"]) == []


def test_packages_that_need_each_other_end() -> None:
    assert reached("a==1  # via b\nb==1  # via a\n", ["a"]) == ["a==1", "b==1"]


def test_names_are_compared_as_indexes_do() -> None:
    assert normal("Ruamel.YAML__x[extra]") == "ruamel-yaml-x"


def small(folder: Path) -> Platform:
    return find(Source(Kind.FOLDER, str(folder)), "worktree")


def test_units_read_groups_with_the_bounds_of_the_versions_table(tmp_path: Path) -> None:
    found = template(small(kit.platform(tmp_path)), "service", ["tracking"])
    units = found.units({"ci": "none"})
    told = context([found.platform], units)
    assert told["_groups"] == {"": ["fastapi>=0.115", "mlflow>=3.1"], "dev": ["pytest>=8.3"]}
    assert told["_versions"] == {"python": "3.11"}
    assert told["_constraints"] == [*FASTAPI[:2], "idna==3.10", "mlflow==3.1.1", "pytest==8.3.3", "starlette==0.40.0"]


def test_an_environment_apart_has_pins_of_its_own(tmp_path: Path) -> None:
    folder = kit.platform(tmp_path)
    kit.write(folder, "constraints-old.txt", "idna==2.0    # via starlette\nstarlette==0.1\nstray==1\n")
    kit.append(folder, "platform.yml", "  apart: {old: {starlette: '<1'}}\n")
    told = context([small(folder)], ())
    assert told["_apart"] == {"old": ["idna==2.0", "starlette==0.1"]}
    assert context([small(folder)] * 2, ())["_apart"] == told["_apart"]


def test_a_package_without_a_bound_is_an_error_of_the_platform(tmp_path: Path) -> None:
    kit.write(kit.platform(tmp_path), "kinds/service/unit.yml", "about: x\ndependencies: {'': [torch]}\n")
    found = template(small(tmp_path), "service")
    with pytest.raises(Malformed, match="torch"):
        context([found.platform], found.units({"ci": "none"}))

"""The sample keeps the contract, and the contract means what it says."""

from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.contracts import CONTRACT
from {{ cookiecutter.package_name }}.data import load
from {{ cookiecutter.package_name }}.platform.datasets import check
from {{ cookiecutter.package_name }}.platform.errors import ProjectError

SAMPLE = str(Path(__file__).parents[1] / "data" / "sample.csv")


def test_the_sample_keeps_the_contract() -> None:
    check(CONTRACT, load(SAMPLE))


def test_negative_usage_is_refused() -> None:
    rows = load(SAMPLE).head(3).assign(usage_hours=[1.0, -2.0, 3.0])
    with pytest.raises(ProjectError, match=r"usage_hours .*-2.0 \(row 2\)"):
        check(CONTRACT, rows)


def test_a_plan_nobody_sells_is_refused() -> None:
    rows = load(SAMPLE).head(1).assign(plan="gold")
    with pytest.raises(ProjectError, match="gold"):
        check(CONTRACT, rows)


def test_a_new_region_is_welcome() -> None:
    check(CONTRACT, load(SAMPLE).head(1).assign(region="overseas"))

"""What a rule over one file sees of it."""

from __future__ import annotations

import pytest

from mlctl.check.source import Source


@pytest.mark.parametrize("package", ["demo", "ab_test", "test_model", "churn_experiments", "tutorial"])
def test_the_package_of_a_project_is_its_product_whatever_it_is_called(package: str) -> None:
    assert Source(f"src/{package}/train.py", b"").product
    assert not Source(f"src/{package}/demo/train.py", b"").product
    assert not Source(f"src/{package}/test_train.py", b"").product


@pytest.mark.parametrize(
    "path", ["demo/train.py", "examples/a.py", "src/tests/a.py", "ab_tests/a.py", "lib/src/demo/a.py", "docs/conf.py"]
)
def test_what_is_tried_or_shown_is_no_product(path: str) -> None:
    assert not Source(path, b"").product

"""One rehearsal for the whole session: most tests look at what it left behind."""

from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data, stand_in, training
from {{ cookiecutter.package_name }}.platform.demo import Context, demo

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory, data: Data) -> Context:
    build = tmp_path_factory.mktemp("rehearsal") / "build"
    return demo(Workspace(ROOT, build), lambda _: None, data)


@pytest.fixture(scope="session")
def workspace(rehearsal: Context) -> Workspace:
    return rehearsal.workspace


@pytest.fixture(scope="session")
def data() -> Data:
    """The rows that stand for the training data, where there are any: they are few, and here."""
    return stand_in(ROOT) or training(ROOT)

"""One rehearsal for the whole session: most tests look at what it left behind."""

from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data, training
from {{ cookiecutter.package_name }}.platform.demo import Context, demo

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return demo(Workspace(ROOT, tmp_path_factory.mktemp("rehearsal") / "build"), lambda _: None)


@pytest.fixture(scope="session")
def workspace(rehearsal: Context) -> Workspace:
    return rehearsal.workspace


@pytest.fixture(scope="session")
def data() -> Data:
    return training(ROOT)

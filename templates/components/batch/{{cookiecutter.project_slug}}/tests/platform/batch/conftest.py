"""The champion and its rows, as files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from {{ cookiecutter.package_name }}.platform import bundle, predlog
from {{ cookiecutter.package_name }}.platform.batch import Order, Run, score
from {{ cookiecutter.package_name }}.platform.bundle import Bundle
from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data

Score = Callable[..., Run]


@pytest.fixture(scope="session")
def model(workspace: Workspace) -> Bundle:
    return bundle.load(workspace.champion)


@pytest.fixture(scope="session")
def rows(data: Data) -> pd.DataFrame:
    return data.rows.tail(250).reset_index(drop=True)


@pytest.fixture(autouse=True)
def _unlogged(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes to the project's own log."""
    monkeypatch.delenv(predlog.URI, raising=False)


@pytest.fixture
def given(rows: pd.DataFrame, tmp_path: Path) -> Path:
    rows.to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path / "rows.csv"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "scored.csv"


@pytest.fixture
def run(model: Bundle) -> Score:
    """Score a file into another by chunks of 100 rows."""

    def act(given: Path, told: Path, said: list[str] | None = None, **asked: Any) -> Run:
        order = Order(str(given), str(told), **({"chunk_rows": 100} | asked))
        return score(model, order, (said if said is not None else []).append)

    return act

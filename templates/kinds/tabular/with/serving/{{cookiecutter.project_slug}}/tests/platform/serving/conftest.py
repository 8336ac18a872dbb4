"""One champion, one running service and one application in this process for the whole session."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from starlette.testclient import TestClient

from {{ cookiecutter.package_name }}.platform import bundle
from {{ cookiecutter.package_name }}.platform.config import Workspace
from {{ cookiecutter.package_name }}.platform.datasets import Data
from {{ cookiecutter.package_name }}.platform.demo.serve import Service, serving
from {{ cookiecutter.package_name }}.platform.schema import Request
from {{ cookiecutter.package_name }}.platform.service import Service as Application
from {{ cookiecutter.package_name }}.platform.service import create_app


@pytest.fixture(scope="session")
def champion(workspace: Workspace) -> Path:
    return workspace.champion


@pytest.fixture(scope="session")
def service(champion: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with serving(champion, folder / "log", folder / "predictions") as running:
        running.wait()
        yield running


@pytest.fixture(scope="session")
def application(champion: Path) -> Application:
    application = Application(champion)
    application.load()
    return application


@pytest.fixture(scope="session")
def client(application: Application) -> TestClient:
    return TestClient(create_app(application), raise_server_exceptions=False)


@pytest.fixture(scope="session")
def rows(data: Data) -> pd.DataFrame:
    return data.rows.sample(300, random_state=1, replace=True)


@pytest.fixture(scope="session")
def request_schema(champion: Path) -> Request:
    return bundle.load(champion).request


@pytest.fixture(scope="session")
def row(request_schema: Request) -> dict[str, Any]:
    return request_schema.example()

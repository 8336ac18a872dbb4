"""The runbook speaks of what there is: routes, metrics, and the words of errors."""

import re
from pathlib import Path

import pytest
from starlette.routing import Route

from {{ cookiecutter.package_name }}.platform.config import HOME
from {{ cookiecutter.package_name }}.platform.metrics import NAMES
from {{ cookiecutter.package_name }}.platform.service import Service, create_app

TEXT = (Path(__file__).parents[3] / "docs" / "runbooks" / "service.md").read_text()


def test_every_metric_that_it_names_is_exported() -> None:
    named = set(re.findall(r"\b(?:http|model|prediction_log)_[a-z_]+", TEXT))
    assert len(named) > 5
    assert {name.removesuffix("_bucket") for name in named} <= set(NAMES)


def test_every_route_that_it_names_is_served(application: Service) -> None:
    routes = {route.path for route in create_app(application).routes if isinstance(route, Route)}
    named = {re.sub(r"(?<=/models/)[^/]+", "{model_name}", path) for path in _routes()}
    assert named <= routes


@pytest.mark.parametrize("words", re.findall(r"^\| `(?:… )?([a-z][^`]*?)(?: …)?` \|", TEXT, re.M))
def test_every_error_that_it_quotes_is_told_somewhere(words: str) -> None:
    told = "\n".join(path.read_text() for path in HOME.rglob("*.py"))
    assert words in told


def _routes() -> list[str]:
    rows = re.findall(r"^\| (`/.*?) \|", TEXT, re.M)
    return [path for row in rows for path in re.findall(r"`(/[^`]+)`", row)]

"""What fills a port by default gives way to what else could, as if a project had been started with that."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.catalog.cases import runs
from mlctl.catalog.place import place
from mlctl.core.ask import ask
from mlctl.core.platform import Platform
from mlctl.core.units import Catalog, catalog, template
from tests import kit

TEMPLATES = Path(__file__).parents[2] / "templates"
QUICK = ("--defaults", "--no-lock", "--platform", str(TEMPLATES), "--ref", "worktree", "--set", "ci=github")


def swaps(there: Catalog) -> list[str]:
    """Return the components that could stand where a default one fills a port."""
    ports = {there.components[name].provides for name in there.defaults} - {""}
    return [name for name, one in there.components.items() if one.provides in ports and name not in there.defaults]


SWAPS = swaps(catalog(place(TEMPLATES)))


def files(project: Path) -> dict[str, bytes]:
    paths = kit.git(project, "ls-files").splitlines()
    return {path: (project / path).read_bytes() for path in paths if path != ".mlctl/project.yml"}


def test_each_port_can_be_filled_in_two_ways(embedded: Platform) -> None:
    there = catalog(embedded)
    fillings = {port: set(there.filling(port)) for port in (one.provides for one in there.components.values()) if port}
    assert fillings.keys() >= {"tracking", "serving", "monitoring", "retraining", "deploy", "ci"}
    assert [port for port, names in fillings.items() if len(names) < 2] == []


def test_each_component_stands_in_some_run_and_is_absent_in_another(embedded: Platform) -> None:
    shapes = [(template(embedded, one.kind, one.added, one.dropped), dict(one.answers)) for one in runs(embedded)]
    stood = [{unit.name for unit in shape.units(ask(shape, answers))} for shape, answers in shapes]
    assert catalog(embedded).components.keys() <= set.union(*stood)
    assert not catalog(embedded).components.keys() & set.intersection(*stood)


@pytest.mark.parametrize("name", SWAPS)
def test_a_swap_is_as_good_as_a_start_with_it(name: str, mlctl: kit.Mlctl) -> None:
    assert mlctl("new", "churn", *QUICK).code == 0
    done = mlctl("add", name, "--swap", "-y", "--commit", cwd=mlctl.here / "churn", timeout=120)
    assert done.code == 0, done.err
    made = mlctl("new", "twin", *QUICK, "--set", "project_name=churn", "--with", name)
    assert made.code == 0, made.err
    assert files(mlctl.here / "churn") == files(mlctl.here / "twin")


@pytest.mark.parametrize("name", SWAPS)
def test_a_swap_and_back_keeps_what_a_team_edited(name: str, embedded: Platform, mlctl: kit.Mlctl) -> None:
    assert mlctl("new", "churn", *QUICK).code == 0
    project, there = mlctl.here / "churn", catalog(embedded)
    for path in ("README.md", "src/churn/params.yml", "docs/runbooks/drift.md", "pyproject.toml"):
        kit.append(project, path, "\n# ours\n")
    kit.commit(project, "ours")
    edited = files(project)
    port = there.components[name].provides
    [before] = [one for one in there.defaults if there.components[one].provides == port]
    for taken in (name, before):
        done = mlctl("add", taken, "--swap", "-y", "--commit", cwd=project, timeout=120)
        assert done.code == 0, done.out + done.err
        assert "ours" in (project / "docs/runbooks/drift.md").read_text()
    assert files(project) == edited


@pytest.mark.parametrize("port", ["tracking", "serving", "monitoring", "retraining"])
def test_a_port_brings_the_tests_that_whatever_fills_it_must_pass(embedded: Platform, port: str) -> None:
    paths = embedded.part(f"kinds/tabular/with/{port}").modes()
    assert [path for path in paths if "/tests/platform/" in path and path.endswith(".py")]

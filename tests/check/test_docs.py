"""The table of rules in the README is the one that the rules themselves make."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlctl.check.catalogue import catalogue
from mlctl.check.listing import markdown
from mlctl.check.report import Asked, report
from mlctl.core.project import Drawn, Project
from mlctl.core.standards import embedded
from tests import kit

README = Path(__file__).parents[2] / "README.md"


def test_the_table_of_rules_in_the_readme_is_fresh() -> None:
    found = re.search(r"<!-- rules -->\n(.*?)<!-- /rules -->", README.read_text(), re.DOTALL)
    assert found
    assert found[1].strip() == markdown(list(catalogue(embedded()).values())).strip()


def test_the_table_names_every_rule_once() -> None:
    table = markdown(list(catalogue(embedded()).values()))
    assert all(table.count(f"| {code} |") == 1 for code in catalogue(embedded()))


SNIPPETS = {
    "GitHub": (".github/workflows/standards.yml", "github-workflows"),
    "GitLab": (".gitlab-ci.yml", "gitlab-ci"),
}


def snippet(forge: str) -> str:
    """The CI file that the README shows for a forge."""
    found = re.search(rf"```yaml\n# {forge}: [^\n]*\n(.*?)```", README.read_text(), re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("forge", SNIPPETS)
def test_the_ci_that_the_readme_shows_is_one_to_its_forge_and_to_us(forge: str, tmp_path: Path) -> None:
    path, schema = SNIPPETS[forge]
    (tmp_path / "ci.yml").write_text(snippet(forge))
    tool = Path(sys.executable).parent / "check-jsonschema"
    subprocess.run([tool, "--builtin-schema", f"vendor.{schema}", tmp_path / "ci.yml"], check=True)
    sketch = Drawn({path: snippet(forge), "README.md": ""})
    found = report([Project(sketch)], Asked(stage="shared", select=("PRJ107", "SEC106"))).projects[0]
    assert found.passed == ("PRJ107", "SEC106")


@pytest.mark.parametrize("forge", SNIPPETS)
def test_each_command_of_the_ci_that_the_readme_shows_runs(forge: str, tmp_path: Path, mlctl: kit.Mlctl) -> None:
    root = kit.make_repo(tmp_path / "r", {"a.py": "x = 1\n"})
    commands = re.findall(r"mlctl (check.*)", snippet(forge))
    assert len(commands) == 2
    codes = [mlctl(*command.split(), cwd=root).code for command in commands]
    assert codes == [0, 1]
    assert (root / re.search(r"--output (\S+)", commands[0])[1]).read_text().startswith("{")  # type: ignore[index]

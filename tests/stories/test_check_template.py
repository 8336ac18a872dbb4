"""`mlctl check` and the template: what is missing is brought, what comes next is previewed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import kit

STANDARDS = "schema: mlctl.standards/1\nmodel_cards: [MODEL_CARD.md]\nwaivers: {max_days: 180}\n"
CARD = """\
- code: ACM001
  name: there is a card
  stage: explore
  fix: safe
  check: {file.exists: $model_cards}
  at: MODEL_CARD.md
  why: People must know.
  mend: Write it.
  good: [{MODEL_CARD.md: a}]
  bad: [{a: b}]
"""
TOP = "{{cookiecutter.project_slug}}"


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """A company's platform with standards and one rule of its own."""
    folder = kit.platform(tmp_path / "acme")
    (folder / "standards/rules/readme.yml").unlink()
    files = {"standards/standards.yml": STANDARDS, "standards/rules/cards.yml": CARD}
    kit.release(folder, "v1.0.0", {**files, f"base/{TOP}/MODEL_CARD.md": "# {{ cookiecutter.project_name }}\n"})
    return folder


@pytest.fixture
def project(acme: Path, mlctl: kit.Mlctl) -> Path:
    """A project of that platform."""
    done = mlctl("new", "churn", "--defaults", "-p", str(acme), "--no-lock")
    assert done.code == 0, done.err
    return mlctl.here / "churn"


def test_a_platform_s_own_rule_holds_and_says_where_it_is_from(project: Path, mlctl: kit.Mlctl) -> None:
    kit.remove(project, "MODEL_CARD.md")
    found = mlctl("check", "--select", "ACM001", cwd=project)
    assert found.code == 1
    assert "MODEL_CARD.md: there is a card" in found.out
    assert "People must know." in mlctl("rules", "ACM001", cwd=project).out


def test_fix_brings_the_template_s_own_file(project: Path, mlctl: kit.Mlctl) -> None:
    kit.remove(project, "MODEL_CARD.md")
    kit.commit(project)
    assert "(`mlctl check --fix` does it)" in mlctl("check", "--select", "ACM001", cwd=project).out
    shown = mlctl("check", "--diff", "--select", "ACM001", cwd=project)
    assert "+# churn" in shown.out
    assert not (project / "MODEL_CARD.md").exists()
    mlctl("check", "--fix", "--select", "ACM001", cwd=project)
    assert (project / "MODEL_CARD.md").read_text() == "# churn\n"


def test_against_previews_what_the_next_standards_would_find(project: Path, acme: Path, mlctl: kit.Mlctl) -> None:
    stricter = CARD.replace("ACM001", "ACM002").replace("$model_cards", "DATA_CARD.md")
    kit.release(acme, "v2.0.0", {"standards/rules/more.yml": stricter})
    assert mlctl("check", "--select", "ACM", cwd=project).code == 0
    found = mlctl("check", "--against", "v2.0.0", "--format", "json", cwd=project)
    assert [one["code"] for one in json.loads(found.out)["projects"][0]["findings"]] == ["ACM002"]

"""What a maintainer changes is small: a component is its own folder and one line, a rule is one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import kit
from tests.kit import TOP

HOME = "components/alert-slack"
VERB = "src/{{cookiecutter.package_name}}/verbs/alert.py"
COMPONENT = {
    f"{HOME}/unit.yml": """\
about: tells a Slack channel what the monitor found
provides: alert
needs: [monitoring]
questions:
  channel:
    prompt: Which channel is told?
    default: "#{{ cookiecutter.project_slug }}"
copied: ["src/*"]
""",
    f"{HOME}/{TOP}/docs/runbooks/alert.md": """\
# Runbook: alerts

`{{ cookiecutter.project_slug }} alert build/monitor.json` tells {{ cookiecutter.channel }} of drift.
SLACK_WEBHOOK_URL is a secret.
""",
    f"{HOME}/{TOP}/{VERB}": '''\
"""The verb `alert`."""

import json
import os
from pathlib import Path
from typing import Annotated
from urllib.request import Request, urlopen

import typer

from ..platform.errors import Exit, ProjectError


def alert(told: Annotated[Path, typer.Argument(help="what `monitor --json` wrote")]) -> None:
    """Tell Slack what the monitor found, where that is drift."""
    url, found = os.environ.get("SLACK_WEBHOOK_URL", ""), json.loads(told.read_text())
    if found["verdict"] != "drift":
        return
    if not url.startswith("https://"):
        raise ProjectError("SLACK_WEBHOOK_URL is not set", "set it to the channel's webhook", Exit.CANNOT)
    body = json.dumps({"text": found["sentence"]}).encode()
    urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=10).close()
''',
}
RULE = """\
- code: OUR101
  name: the channel for alerts is named
  stage: production
  severity: warning
  since: "1.1"
  check: {file.matches: {any: [docs/runbooks/alert.md], regex: "#[a-z-]+"}}
  at: docs/runbooks/alert.md
  message: nobody says where alerts go
  why: An alert that nobody reads is no alert.
  mend: Name the channel in docs/runbooks/alert.md.
  good: [{docs/runbooks/alert.md: "Alerts go to #models."}]
  bad: [{docs/runbooks/alert.md: "Alerts."}]
"""


@pytest.fixture
def ours(mlctl: kit.Mlctl) -> Path:
    """A company's platform that was started from the embedded one."""
    done = mlctl("platform", "init", "ours", "--defaults", "--no-lock", "--set", "owner=@ml", "--set", "ci=github")
    assert done.code == 0, done.err
    return mlctl.here / "ours"


def test_a_component_touches_its_own_folder_and_one_line_of_platform_yml(ours: Path, mlctl: kit.Mlctl) -> None:
    for path, text in COMPONENT.items():
        kit.write(ours, path, text)
    settings = (ours / "platform.yml").read_text()
    kit.write(ours, "platform.yml", settings.replace("components: [", "components: [alert-slack, ", 1))
    assert kit.git(ours, "status", "--porcelain").split() == ["M", "platform.yml", "??", f"{HOME}/"]
    assert kit.git(ours, "diff", "--numstat").split() == ["1", "1", "platform.yml"]
    linted = mlctl("platform", "lint", cwd=ours)
    assert linted.code == 0, linted.out
    kit.release(ours, "v1.1.0")
    made = mlctl("new", "churn", "-p", "ours", "--defaults", "--no-lock", "--with", "alert-slack")
    assert made.code == 0, made.err
    assert "tells #churn of drift" in (mlctl.here / "churn/docs/runbooks/alert.md").read_text()
    assert (mlctl.here / "churn/src/churn/verbs/alert.py").is_file()


def test_a_rule_that_is_data_touches_one_file(ours: Path, mlctl: kit.Mlctl) -> None:
    made = mlctl("new", "churn", "-p", "ours", "--defaults", "--no-lock")
    assert made.code == 0, made.err
    kit.write(ours, "standards/rules/ours.yml", RULE)
    assert kit.git(ours, "status", "--porcelain").split() == ["??", "standards/rules/ours.yml"]
    assert mlctl("platform", "lint", cwd=ours).code == 0
    kit.release(ours, "v1.1.0")
    project = mlctl.here / "churn"
    assert mlctl("upgrade", "--commit", cwd=project).code == 0
    done = mlctl("check", "--stage", "production", "--select", "OUR101", "--format", "json", cwd=project)
    [finding] = json.loads(done.out)["projects"][0]["findings"]
    assert (finding["code"], finding["message"]) == ("OUR101", "nobody says where alerts go")

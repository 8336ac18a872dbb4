"""A team's own platform: two components and a rule, to be laid over the small one."""

from __future__ import annotations

from pathlib import Path

from tests.kit.git import write
from tests.kit.platform import TOP, release

RULE = """\
- code: TEA001
  name: somebody is told
  stage: explore
  check: {file.exists: {any: [alerts/slack.yml]}}
  at: alerts/slack.yml
  why: An alert that nobody hears is none.
  mend: Run `mlctl add slack-alert`.
  good: [{alerts/slack.yml: "channel: x"}]
  bad: [{a.py: ""}]
"""
FILES = {
    "platform.yml": """\
name: team
components: [slack-alert, ci-jenkins]
defaults: [slack-alert]
expects: [project_slug, owner, ci-github]
versions:
  images: {alert: alert:1.0}
  packages:
    httpx: ">=0.27"
    pytest: ">=7"
""",
    "constraints.txt": "anyio==9.9.9\n    # via httpx\nhttpx==0.28.1\npytest==7.0.0\n",
    "components/slack-alert/unit.yml": """\
about: alerts in a Slack channel
questions:
  channel:
    prompt: Which channel?
    default: "#{{ cookiecutter.project_slug }}"
  owner: {default: "@nobody"}
dependencies: {alert: [httpx, pytest]}
""",
    f"components/slack-alert/{TOP}/alerts/slack.yml": (
        "channel: '{{ cookiecutter.channel }}'\nowner: '{{ cookiecutter.owner }}'\n"
        "image: {{ cookiecutter._versions.images.alert }}\n"
    ),
    "components/slack-alert/with/ci-github/unit.yml": "about: both\n",
    f"components/slack-alert/with/ci-github/{TOP}/.github/workflows/alert.yml": "on: schedule\n",
    "components/ci-jenkins/unit.yml": "about: Jenkins\nprovides: ci\n",
    f"components/ci-jenkins/{TOP}/Jenkinsfile": "pipeline {}\n",
    "standards/standards.yml": "schema: mlctl.standards/1\nseverities: {TEA001: warning}\n",
    "standards/rules/alert.yml": RULE,
}


def team(folder: Path) -> Path:
    """Write the team's platform into `folder`, released as v1.0.0; return it."""
    for path, text in FILES.items():
        write(folder, path, text)
    release(folder, "v1.0.0")
    return folder

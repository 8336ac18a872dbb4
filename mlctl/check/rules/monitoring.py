"""Monitoring: somebody sees when the world has changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlctl.check.code import code
from mlctl.check.rule import Finding, asked, rule
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards

NAMED = re.compile(r"(^|/)(drift|monitor|monitoring|monitors?)(_\w+)?(/|\.(py|ya?ml|json|toml)$)")


@rule(
    "MON101",
    "drift is monitored",
    stage="production",
    fix="safe",
    attestable=True,
    passes=[
        {"src/a/drift.py": "def drift(): ..."},
        {"src/a.py": "import evidently"},
        {PROJECT: "monitoring: in the central service, model 12"},
    ],
    fails=[{"src/a.py": ""}, {"docs/monitoring.md": ""}],
)
def drift_is_monitored(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A model is right about the world it was trained in; nothing tells by itself that this world is gone.

    Run `mlctl add monitoring`, or name the central monitor as `monitoring` in .mlctl/project.yml.
    """
    files = code(project, standards)
    if asked(project, "monitoring") or project.entry("monitor"):
        return
    named = any(NAMED.search(path) for path in project.paths if not path.startswith(("tests/", "docs/")))
    if not named and not files.importing(standards.names("monitors"), files.product):
        yield Finding(PROJECT, "nothing monitors drift")

"""Monitoring: somebody sees when the world has changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlctl.check.code import code
from mlctl.check.manifests import APART, value
from mlctl.check.rule import Finding, asked, rule
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards
from mlctl.tools import foreign
from mlctl.tools.foreign import Table
from mlctl.tools.yaml import Malformed

NAMED = re.compile(r"(^|/)(drift|monitor|monitoring|monitors?)(_\w+)?(/|\.(py|ya?ml|json|toml)$)")

LATENCY = re.compile(r"latency|duration|slow|p9\d|quantile|(?<!timestamp)_seconds", re.I)
ERRORS = re.compile(r"error|fail|5\.\.|5xx|status|unavailable|availability|\bup\b|absent\(", re.I)
ALARMS = re.compile(
    r"aws_cloudwatch_metric_alarm|google_monitoring_alert_policy|azurerm_monitor_\w*alert|datadog_monitor"
)
SERVED = {PROJECT: "entry_points: {serve: app}"}
ALERTS = """\
groups:
  - name: churn
    rules:
      - alert: Slow
        expr: p95 > 0.1
      - alert: Failing
        expr: errors > 0.01
"""
INDENTED = "".join(f"  {line}\n" for line in ALERTS.splitlines())


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


@rule(
    "MON103",
    "alerts tell of errors and of latency",
    stage="production",
    severity="warning",
    attestable=True,
    passes=[
        {**SERVED, "ops/alerts.yml": ALERTS},
        {**SERVED, "ops/alerts.yml": "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n" + INDENTED},
        {**SERVED, "infra/main.tf": 'resource "aws_cloudwatch_metric_alarm" "errors" {}'},
        {"README.md": ""},
    ],
    fails=[
        SERVED,
        {**SERVED, "ops/alerts.yml": ALERTS.replace("p95 > 0.1", "up == 0").replace("Slow", "Down")},
        {**SERVED, "ops/alerts.yml": ALERTS.replace("p95", "time() - run_timestamp_seconds").replace("Slow", "Old")},
        {**SERVED, "ops/alerts.yml": ALERTS.replace("expr: errors > 0.01", "for: 5m")},
        {**SERVED, "ops/alerts.yml": ALERTS + "  - [\n"},
    ],
)
def alerts_tell(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A service that fails in the night is found by its callers in the morning.

    Write Prometheus alert rules on the share of errors and on latency; or say under `attested` where they are.
    """
    if not asked(project, "serve") or any(ALARMS.search(text) for _, text in project.texts(project.find("**/*.tf"))):
        return
    files, told, known = code(project, standards), False, ""
    paths = [path for path in project.paths if path.endswith((".yml", ".yaml")) and not APART.search(path)]
    for path, text in project.texts(files.naming(("alert:",), paths)):
        try:
            documents = foreign.documents(text, path)
        except Malformed as error:
            told = True
            yield Finding(path, f"these alerts can't be read: {error.sentence.partition(': ')[2]}", error.line)
            continue
        for alert in (one for said in documents for one in _alerts(said)):
            told, known = True, f"{known} {alert.get('alert', '')} {alert.get('expr', '')}"
            if not alert.get("expr"):
                yield Finding(path, f"the alert '{alert.get('alert', '')}' asks for nothing", alert.line)
    if not told:
        yield Finding(PROJECT, "no alert tells of errors or of latency")
    elif known:
        lacking = [what for what, pattern in (("latency", LATENCY), ("errors", ERRORS)) if not pattern.search(known)]
        if lacking:
            yield Finding(PROJECT, f"no alert tells of {' or of '.join(lacking)}")


def _alerts(said: Any) -> Iterator[Table]:
    """Yield the alerts of a document of Prometheus rules, plain or as an operator takes them."""
    groups = said.get("groups", value(said, "spec").get("groups")) if isinstance(said, Table) else None
    for group in groups if isinstance(groups, list) else ():
        rules = group.get("rules") if isinstance(group, Table) else None
        yield from (one for one in rules or () if isinstance(one, Table) and "alert" in one)

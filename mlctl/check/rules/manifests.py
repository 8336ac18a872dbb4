"""Manifests: what runs in a cluster says how it is well, and what it may take."""

from __future__ import annotations

from collections.abc import Iterator

from mlctl.check import ci
from mlctl.check.code import code
from mlctl.check.manifests import SERVING, WORKLOADS, Manifest, manifests, value
from mlctl.check.rule import Finding, rule
from mlctl.check.rules.deployment import DEPLOYS
from mlctl.check.rules.project import owners
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards
from mlctl.tools.foreign import Table

SOUND = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: churn}
spec:
  selector: {matchLabels: {app: churn}}
  template:
    metadata: {labels: {app: churn}}
    spec:
      containers:
        - name: churn
          image: churn:1.0
          ports: [{containerPort: 8000}]
          readinessProbe: {httpGet: {path: /readyz, port: 8000}}
          livenessProbe: {httpGet: {path: /healthz, port: 8000}}
          resources: {limits: {memory: 1Gi}}
"""
LIMIT = "          resources: {limits: {memory: 1Gi}}\n"
PROBE = "          readinessProbe: {httpGet: {path: /readyz, port: 8000}}\n"
BARE = SOUND.replace(LIMIT, "")
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: churn}
spec: {template: {spec: {containers: [{name: churn, resources: {limits: {memory: 2Gi}}}]}}}
"""


@rule(
    "DPL102",
    "manifests are valid, with probes and limits",
    stage="production",
    passes=[
        {"deploy/base/churn.yml": SOUND},
        {"deploy/base/churn.yml": BARE, "deploy/prod/memory.yml": PATCH},
        {"README.md": ""},
        {"charts/churn/templates/a.yml": BARE.replace("churn:1.0", "{{ .Values.image }}")},
    ],
    fails=[
        {"deploy/churn.yml": BARE},
        {"deploy/churn.yml": SOUND.replace(PROBE, "")},
        {"deploy/churn.yml": SOUND.replace("labels: {app: churn}", "labels: {app: other}")},
        {"deploy/churn.yml": SOUND + "  - {\n"},
    ],
)
def manifests_are_sound(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    Without probes a broken service is sent requests, without limits it takes its neighbours down.

    Give each container `resources.limits.memory`, and one with ports a readiness and a liveness probe.
    """
    found = manifests(project, code(project, standards))
    for one in found:
        if one.fault:
            yield Finding(one.path, f"this manifest can't be read: {one.fault}", one.line)
        elif one.kind in WORKLOADS and one.whole:
            yield from _unlabelled(one)
            others = [o for o in found if (o.kind, o.name) == (one.kind, one.name)]
            for container in one.containers:
                known = _completed(container, others)
                lacking = list(_lacking(one, container, known))
                if lacking:
                    name = f"the container '{container.get('name', '')}'"
                    yield Finding(one.path, f"{name} has no {' and no '.join(lacking)}", container.line)


def _completed(container: Table, others: list[Manifest]) -> Table:
    """Return a container with what patches of its workload add to it."""
    known = Table()
    for inner in (one for other in others for one in other.containers if one.get("name") == container.get("name")):
        known.update({key: one for key, one in inner.items() if one})
    return known


def _lacking(one: Manifest, container: Table, known: Table) -> Iterator[str]:
    """Yield what a container must say and does not."""
    if not value(known, "resources.limits").get("memory"):
        yield "memory limit"
    first = not any(other is not container and other.get("readinessProbe") for other in one.containers)
    if one.kind in SERVING and known.get("ports") and first:
        if not known.get("readinessProbe"):
            yield "readiness probe"
        if not known.get("livenessProbe") and not known.get("startupProbe"):
            yield "liveness probe"


def _unlabelled(one: Manifest) -> Iterator[Finding]:
    """Yield a finding where a workload does not choose the pods that it makes."""
    chosen = value(one.said, "spec.selector.matchLabels")
    labels = value(one.said, "spec.template.metadata.labels")
    wrong = [key for key, label in chosen.items() if labels.get(key) != label]
    if wrong and one.kind in SERVING:
        line = value(one.said, "spec.selector").lines.get("matchLabels", 0)
        yield Finding(one.path, f"its selector asks for '{wrong[0]}', and its pods do not bear that label", line)


DEPLOYED = {"deploy/churn.yml": SOUND, PROJECT: "owner: '@team'\n"}
SHIP = {".github/workflows/d.yml": "on: push\njobs: {s: {steps: [{run: churn gate}, {run: kubectl apply -k deploy}]}}"}


@rule(
    "DPL106",
    "the owning team can deploy",
    stage="production",
    severity="warning",
    attestable=True,
    requires=("PRJ101", "PRJ104"),
    passes=[
        {**DEPLOYED, **SHIP, "CODEOWNERS": "* @team\n"},
        {**DEPLOYED, **SHIP, "CODEOWNERS": "* @team\n/deploy/ @platform @team\n"},
        {"README.md": ""},
    ],
    fails=[
        {**DEPLOYED, "CODEOWNERS": "* @team\n"},
        {**DEPLOYED, **SHIP, "CODEOWNERS": "* @team\n/deploy/ @platform\n"},
    ],
)
def the_team_can_deploy(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A team that must ask another one to deploy answers for what it can't change.

    Keep the workflow that deploys in this repository, and name the project's owner for the manifests in CODEOWNERS.
    """
    paths = [one.path for one in manifests(project, code(project, standards)) if one.kind in WORKLOADS]
    if not paths:
        return
    if not any(DEPLOYS.search(step) for job in ci.jobs(project) for step in job.runs):
        yield Finding(PROJECT, f"no workflow of this repository deploys {paths[0]}")
    owner = str(project.facts.get("owner") or "")
    for path in paths:
        file, line, named = owners(project, project.full(path))
        if owner and named and owner not in named:
            yield Finding(f"/{file}", f"{path} is owned by {' '.join(named)}, not by the project's owner {owner}", line)
            return

"""Kubernetes manifests as they are written: workloads with their containers, and patches that complete them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlctl.check.code import Code
from mlctl.core.project import Project
from mlctl.tools import foreign
from mlctl.tools.foreign import Table
from mlctl.tools.yaml import Malformed

APART = re.compile(r"(^|/)(tests?|test_\w+|docs?|examples?|templates|charts/[^/]+/templates|\.github)/")
PODS = ("spec.template.spec", "spec.jobTemplate.spec.template.spec", "spec")
SERVING = frozenset(("Deployment", "StatefulSet", "DaemonSet", "Rollout", "ReplicaSet"))
WORKLOADS = SERVING | {"Job", "CronJob", "Pod"}


@dataclass(frozen=True)
class Manifest:
    """One document of a manifest: its kind and name, what it says, and in which file; `fault` where it is no YAML."""

    path: str
    kind: str
    name: str
    said: Table
    fault: str = ""
    line: int = 0

    @property
    def pod(self) -> Table:
        """What it says of the pods that it makes."""
        return next((one for one in (value(self.said, way) for way in PODS) if "containers" in one), Table())

    @property
    def containers(self) -> list[Table]:
        """The containers of its pods, without those that only prepare them."""
        found = self.pod.get("containers")
        return [one for one in found if isinstance(one, Table)] if isinstance(found, list) else []

    @property
    def whole(self) -> bool:
        """Whether it is no patch: each container says which image it runs."""
        return bool(self.containers) and all(one.get("image") for one in self.containers)


def manifests(project: Project, files: Code) -> list[Manifest]:
    """Return the manifests of a project; templates of Helm, examples and tests are none."""
    return project.memo("manifests", lambda: list(_manifests(project, files)))


def _manifests(project: Project, files: Code) -> Iterator[Manifest]:
    paths = [path for path in project.paths if path.endswith((".yml", ".yaml")) and not APART.search(path)]
    for path, text in project.texts(files.naming(("apiVersion:",), paths)):
        if "{{" in text or "{%" in text:
            continue
        try:
            documents = foreign.documents(text, path)
        except Malformed as error:
            yield Manifest(path, "", "", Table(), error.sentence.partition(": ")[2], error.line)
            continue
        for said in documents:
            if isinstance(said, Table) and said.get("apiVersion") and said.get("kind"):
                yield Manifest(path, str(said["kind"]), str(value(said, "metadata").get("name", "")), said)


def value(said: Mapping[str, Any], way: str) -> Table:
    """Return the table at the end of a dotted way, an empty one where there is none."""
    here: Any = said
    for part in way.split("."):
        here = here.get(part) if isinstance(here, Mapping) else None
    return here if isinstance(here, Table) else Table()

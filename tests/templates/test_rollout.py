"""The script that rolls a place out, against a cluster that only remembers what it was told."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlctl.core.render import Rendering
from tests import kit

KUBECTL = shutil.which("kubectl") or ""
pytestmark = pytest.mark.skipif(not KUBECTL, reason="kubectl is not installed")
DIGEST = "0123456789ab" * 5
CLUSTER = f"""\
#!/bin/sh
case $1 in
kustomize) exec {KUBECTL} "$@" ;;
apply) echo "$@" >> calls; cat > applied.yaml ;;
exec) echo "$DIGEST" ;;
*) echo "$@" >> calls; [ "$1 $2" != "rollout status" ] || [ -z "$STUCK" ] ;;
esac
"""


@dataclass(frozen=True)
class Cluster:
    """A project, and a `kubectl` that writes its calls down and answers with `digest`."""

    at: Path

    def rollout(self, place: str, digest: str = DIGEST, stuck: str = "") -> tuple[int, list[str]]:
        """Return the exit code of rolling `place` out, and what the cluster was told."""
        path = os.pathsep.join([str(self.at / "bin"), os.environ["PATH"]])
        env = os.environ | {"PATH": path, "DIGEST": digest, "STUCK": stuck}
        done = subprocess.run(
            ["bash", "deploy/rollout.sh", place], cwd=self.at, env=env, capture_output=True, check=False
        )
        return done.returncode, (self.at / "calls").read_text().splitlines()


@pytest.fixture
def cluster(rendered: Callable[..., Rendering], tmp_path: Path) -> Cluster:
    """A project whose places pin a bundle and an image."""
    for path, entry in rendered(project_name="churn", added=("deploy-kustomize",)).files.items():
        text = entry.data.decode()
        if path.startswith("deploy/"):
            text = text.replace("BUNDLE_DIGEST=\n", f"BUNDLE_DIGEST={DIGEST}\n").replace(
                "churn:unreleased", "reg/churn:7"
            )
            kit.write(tmp_path, path, text)
    kit.write(tmp_path, "bin/kubectl", CLUSTER).chmod(0o755)
    return Cluster(tmp_path)


@pytest.mark.parametrize(
    ("place", "where", "what"),
    [
        ("staging", "churn-staging", "churn"),
        ("prod-canary", "churn-prod", "churn-canary"),
        ("prod", "churn-prod", "churn"),
    ],
)
def test_a_place_runs_what_is_written_down_and_is_asked_for_it(
    cluster: Cluster, place: str, where: str, what: str
) -> None:
    code, calls = cluster.rollout(place)
    assert code == 0
    assert calls[0] == f"apply --namespace {where} --filename -"
    assert calls[1] == f"rollout status --namespace {where} --timeout 10m deployment/{what}"
    applied = (cluster.at / "applied.yaml").read_text()
    assert "image: reg/churn:7" in applied
    assert f"BUNDLE_DIGEST: {DIGEST}" in applied
    assert any(call.startswith("delete") and call.endswith("prod-canary") for call in calls) == (place == "prod")


def test_pods_that_never_get_ready_are_taken_back(cluster: Cluster) -> None:
    code, calls = cluster.rollout("prod", stuck="yes")
    assert code == 1
    assert calls[-1] == "rollout undo --namespace churn-prod deployment/churn"


def test_a_service_with_another_digest_is_no_success(cluster: Cluster) -> None:
    code, calls = cluster.rollout("prod", digest="f" * 60)
    assert code == 1
    assert not any(call.startswith("delete") for call in calls)

"""What is deployed: the manifests, the image's recipe and the compose file, each judged by the real tool."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlctl.core.platform import Platform
from mlctl.core.render import Rendering
from mlctl.tools import yaml

pytestmark = pytest.mark.slow
Make = Callable[..., Rendering]
TOOLS = Path(sys.executable).parent
PLACES = ("staging", "prod", "prod-canary")
OTHERS = ("batch", "monitoring", "storage-fsspec")  # what adds to a deployment
KUBERNETES = ("1.30", "1.37")  # the oldest that is looked at, and the newest that the validator knows
EXECUTABLE = shutil.which("kubectl", path=f"{TOOLS}:{shutil.os.environ['PATH']}")  # type: ignore[attr-defined]
needs_kubectl = pytest.mark.skipif(EXECUTABLE is None, reason="there is no kubectl: `.ci/kubectl` brings it")


def lay(found: Rendering, folder: Path) -> Path:
    """Write rendered files into a folder, and return it."""
    for path, entry in found.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(entry.data)
    return folder


def run(*command: str | Path, at: Path | None = None) -> str:
    """Return what a tool that must succeed prints."""
    done = subprocess.run(list(map(str, command)), cwd=at, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def manifests(at: Path, place: str) -> list[dict[str, Any]]:
    """Return the objects of a place, as kubectl builds them."""
    text = run(str(EXECUTABLE), "kustomize", at / "deploy" / "overlays" / place)
    return [found for found in (yaml.load(part.encode(), place) for part in text.split("\n---\n")) if found]


def pick(found: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return the objects of a kind."""
    return [one for one in found if one["kind"] == kind]


def pods(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the pod templates of all workloads."""
    jobs = [job["spec"]["jobTemplate"]["spec"]["template"] for job in pick(found, "CronJob")]
    return [one["spec"]["template"] for one in pick(found, "Deployment")] + jobs


@pytest.fixture(scope="module", params=["default", "everything", "no service"])
def kustomized(
    request: pytest.FixtureRequest, rendered: Make, embedded: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A project with manifests: the default one, one with all that adds to them, and one that only computes."""
    known = (embedded.settings or {})["components"]
    added = tuple(name for name in OTHERS if name in known and request.param != "default")
    dropped = ("serving-fastapi",) if request.param == "no service" else ()
    found = rendered(project_name="churn", added=("deploy-kustomize", *added), dropped=dropped)
    return lay(found, tmp_path_factory.mktemp("kustomized"))


def places(at: Path) -> list[str]:
    return sorted(path.name for path in (at / "deploy" / "overlays").iterdir())


@needs_kubectl
def test_every_manifest_is_what_kubernetes_takes(kustomized: Path, tmp_path: Path) -> None:
    for place in places(kustomized):
        file = tmp_path / f"{place}.yaml"
        file.write_text(run(str(EXECUTABLE), "kustomize", kustomized / "deploy" / "overlays" / place))
        for version in KUBERNETES:
            run(TOOLS / "kubernetes-validate", "--strict", "--version", version, file)


@needs_kubectl
def test_no_pod_may_more_than_it_needs(kustomized: Path) -> None:
    for template in [pod for place in places(kustomized) for pod in pods(manifests(kustomized, place))]:
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in (*spec["initContainers"], *spec["containers"]):
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"] is True
            assert own["allowPrivilegeEscalation"] is False
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert {"requests", "limits"} <= container["resources"].keys()


@needs_kubectl
def test_every_container_runs_the_image_and_the_digest_that_the_place_pins(kustomized: Path) -> None:
    for place in places(kustomized):
        env = kustomized / "deploy" / "overlays" / place / "release.env"
        env.write_text(re.sub(r"IMAGE=.*", f"IMAGE=registry.example.org/churn:{place}", env.read_text()))
        found = manifests(kustomized, place)
        config = pick(found, "ConfigMap")[0]["metadata"]["name"]
        for spec in [pod["spec"] for pod in pods(found)]:
            first = spec["initContainers"][0]
            assert first["args"] == ["pull", "--digest", "$(BUNDLE_DIGEST)"]
            for container in (first, *spec["containers"]):
                assert container["image"] == f"registry.example.org/churn:{place}"
                assert container["envFrom"][0] == {"configMapRef": {"name": config}}


@needs_kubectl
def test_another_digest_is_another_rollout(kustomized: Path) -> None:
    env = kustomized / "deploy" / "overlays" / "prod" / "release.env"
    before = [pod["spec"] for pod in pods(manifests(kustomized, "prod"))]
    env.write_text(re.sub(r"BUNDLE_DIGEST=.*", "BUNDLE_DIGEST=" + "1" * 64, env.read_text()))
    after = [pod["spec"] for pod in pods(manifests(kustomized, "prod"))]
    assert all(old != new for old, new in zip(before, after, strict=True))


@needs_kubectl
def test_only_production_scales(kustomized: Path) -> None:
    scaling = {
        place: len(pick(manifests(kustomized, place), "HorizontalPodAutoscaler")) for place in places(kustomized)
    }
    served = "prod-canary" in scaling
    assert scaling == dict.fromkeys(scaling, 0) | {"prod": int(served)}


@needs_kubectl
def test_the_canary_is_behind_the_service_and_apart_from_all_else(kustomized: Path) -> None:
    if "prod-canary" not in places(kustomized):
        pytest.skip("nothing is served here")
    stable, canary = manifests(kustomized, "prod"), manifests(kustomized, "prod-canary")
    assert sorted(one["kind"] for one in canary) == ["ConfigMap", "Deployment"]
    old, new = (
        next(d for d in pick(m, "Deployment") if "gauges" not in d["metadata"]["name"]) for m in (stable, canary)
    )
    labels = [one["spec"]["template"]["metadata"]["labels"].items() for one in (old, new)]
    selectors = [one["spec"]["selector"]["matchLabels"].items() for one in (old, new)]
    service = pick(stable, "Service")[0]["spec"]["selector"].items()
    assert service <= labels[0]
    assert service <= labels[1]
    assert not selectors[0] <= labels[1]
    assert not selectors[1] <= labels[0]
    names = [(one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]) for one in (*stable, *canary)]
    assert len(set(names)) == len(names)
    assert {one["metadata"]["namespace"] for one in (*stable, *canary)} == {"churn-prod"}


@needs_kubectl
def test_every_job_and_service_is_reachable_by_the_policies(kustomized: Path) -> None:
    found = manifests(kustomized, "prod")
    policies = [one["spec"] for one in pick(found, "NetworkPolicy")]
    for template in pods(found):
        labels = template["metadata"]["labels"].items()
        chosen = [one for one in policies if one["podSelector"]["matchLabels"].items() <= labels]
        opened = {port["port"] for one in chosen for rule in one["ingress"] for port in rule["ports"]}
        assert any("Egress" in one["policyTypes"] for one in chosen)
        for container in template["spec"]["containers"]:
            assert {port["name"] for port in container.get("ports", [])} <= opened


@needs_kubectl
def test_a_cluster_without_an_object_store_mounts_a_folder(kustomized: Path) -> None:
    file = kustomized / "deploy" / "overlays" / "staging" / "kustomization.yaml"
    file.write_text(
        file.read_text().replace("configMapGenerator:", "components: [../../shared-folder]\nconfigMapGenerator:", 1)
    )
    for spec in [pod["spec"] for pod in pods(manifests(kustomized, "staging"))]:
        assert {"name": "shared", "persistentVolumeClaim": {"claimName": "churn-shared"}} in spec["volumes"]
        for container in (*spec["initContainers"], *spec["containers"]):
            assert {"name": "shared", "mountPath": "/shared"} in container["volumeMounts"]


@pytest.mark.parametrize("dropped", [(), ("serving-fastapi", "deploy-kustomize")], ids=["all", "no serving"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_recipe_of_the_image_has_no_finding(
    rendered: Make, tmp_path: Path, python: str, dropped: tuple[str, ...]
) -> None:
    found = rendered(project_name="churn", added=("container",), dropped=dropped, python_version=python)
    at = lay(found, tmp_path) / "deploy" / "Dockerfile"
    run(TOOLS / "hadolint", "--failure-threshold", "style", at)
    images = re.findall(r"^FROM (\S+)", at.read_text(), re.MULTILINE)
    assert len(images) == 2
    assert all(re.fullmatch(rf"python:{python}\.\d+-slim-trixie", image) for image in images)


def test_the_image_makes_an_environment_apart_while_packages_can_be_fetched(rendered: Make) -> None:
    apart, plain = (
        rendered(project_name="churn", added=added).files["deploy/Dockerfile"].data.decode()
        for added in (("monitoring-evidently",), ())
    )
    _, build, final = apart.split("\nFROM ")
    assert build.splitlines()[-1] == "RUN .venv/bin/python -m churn.platform.evidently"
    assert "evidently" not in final + plain


@pytest.mark.parametrize("monitored", [True, False], ids=["monitored", "alone"])
def test_compose_understands_its_file(rendered: Make, embedded: Platform, tmp_path: Path, monitored: bool) -> None:
    if monitored and "monitoring" not in (embedded.settings or {})["components"]:
        pytest.skip("there is no component monitoring yet")
    extra, less = (("monitoring",), ()) if monitored else ((), ("monitoring", "deploy-kustomize"))
    less = tuple(name for name in less if name in (embedded.settings or {})["components"])
    folder = (
        lay(rendered(project_name="churn", added=("deploy-compose", *extra), dropped=less), tmp_path)
        / "deploy"
        / "compose"
    )
    text = run(
        TOOLS / "docker-compose", "--file", folder / "compose.yml", "--env-file", folder / "release.env", "config"
    )
    services = yaml.load(text.encode(), "compose.yml")["services"]
    assert services.keys() == {"bundle", "service", *(["gauges", "prometheus"] if monitored else [])}
    assert all(":" in one["image"] and one["read_only"] and one["cap_drop"] == ["ALL"] for one in services.values())
    assert all("healthcheck" in one for name, one in services.items() if name != "bundle")

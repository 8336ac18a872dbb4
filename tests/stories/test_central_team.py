"""A central team's own platform, over real git remotes: started, looked at, built upon, released, moved to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import kit
from tests.kit import TOP

QUICK = ("--defaults", "--no-lock", "--set", "ci=github")
ALERT = {
    "components/alert-mail/unit.yml": "about: mails what the monitor found\nprovides: alert\nneeds: [monitoring]\n",
    f"components/alert-mail/{TOP}/docs/runbooks/mail.md": "# Mail\n",
}
RULE = """\
- code: OUR101
  name: a runbook tells who is called
  stage: production
  severity: warning
  since: "1.1"
  check: {file.exists: {any: [docs/runbooks/call.md]}}
  at: docs/runbooks/call.md
  message: nobody is called at night
  why: An alert without a reader is noise.
  mend: Name them in docs/runbooks/call.md.
  good: [{docs/runbooks/call.md: "Ada"}]
  bad: [{README.md: "# a"}]
"""


@dataclass(frozen=True)
class Central:
    """A platform's work tree, and the address of the repository that all others take it from."""

    at: Path
    url: str

    def release(self, tag: str, files: Mapping[str, str]) -> None:
        """Release the platform with further files, and push it."""
        kit.release(self.at, tag, files)
        kit.git(self.at, "push", "--quiet", "--tags", "origin", "HEAD")


@pytest.fixture(params=["disk", "daemon"])
def ours(request: pytest.FixtureRequest, mlctl: kit.Mlctl, daemon: str, tmp_path: Path) -> Central:
    """A platform that was started from the embedded one and pushed to a repository on disk, or behind git's daemon."""
    done = mlctl("platform", "init", "ours", "--no-lock", "--defaults", "--set", "owner=@ml", "--set", "ci=github")
    assert done.code == 0, done.err
    at, bare = mlctl.here / "ours", tmp_path / "ours.git"
    kit.git(tmp_path, "clone", "--quiet", "--bare", str(at), str(bare))
    kit.git(at, "remote", "add", "origin", str(bare))
    return Central(at, f"{daemon}/ours.git" if request.param == "daemon" else f"file://{bare}")


@pytest.fixture
def churn(ours: Central, mlctl: kit.Mlctl) -> Path:
    """A project that was made from the platform's first release."""
    done = mlctl("new", "churn", "-p", ours.url, *QUICK)
    assert done.code == 0, done.err
    return mlctl.here / "churn"


def codes(mlctl: kit.Mlctl, project: Path, *more: str) -> list[str]:
    """Return the codes of the platform's own rules that the project breaks on its way to production."""
    told = mlctl("check", "--stage", "production", "--format", "json", *more, cwd=project)
    found = [finding["code"] for finding in json.loads(told.out)["projects"][0]["findings"]]
    return [code for code in found if code.startswith("OUR")]


def test_what_it_offers_is_seen_from_afar(ours: Central, mlctl: kit.Mlctl) -> None:
    told = mlctl("platform", "list", "-p", ours.url, "--format", "json")
    assert told.code == 0, told.err
    assert {"monitoring", "monitoring-evidently"} <= {one["name"] for one in json.loads(told.out)["units"]}
    shown = mlctl("platform", "show", "tracking-files", "-p", ours.url)
    assert (shown.code, "tracking" in shown.out) == (0, True)


def test_a_project_hears_of_a_release_and_takes_it(ours: Central, churn: Path, mlctl: kit.Mlctl) -> None:
    settings = (ours.at / "platform.yml").read_text().replace("components: [", "components: [alert-mail, ", 1)
    ours.release("v1.1.0", {"platform.yml": settings, "standards/rules/ours.yml": RULE, **ALERT})
    assert mlctl("platform", "lint", cwd=ours.at).code == 0
    assert "v1.1.0" in mlctl("status", "--fetch", cwd=churn).out
    assert codes(mlctl, churn) == []
    assert codes(mlctl, churn, "--against", "v1.1.0") == ["OUR101"]
    assert mlctl("upgrade", "--commit", cwd=churn).code == 0
    assert codes(mlctl, churn) == ["OUR101"]
    added = mlctl("add", "alert-mail", "--commit", cwd=churn)
    assert added.code == 0, added.err
    assert (churn / "docs/runbooks/mail.md").read_text() == "# Mail\n"


def test_a_port_is_filled_anew(churn: Path, mlctl: kit.Mlctl) -> None:
    done = mlctl("add", "tracking-files", "--swap", "--commit", cwd=churn)
    assert done.code == 0, done.err
    assert "mlflow" not in (churn / "pyproject.toml").read_text().partition("[tool")[0]


def test_a_project_of_the_embedded_platform_moves_to_it(ours: Central, mlctl: kit.Mlctl) -> None:
    assert mlctl("new", "churn", *QUICK).code == 0
    done = mlctl("upgrade", "-p", ours.url, "--defaults", "--commit", cwd=mlctl.here / "churn")
    assert done.code == 0, done.err
    assert f"source: {ours.url}" in (mlctl.here / "churn/.mlctl/project.yml").read_text()

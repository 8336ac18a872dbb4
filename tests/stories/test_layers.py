"""A project takes units from several platforms: one rendering, one manifest, each layer at a version of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlctl.tools import yaml
from tests import kit
from tests.kit import TOP
from tests.kit.team import FILES as TEAM
from tests.kit.team import RULE

QUICK = ("--defaults", "--no-lock", "--set", "ci=github")
ALERT = f"components/slack-alert/{TOP}/alerts/slack.yml"
SLACK = "channel: '#churn'\nowner: '@team'\nimage: alert:1.0\n"


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """The platform of a team, released as v1.0.0."""
    return kit.team(tmp_path / "team")


@pytest.fixture
def project(platform: Path, team: Path, mlctl: kit.Mlctl) -> Path:
    """A project of the small platform, with the team's alert over it."""
    made = mlctl("new", "churn", "-p", str(platform), "-p", str(team), *QUICK)
    assert made.code == 0, made.err
    return mlctl.here / "churn"


@pytest.fixture
def alone(platform: Path, mlctl: kit.Mlctl) -> Path:
    """A project of the small platform alone."""
    assert mlctl("new", "churn", "-p", str(platform), *QUICK).code == 0
    return mlctl.here / "churn"


def lock(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / ".mlctl/lock.json").read_text())
    return found


def layers(project: Path) -> list[tuple[str, str, list[str]]]:
    return [(one["name"], one["version"], one["units"]) for one in lock(project)["layers"]]


def files(project: Path) -> dict[str, bytes]:
    paths = kit.git(project, "ls-files").splitlines()
    return {path: (project / path).read_bytes() for path in paths if path != ".mlctl/project.yml"}


def test_new_takes_units_of_several_platforms_into_one_rendering(project: Path, platform: Path, team: Path) -> None:
    assert layers(project) == [
        ("small", "v1.0.0", ["base", "service", "ci-github"]), ("team", "v1.0.0", ["slack-alert"])
    ]  # fmt: skip
    assert [one["tree"] for one in lock(project)["layers"]] == [kit.tree(platform), kit.tree(team)]
    assert (project / "alerts/slack.yml").read_text() == SLACK
    manifest = lock(project)["manifest"]
    assert [manifest[path][2] for path in ("README.md", "alerts/slack.yml")] == [0, 1]
    assert manifest[".github/workflows/alert.yml"][2] == 1
    assert kit.git(project, "status", "--porcelain") == ""


def test_the_first_layer_s_bounds_and_pins_hold(project: Path) -> None:
    assert "'httpx>=0.27', 'pytest>=8.3'" in (project / "pyproject.toml").read_text()
    pins = (project / "constraints.txt").read_text().split()
    assert {"anyio==4.6.0", "httpx==0.28.1", "pytest==8.3.3"} <= set(pins)
    assert "pytest==7.0.0" not in pins


def test_a_layer_adds_its_rules_and_the_project_is_held_to_them(platform: Path, team: Path, mlctl: kit.Mlctl) -> None:
    sound = {"standards/standards.yml": "schema: mlctl.standards/1\n", "standards/rules/readme.yml": "[]\n"}
    kit.release(platform, "v1.1.0", sound)
    assert mlctl("new", "churn", "-p", str(platform), "-p", str(team), *QUICK).code == 0
    project = mlctl.here / "churn"
    kit.remove(project, "alerts")
    kit.commit(project)
    done = mlctl("check", "--select", "TEA001", "--format", "json", cwd=project)
    [finding] = json.loads(done.out)["projects"][0]["findings"]
    assert (finding["code"], finding["severity"]) == ("TEA001", "warning")


def test_add_from_another_platform_is_as_new_with_it(project: Path, platform: Path, team: Path, mlctl) -> None:
    mlctl("new", "twin", "-p", str(platform), *QUICK, "--set", "project_name=churn")
    twin = mlctl.here / "twin"
    done = mlctl("add", "slack-alert", "-p", str(team), "-y", "--commit", cwd=twin)
    assert done.code == 0, done.err
    assert "team comes at v1.0.0" in done.out
    assert files(twin) == files(project)
    said = [yaml.load((folder / ".mlctl/project.yml").read_bytes(), "") for folder in (twin, project)]
    assert said[0] == said[1]


def test_remove_takes_a_layer_away(alone: Path, team: Path, mlctl: kit.Mlctl) -> None:
    before = files(alone)
    for words in (["slack-alert"], ["--layer", "team"]):
        mlctl("add", "slack-alert", "-p", str(team), "-y", "--commit", cwd=alone)
        assert (alone / "alerts/slack.yml").exists()
        done = mlctl("remove", *words, "--commit", cwd=alone)
        assert done.code == 0, done.err
        assert files(alone) == before


def test_one_layer_moves_and_the_others_stay(project: Path, platform: Path, team: Path, mlctl: kit.Mlctl) -> None:
    kit.release(platform, "v2.0.0", {f"base/{TOP}/NEW.md": "new\n"})
    kit.release(team, "v1.1.0", {ALERT: TEAM[ALERT] + "more: true\n"})
    kit.release(team, "v1.2.0", {ALERT: TEAM[ALERT] + "most: true\n"})
    done = mlctl("upgrade", "--layer", "team", "--to", "v1.1.0", "--commit", cwd=project)
    assert done.code == 0, done.err
    assert "upgraded team v1.0.0 → v1.1.0" in done.out
    assert [version for _, version, _ in layers(project)] == ["v1.0.0", "v1.1.0"]
    assert "more: true" in (project / "alerts/slack.yml").read_text()
    assert not (project / "NEW.md").exists()
    assert mlctl("upgrade", "--layer", "small", "--commit", cwd=project).code == 0
    assert [version for _, version, _ in layers(project)] == ["v2.0.0", "v1.1.0"]
    assert (project / "NEW.md").exists()


def test_upgrade_alone_moves_every_layer(project: Path, platform: Path, team: Path, mlctl: kit.Mlctl) -> None:
    kit.release(platform, "v2.0.0", {f"base/{TOP}/NEW.md": "new\n"})
    kit.release(team, "v1.1.0", {ALERT: TEAM[ALERT] + "more: true\n"})
    plan = json.loads(mlctl("upgrade", "--dry-run", "--format", "json", cwd=project).out)
    assert [(one["name"], one["to"]["version"]) for one in plan["layers"]] == [("small", "v2.0.0"), ("team", "v1.1.0")]
    done = mlctl("upgrade", "--commit", cwd=project)
    assert "upgraded small v1.0.0 → v2.0.0, team v1.0.0 → v1.1.0" in done.out
    assert "up to date: small v2.0.0, team v1.1.0" in mlctl("upgrade", cwd=project).out


def test_edits_survive_when_any_layer_moves(project: Path, team: Path, mlctl: kit.Mlctl) -> None:
    kit.append(project, "alerts/slack.yml", "ours: 1\n")
    kit.append(project, "README.md", "\nOurs.\n")
    kit.commit(project)
    kit.release(team, "v1.1.0", {ALERT: "# told at night too\n" + TEAM[ALERT]})
    assert mlctl("upgrade", "--commit", cwd=project).code == 0
    assert (project / "alerts/slack.yml").read_text() == f"# told at night too\n{SLACK}ours: 1\n"
    assert (project / "README.md").read_text().endswith("\nOurs.\n")


def test_a_base_that_git_forgot_is_rendered_again_from_all_layers(project: Path, team: Path, mlctl) -> None:
    kit.append(project, "alerts/slack.yml", "ours: 1\n")
    kit.remove(project, ".git")
    kit.make_repo(project)
    kit.commit(project)  # the blob that the template gave is in no commit any more
    kit.release(team, "v1.1.0", {ALERT: "# anew\n" + TEAM[ALERT]})
    assert mlctl("upgrade", "--commit", cwd=project).code == 0
    assert (project / "alerts/slack.yml").read_text() == f"# anew\n{SLACK}ours: 1\n"


def test_status_tells_of_each_layer(project: Path, team: Path, mlctl: kit.Mlctl) -> None:
    kit.release(team, "v1.1.0", {ALERT: "channel: none\n"})
    found = json.loads(mlctl("status", "--format", "json", cwd=project).out)
    told = [(one["name"], one["version"], one["newest"], one["lag"]) for one in found["layers"]]
    assert told == [("small", "v1.0.0", "v1.0.0", 0), ("team", "v1.0.0", "v1.1.0", 1)]
    assert (found["version"], found["current"]) == ("v1.0.0", False)
    text = mlctl("status", cwd=project).out
    assert "layer     team: ../../team v1.0.0 (slack-alert)" in text
    assert "v1.1.0 is there, 1 release ahead" in text


def test_answers_of_a_layer_change_at_the_same_versions(project: Path, team: Path, mlctl: kit.Mlctl) -> None:
    kit.release(team, "v1.1.0", {ALERT: "channel: none\n"})
    assert mlctl("upgrade", "--set", "channel=#ops", "--commit", cwd=project).code == 0
    assert "'#ops'" in (project / "alerts/slack.yml").read_text()
    assert [version for _, version, _ in layers(project)] == ["v1.0.0", "v1.0.0"]


def test_a_layer_s_component_takes_a_port_by_swap(project: Path, mlctl: kit.Mlctl) -> None:
    kit.refused(mlctl("add", "ci-jenkins", "-y", cwd=project), 2, "'ci-github' fills the port 'ci' already")
    done = mlctl("add", "ci-jenkins", "--swap", "-y", "--commit", cwd=project)
    assert done.code == 0, done.err
    assert (project / "Jenkinsfile").exists()
    assert not (project / ".github").exists()
    assert layers(project)[1][2] == ["slack-alert", "ci-jenkins"]
    assert "ci" not in lock(project)["answers"]
    assert mlctl("remove", "ci-jenkins", "--commit", cwd=project).code == 0
    assert lock(project)["answers"]["ci"] == "none"


def test_editing_project_yml_takes_a_layer_out(project: Path, mlctl: kit.Mlctl) -> None:
    file = project / ".mlctl/project.yml"
    text = file.read_text()
    start = text.index("  - name: team")
    file.write_text(text[:start] + text[text.index("answers:") :])
    done = mlctl("upgrade", "--commit", cwd=project)
    assert done.code == 0, done.err
    assert "the layer 'team' is taken out" in done.err
    assert not (project / "alerts").exists()
    assert len(lock(project)["layers"]) == 1


def test_over_the_network_trust_is_asked_per_layer(platform: Path, team: Path, daemon: str, mlctl: kit.Mlctl) -> None:
    unit = (platform / "base/unit.yml").read_text()
    kit.release(platform, "v1.1.0", {"base/unit.yml": unit + "generated: [uv.lock]\n"})
    both = ("-p", f"{daemon}/platform", "-p", f"{daemon}/team", "--defaults")
    done = mlctl("new", "aa", *both, env={"MLCTL_TRUST": f"{daemon}/platform"})
    assert done.code == 0, done.err
    assert f"'{daemon}/team' is not on your trust list" in done.err
    assert [one["source"] for one in lock(mlctl.here / "aa")["layers"]] == [f"{daemon}/platform", f"{daemon}/team"]
    trusted = mlctl("new", "bb", *both, env={"MLCTL_TRUST": f"{daemon}/platform {daemon}/team"})
    assert "trust list" not in trusted.err
    kit.release(team, "v1.1.0", {ALERT: "channel: none\n"})
    assert mlctl("upgrade", "--layer", "team", "--commit", cwd=mlctl.here / "aa").code == 0
    assert (mlctl.here / "aa/alerts/slack.yml").read_text() == "channel: none\n"


REFUSED = [
    (("upgrade", "--to", "v1.0.0"), 2, "the project has 2 layers, and `--to` is about one"),
    (("upgrade", "-p", "../../plain"), 2, "the project has 2 layers, and `-p` is about one"),
    (("upgrade", "--layer", "taem"), 2, "the nearest is 'team'"),
    (("remove", "--layer", "small"), 2, "'small' is the first layer"),
    (("add", "nobody"), 2, "there is no component 'nobody'"),
    (("add", "tracking", "-p", "../../team"), 2, "there is no component 'tracking'"),
    (("add", "thing", "-p", "../../plain"), 2, "is a plain cookiecutter template: it can't be a layer"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code", "told"), REFUSED, ids=[told[:40] for _, _, told in REFUSED])
def test_a_wrong_wish_about_layers_is_two_lines(
    project: Path, mlctl: kit.Mlctl, tmp_path: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    kit.template(tmp_path / "plain")
    before = kit.snapshot(project)
    kit.refused(mlctl(*words, "--dry-run", cwd=project), code, told)
    assert kit.snapshot(project) == before


def test_only_the_first_layer_may_lock_rules(alone: Path, platform: Path, team: Path, mlctl: kit.Mlctl) -> None:
    kit.release(team, "v1.1.0", {"standards/rules/alert.yml": RULE.replace("stage:", "policy: locked\n  stage:")})
    said = "locks TEA001: only the first layer may lock rules"
    kit.refused(mlctl("new", "bb", "-p", str(platform), "-p", str(team), *QUICK), 2, said)
    kit.refused(mlctl("add", "slack-alert", "-p", str(team), "-y", cwd=alone), 2, said)
    assert f"standards/rules/alert.yml:1: {said}" in mlctl("platform", "lint", cwd=team).out


def test_a_layer_alone_starts_no_project(team: Path, mlctl: kit.Mlctl) -> None:
    kit.refused(mlctl("new", "bb", "-p", str(team), "--defaults"), 2, "has no kind: it is a layer")
    assert mlctl("platform", "lint", cwd=team).out == ""
    assert "slack-alert" in mlctl("platform", "list", cwd=team).out


def test_a_record_of_one_layer_is_written_as_ever(alone: Path) -> None:
    [layer] = lock(alone)["layers"]
    assert list(layer) == ["source", "version", "tree", "commit", "kind", "units"]
    assert "- source: ../../platform" in (alone / ".mlctl/project.yml").read_text()

"""Units: which are chosen, in which order, and what is wrong with a platform that says it wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.ask import ask
from mlctl.core.platform import Platform, find
from mlctl.core.render import render
from mlctl.core.source import Kind, Source
from mlctl.core.template import Template, Unknown
from mlctl.core.units import Clash, catalog, folders, template
from mlctl.tools.errors import Invalid
from mlctl.tools.yaml import Malformed
from tests import kit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return kit.platform(tmp_path)


def small(folder: Path) -> Platform:
    return find(Source(Kind.FOLDER, str(folder)), "worktree")


def names(found: Template, ci: str = "none") -> list[str]:
    return [unit.name for unit in found.units({"ci": ci})]


def asked(found: Template) -> list[str]:
    return [question.name for question in found.questions if question.asked]


def test_a_project_is_of_base_kind_and_chosen_components(folder: Path) -> None:
    assert names(template(small(folder), "")) == ["base", "service"]
    assert names(template(small(folder), "service"), "gitlab") == ["base", "service", "ci-gitlab"]


def test_components_come_in_the_order_of_the_platform(folder: Path) -> None:
    assert names(template(small(folder), "", ["tracking"]), "github") == ["base", "service", "ci-github", "tracking"]


def test_a_port_that_is_filled_is_not_asked_for(folder: Path) -> None:
    assert asked(template(small(folder), "")) == ["project_name", "owner", "public", "ci"]
    found = template(small(folder), "", ["ci-gitlab"])
    assert asked(found) == ["project_name", "owner", "public"]
    assert [unit.name for unit in found.units({})] == ["base", "service", "ci-gitlab"]


def test_a_port_offers_its_components_and_none(folder: Path) -> None:
    ci = next(question for question in template(small(folder), "").questions if question.name == "ci")
    assert ci.default == ["github", "gitlab", "none"]
    assert ci.labels == {"github": "GitHub Actions", "gitlab": "GitLab CI", "none": "nowhere for now"}


def test_a_component_asks_only_when_it_is_chosen(folder: Path) -> None:
    kit.append(folder, "components/ci-github/unit.yml", "questions: {runner: {default: ubuntu}}\n")
    kit.append(folder, "components/tracking/unit.yml", "questions: {server: {default: here}}\n")
    runner = next(question for question in template(small(folder), "").questions if question.name == "runner")
    assert runner.only == ("ci", "github")
    assert "server" not in asked(template(small(folder), ""))
    assert "server" in asked(template(small(folder), "", ["tracking"]))


def test_a_default_component_can_be_left_out_or_pushed_out(folder: Path) -> None:
    kit.write(folder, "platform.yml", kit.FILES["platform.yml"].replace("defaults: []", "defaults: [ci-github]"))
    text = (folder / "platform.yml").read_text()
    kit.write(folder, "platform.yml", text[: text.index("ask:")] + text[text.index("versions:") :])
    assert names(template(small(folder), "")) == ["base", "service", "ci-github"]
    assert names(template(small(folder), "", dropped=["ci-github"])) == ["base", "service"]
    assert names(template(small(folder), "", ["ci-gitlab"])) == ["base", "service", "ci-gitlab"]


@pytest.mark.parametrize(
    ("kind", "added", "dropped", "error", "told"),
    [
        ("servce", (), (), Unknown, "the nearest is 'service'"),
        ("", ("ci-githb",), (), Unknown, "the nearest is 'ci-github'"),
        ("", (), ("trackng",), Unknown, "the nearest is 'tracking'"),
        ("", ("tracking",), ("tracking",), Clash, "once"),
    ],
)
def test_a_wrong_wish_is_told_with_the_nearest_name(
    folder: Path, kind: str, added: tuple[str, ...], dropped: tuple[str, ...], error: type[Invalid], told: str
) -> None:
    with pytest.raises(error) as caught:
        template(small(folder), kind, added, dropped)
    assert told in caught.value.hint
    assert caught.value.code == 2


def test_two_components_cannot_fill_one_port(folder: Path) -> None:
    with pytest.raises(Clash, match="both fill the port 'ci'"):
        template(small(folder), "", ["ci-github", "ci-gitlab"]).units({})


def test_a_component_that_lacks_what_it_needs_names_it(folder: Path) -> None:
    kit.append(folder, "components/tracking/unit.yml", "needs: [ci]\n")
    with pytest.raises(Clash) as caught:
        names(template(small(folder), "", ["tracking"]))
    assert caught.value.hint.startswith("add `--with ci")
    assert names(template(small(folder), "", ["tracking"]), "github")[-1] == "tracking"


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("platform.yml", "name: x\n", "platform.yml:1: names no kind"),
        ("platform.yml", "name: x\nkinds: service\n", "platform.yml:2: 'kinds' must be a list"),
        ("platform.yml", "kinds: [service]\n\ncomponents: [a]\n", "platform.yml:3: names the component 'a'"),
        ("platform.yml", "kinds: [service]\ndefaults: [a]\n", "platform.yml:2: the default 'a' is no component"),
        ("platform.yml", "kinds: [service]\nask: [ci]\n", "platform.yml:2: must be a mapping"),
        ("platform.yml", "kinds: [service\n", "platform.yml:2: "),
        ("platform.yml", "kinds: [service]\nschema: mlctl.platform/9\n", "platform.yml:2: has the schema"),
        ("platform.yml", "kinds: [service]\nnaming: nobody\n", "platform.yml:1: 'naming' is the question 'nobody'"),
        ("base/unit.yml", "record:\n  stage: production\n", "base/unit.yml:2: 'stage' of the record is mlctl's own"),
        ("base/unit.yml", "questions:\n  a: {choices: [b], default: c}\n", "base/unit.yml:2: the default 'c' is none"),
        ("base/unit.yml", "about: x\nquestion: {}\n", "base/unit.yml:2: there is no key 'question' in a unit"),
        ("base/unit.yml", "about: x\nneeds: a\n", "base/unit.yml:2: 'needs' must be a list"),
        ("base/unit.yml", "about: x\nquestions: [a]\n", "base/unit.yml:2: must be a mapping"),
        ("base/unit.yml", "about: x\nquestions:\n  a: b\n", "base/unit.yml:3: must be a mapping"),
        ("base/unit.yml", "about: x\ndependencies:\n  dev: pytest\n", "base/unit.yml:3: 'dev' must be a list"),
        ("base/unit.yml", "questions:\n  a: {choices: b}\n", "base/unit.yml:2: 'choices' must be a list"),
    ],
)
def test_a_platform_that_says_it_wrongly_is_told_where(folder: Path, path: str, text: str, told: str) -> None:
    kit.write(folder, path, text)
    with pytest.raises(Malformed) as caught:
        template(small(folder), "")
    assert caught.value.sentence.startswith(told)


def test_the_catalog_lists_what_there_is(folder: Path) -> None:
    found = catalog(small(folder))
    assert found.kinds == ("service",)
    assert list(found.components) == ["ci-github", "ci-gitlab", "tracking"]
    assert found.filling("ci") == {"github": "ci-github", "gitlab": "ci-gitlab"}


def test_what_two_units_need_together_comes_only_with_both(folder: Path) -> None:
    kit.write(
        folder, "components/tracking/with/ci-github/unit.yml", "about: nightly runs\ndependencies: {dev: [pytest]}\n"
    )
    kit.write(folder, f"components/tracking/with/ci-github/{kit.TOP}/.github/workflows/night.yml", "on: schedule\n")
    both, alone = template(small(folder), "", ["tracking", "ci-github"]), template(small(folder), "", ["tracking"])
    assert [unit.name for unit in both.units({})][-1] == "tracking/with/ci-github"
    assert both.names({}) == ("base", "service", "ci-github", "tracking")
    assert ".github/workflows/night.yml" in render(both, ask(both, {}), {}).files
    assert ".github/workflows/night.yml" not in render(alone, ask(alone, {"ci": "none"}), {}).files


def test_what_a_port_needs_comes_with_whatever_fills_it(folder: Path) -> None:
    kit.write(folder, "kinds/service/with/ci/unit.yml", "about: what every CI must keep\n")
    kit.write(folder, f"kinds/service/with/ci/{kit.TOP}/tests/test_ci.py", "def test_it(): ...\n")
    for ci in ("github", "gitlab"):
        assert "service/with/ci" in names(template(small(folder), ""), ci)
    assert "service/with/ci" not in names(template(small(folder), ""))


def test_what_lies_in_there_may_come_with_a_third(folder: Path) -> None:
    kit.write(folder, "kinds/service/with/ci/unit.yml", "about: what every CI must keep\n")
    kit.write(folder, "kinds/service/with/ci/with/tracking/unit.yml", "about: runs that CI records\n")
    found = template(small(folder), "", ["tracking", "ci-github"])
    assert names(found)[-2:] == ["service/with/ci", "service/with/ci/with/tracking"]
    assert "service/with/ci/with/tracking" not in names(template(small(folder), ""), "github")
    assert "kinds/service/with/ci/with/tracking" in folders(small(folder))


def test_a_component_brings_the_component_that_it_needs(folder: Path) -> None:
    kit.append(folder, "components/tracking/unit.yml", "needs: [ci-gitlab]\n")
    found = template(small(folder), "", ["tracking"])
    assert names(found) == ["base", "service", "ci-gitlab", "tracking"]
    assert "ci" not in asked(found)
    with pytest.raises(Clash, match="'tracking' needs 'ci-gitlab'"):
        names(template(small(folder), "", ["tracking"], ["ci-gitlab"]))

"""Settings: the config file, the environment over it, and the folders of mlctl."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core.settings import Settings, home, settings
from mlctl.tools.errors import Invalid, Unable
from tests.kit import write


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def config(environment: dict[str, str], text: str | bytes) -> Path:
    return write(Path(environment["XDG_CONFIG_HOME"]), "mlctl/config.yml", text)


def test_nothing_is_set_without_a_config_file(environment: dict[str, str]) -> None:
    assert settings(environment) == Settings()


def test_the_config_file_is_read_with_texts_as_they_stand(environment: dict[str, str]) -> None:
    config(environment, "platform: gh:org/x\ntrust: [https://ok/org]\nanswers: {python: 3.10, public: no}\n")
    answers = {"python": "3.10", "public": "no"}
    assert settings(environment) == Settings("gh:org/x", ("https://ok/org",), answers)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "platform:\ntrust:\nanswers:\n"])
def test_a_config_file_may_be_empty(environment: dict[str, str], text: str) -> None:
    config(environment, text)
    assert settings(environment) == Settings()


def test_the_environment_goes_over_the_config_file(environment: dict[str, str]) -> None:
    config(environment, "platform: a\ntrust: [https://a]\nanswers: {owner: '@a', team: x}\n")
    environment |= {"MLCTL_PLATFORM": "b", "MLCTL_TRUST": "https://b https://c", "MLCTL_ANSWER_OWNER": "@b"}
    assert settings(environment) == Settings("b", ("https://b", "https://c"), {"owner": "@b", "team": "x"})


def test_an_empty_trust_list_of_the_environment_trusts_nobody(environment: dict[str, str]) -> None:
    config(environment, "trust: [https://a]\n")
    assert settings({**environment, "MLCTL_TRUST": ""}).trust == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("platform: [a\n", 2), ("platform: a\nplatfrom: b\n", 2), ("trust: a\n", 1), ("\nanswers: [a]\n", 2),
        ("trust:\n  - {a: b}\n", 1), ("a\n", 1), ("- a\n", 1), ("platform: a\nplatform: b\n", 2),
        ("platform: &x a\n", 1), ("answers: !!python/object:os.system x\n", 1), (b"platform: \xff\n", 1),
        ("answers:\n  owner: {a: b}\n", 1),
    ],
)  # fmt: skip
def test_a_malformed_config_file_is_named_with_its_line(
    environment: dict[str, str], text: str | bytes, line: int
) -> None:
    path = config(environment, text)
    with pytest.raises(Invalid) as caught:
        settings(environment)
    assert caught.value.sentence.startswith(f"{path}:{line}: ")
    assert caught.value.hint


def test_a_config_that_is_a_folder_or_too_big_is_refused(environment: dict[str, str]) -> None:
    path = config(environment, "# " + "x" * 1_000_000)
    with pytest.raises(Invalid, match="larger"):
        settings(environment)
    path.unlink()
    path.mkdir()
    with pytest.raises(Invalid, match="no file"):
        settings(environment)


def test_a_relative_xdg_folder_does_not_count() -> None:
    assert home("cache", {"XDG_CACHE_HOME": "here"}) == Path.home() / ".cache/mlctl"
    assert home("state", {"XDG_STATE_HOME": "/x"}) == Path("/x/mlctl")


def test_somebody_without_a_home_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    with pytest.raises(Unable, match="no home") as caught:
        home("cache", {})
    assert "XDG_CACHE_HOME" in caught.value.hint

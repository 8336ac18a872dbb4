"""At a real terminal `mlctl new` asks what the platform asks, complains on the spot, and can be left at any time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pexpect
import pytest

from tests import kit

NAME, OWNER, PUBLIC, CI = "What is it called", "Who owns it", "Is it public", "Where does it run"
UP, DOWN, ENTER, CLEAR, CTRL_C, CTRL_D = "\x1b[A", "\x1b[B", "\r", "\x15", "\x03", "\x04"
Sit = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def sit(mlctl: kit.Mlctl, platform: Path) -> Sit:
    """Sit at a terminal and start `mlctl new` on the small platform."""

    def start(*arguments: str, env: Mapping[str, str] | None = None) -> pexpect.spawn[str]:
        command = ["new", *arguments, "-p", str(platform), "--no-lock"]
        environment = mlctl.environment({"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **(env or {})})
        size = (40, 160)
        return pexpect.spawn(
            str(kit.SCRIPT),
            command,
            cwd=str(mlctl.here),
            env=environment,
            encoding="utf-8",
            timeout=30,
            dimensions=size,
        )

    return start


def end(terminal: pexpect.spawn[str]) -> tuple[int, str]:
    """Wait for the end; return the exit code and what was shown until then."""
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus or 0, re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.before or "")


def answers(mlctl: kit.Mlctl, project: str = "churn") -> dict[str, str]:
    found: dict[str, str] = json.loads((mlctl.here / project / ".mlctl/lock.json").read_text())["answers"]
    return found


def test_enter_takes_every_default(sit: Sit, mlctl: kit.Mlctl) -> None:
    terminal = sit()
    for prompt in (NAME, OWNER, PUBLIC, CI):
        terminal.expect(prompt)
        terminal.send(ENTER)
    code, shown = end(terminal)
    assert (code, "made churn from service v1.0.0" in shown) == (0, True)
    assert mlctl("new", "asked", "-p", "../platform", "-s", "project_name=churn", "--no-lock", "-y").code == 0
    assert answers(mlctl) == answers(mlctl, "asked")


def test_choices_are_made_by_arrow_keys(sit: Sit, mlctl: kit.Mlctl) -> None:
    terminal = sit("churn")
    terminal.expect(OWNER)
    terminal.send(ENTER)
    terminal.expect(PUBLIC)
    terminal.send(DOWN + ENTER)
    terminal.expect(CI)
    terminal.expect("nowhere for now")
    terminal.send(DOWN + DOWN + UP + ENTER)
    assert end(terminal)[0] == 0
    assert {"public": "yes", "ci": "gitlab"}.items() <= answers(mlctl).items()


def test_a_wrong_text_is_complained_of_on_the_spot_and_can_be_corrected(sit: Sit, mlctl: kit.Mlctl) -> None:
    terminal = sit(*["--with", "ci-github", "-s", "public=no"])
    terminal.expect(NAME)
    terminal.send(CLEAR + "1st" + ENTER)
    terminal.expect("a name begins with a letter")
    terminal.send(CLEAR + "json" + ENTER)
    terminal.expect("a name of Python's own")
    terminal.send(CLEAR + "churn" + ENTER)
    terminal.expect(OWNER)
    terminal.send(CLEAR + "nobody" + ENTER)
    terminal.expect("it must match")
    terminal.send(CLEAR + "@data" + ENTER)
    assert end(terminal)[0] == 0
    assert answers(mlctl)["owner"] == "@data"


def test_what_was_said_is_not_asked(sit: Sit, mlctl: kit.Mlctl) -> None:
    terminal = sit("churn", "-s", "owner=@said", "--with", "ci-gitlab", env={"MLCTL_ANSWER_PUBLIC": "yes"})
    code, shown = end(terminal)
    assert (code, "?" in shown) == (0, False)
    assert {"owner": "@said", "public": "yes"}.items() <= answers(mlctl).items()


@pytest.mark.parametrize(("flags", "env"), [(["-y"], {}), ([], {"CI": "true"}), ([], {"TERM": "dumb"})])
def test_nobody_is_asked_who_does_not_want_it(
    sit: Sit, mlctl: kit.Mlctl, flags: list[str], env: dict[str, str]
) -> None:
    code, shown = end(sit("churn", *flags, env=env))
    assert (code, "?" in shown) == (0, False)
    assert answers(mlctl)["owner"] == "@team"


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
@pytest.mark.parametrize("at", range(4))
def test_leaving_at_any_question_leaves_nothing(sit: Sit, mlctl: kit.Mlctl, key: str, at: int) -> None:
    terminal = sit()
    for prompt in (NAME, OWNER, PUBLIC, CI)[:at]:
        terminal.expect(prompt)
        terminal.send(ENTER)
    terminal.expect((NAME, OWNER, PUBLIC, CI)[at])
    terminal.send(CLEAR + key if at < 2 else CTRL_C)
    code, shown = end(terminal)
    assert (code, "Traceback" in shown) == (130, False)
    assert list(mlctl.here.iterdir()) == []
    assert list(mlctl.temporary.iterdir()) == []


def test_one_of_several_kinds_is_chosen(sit: Sit, mlctl: kit.Mlctl, platform: Path) -> None:
    settings = kit.FILES["platform.yml"].replace("[service]", "[service, batch]")
    unit = "about: a batch job\n"
    kit.release(platform, "v1.1.0", {"platform.yml": settings, "kinds/batch/unit.yml": unit})
    terminal = sit("churn", "-s", "owner=@x", "--with", "ci-github")
    terminal.expect("What kind of project")
    terminal.send(DOWN + ENTER)
    assert end(terminal)[0] == 0
    assert not (mlctl.here / "churn/src").exists()


def test_a_secret_is_neither_shown_nor_kept(sit: Sit, mlctl: kit.Mlctl, platform: Path) -> None:
    asked = "questions:\n  public:\n    ask: false\n  token:\n    prompt: Which token\n    secret: true\n"
    kit.release(platform, "v1.1.0", {"kinds/service/unit.yml": "about: a service\n" + asked})
    terminal = sit("churn", "-s", "owner=@team", "-s", "ci=none")
    terminal.expect("Which token")
    terminal.send("hush-hush" + ENTER)
    code, shown = end(terminal)
    assert (code, "hush-hush" in shown) == (0, False), shown
    files = [path for path in (mlctl.here / "churn").rglob("*") if path.is_file()]
    assert not [path for path in files if b"hush-hush" in path.read_bytes()]


def test_a_wrong_secret_is_not_told(mlctl: kit.Mlctl, platform: Path) -> None:
    asked = (
        'questions:\n  public:\n    ask: false\n  token:\n    secret: true\n    pattern: "[0-9]+"\n    default: "1"\n'
    )
    kit.release(platform, "v1.1.0", {"kinds/service/unit.yml": "about: a service\n" + asked})
    done = mlctl("new", "churn", "-p", str(platform), "-y", "-s", "token=hush-hush")
    assert (done.code, "hush-hush" in done.err, "token" in done.err) == (2, False, True)

"""Records, waivers and standards that mean harm, or are merely broken: read as data, refused in two lines."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import kit
from tests.hostile.jail import Jail, refused

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)
RECORD = (".mlctl/project.yml", ".mlctl/lock.json", ".mlctl/standards.yml", ".mlctl/waivers.yml")
COMMANDS = ("check", "status", "diff", "upgrade")


def text(said: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(said.encode() if isinstance(said, str) else said)


def become(act: Callable[[Path], object]) -> Callable[[Path], object]:
    def swap(path: Path) -> None:
        path.unlink(missing_ok=True)
        act(path)

    return swap


BROKEN: dict[str, Callable[[Path], object]] = {
    "empty": text(""),
    "of NULs": text(b"\0" * 64),
    "no UTF-8": text(b"\xff\xfe\x00a"),
    "cut": lambda path: path.write_bytes(
        path.read_bytes()[: path.stat().st_size // 2] if path.exists() else b"- rule: {"
    ),
    "conflict markers": text("<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n"),
    "a list": text("[1, 2]\n"),
    "a number": text("3\n"),
    "of a newer schema": text('{"schema": "mlctl.lock/9", "layers": []}\n'),
    "an object of Python": text("!!python/object/apply:os.system ['touch ran']\n"),
    "a billion laughs": text(LAUGHS),
    "5,000 deep": text("[" * 5000 + "]" * 5000),
    "keys twice": text('{"schema": "mlctl.lock/1", "schema": "mlctl.lock/1"}\n'),
    "merge keys": text("<<: {a: 1}\n"),
    "of 2 MB": text("a: '" + "x" * 2_000_000 + "'\n"),
    "escape codes": text("a: \x1b[2J\x1b]0;owned\x07\n"),
    "wrong types": text('{"schema": 1, "layers": {"a": 1}, "answers": [1], "manifest": [2]}\n'),
    "a link to a secret": become(lambda path: path.symlink_to("../../secret.txt")),
    "a link to itself": become(lambda path: path.symlink_to(path.name)),
    "a pipe": become(os.mkfifo),
    "a folder": become(os.mkdir),
}
ROWS = [(path, what, command) for path in RECORD for what in BROKEN for command in COMMANDS]


def committed(jail: Jail) -> None:
    """Commit what was done to the record, as far as git can hold it."""
    pipes = [path for path in (jail.project / ".mlctl").iterdir() if path.is_fifo()]
    if not pipes:
        kit.git(jail.project, "add", "--all", "--", ".mlctl")
    kit.git(jail.project, "commit", "--quiet", "--allow-empty", "-m", "Harm")


@pytest.mark.parametrize(("path", "what", "command"), ROWS, ids=[f"{c} {Path(p).name} {w}" for p, w, c in ROWS])
def test_a_record_means_no_harm(jail: Jail, path: str, what: str, command: str) -> None:
    BROKEN[what](jail.project / path)
    committed(jail)
    before = jail.inside()
    done = jail(command, *(["-y"] if command == "upgrade" else []))
    assert "a secret of the user" not in done.out + done.err
    if done.code in (0, 1):
        assert "error:" not in done.err, done
        return
    refused(done, 2, 3)
    assert jail.inside() == before


SOURCES = [
    "ext::sh -c touch% ran", "fd::17", "--upload-pack=touch ran", "ssh://-oProxyCommand=touch/x", "-x", "",
    "https://ok.example/org/../evil", "https://ok.example%2e%2e/x", "file:///etc", "http://127.0.0.1:1/x",
    "https://user:token@127.0.0.1:1/x", "a\nb", "../nowhere", "/etc/passwd", "\x1b[31mred",
]  # fmt: skip


@pytest.mark.parametrize("command", ["upgrade", "status", "diff", "check"])
@pytest.mark.parametrize("source", SOURCES, ids=repr)
def test_a_recorded_source_means_no_harm(jail: Jail, source: str, command: str) -> None:
    for name in ("project.yml", "lock.json"):
        record = jail.project / ".mlctl" / name
        told = source.replace("\n", "\\n").replace("\x1b", "\\u001b")
        record.write_text(record.read_text().replace("../platform", told))
    committed(jail)
    before = jail.inside()
    done = jail(command, *(["-y"] if command == "upgrade" else []))
    assert "token" not in done.out + done.err
    if command == "upgrade":
        refused(done, 2, 3)
        assert jail.inside() == before
    elif done.code > 1:
        refused(done, 2, 3)


REFS = [
    "--output=/tmp/mlctl-evil",
    "HEAD@{1}",
    "v1.0.0^{/x}",
    ":/x",
    "../x",
    "v1..v2",
    "-n1",
    "refs/heads/x\\ny",
    "abc",
]


@pytest.mark.parametrize("ref", REFS, ids=repr)
def test_a_recorded_ref_is_no_option_of_git(jail: Jail, ref: str) -> None:
    record = jail.project / ".mlctl" / "project.yml"
    record.write_text(record.read_text().replace("ref: v1.0.0", f'ref: "{ref}"'))
    committed(jail)
    before = jail.inside()
    refused(jail("upgrade", "-y"), 2, 3)
    assert jail.inside() == before


COMMITS = ["--output=/tmp/mlctl-evil", "HEAD", "abc123", "g" * 40, "0" * 40, "a" * 64]


@pytest.mark.parametrize("commit", COMMITS, ids=repr)
def test_a_recorded_commit_is_an_id_or_nothing(jail: Jail, commit: str) -> None:
    lock = jail.project / ".mlctl" / "lock.json"
    known = kit.git(jail.root / "platform", "rev-parse", "v1.0.0^{commit}")
    lock.write_text(lock.read_text().replace(known, commit))
    committed(jail)
    done = jail("upgrade", "-y", "--dry-run")
    assert done.code in (0, 1) if len(commit) in (40, 64) and "g" not in commit else done.code in (2, 3), done


PATHS = ["../../etc/passwd", "/etc/passwd", ".git/hooks/pre-commit", "a/../../b", ".GIT/config", "a\\nb", ""]


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_a_path_of_the_manifest_stays_in_the_project(jail: Jail, path: str) -> None:
    lock = jail.project / ".mlctl" / "lock.json"
    lock.write_text(lock.read_text().replace('"src/service.py"', f'"{path}"'))
    committed(jail)
    before = jail.inside()
    refused(jail("upgrade", "-y"), 2)
    assert jail.inside() == before


ANSWERS = ["'\"", "${{ secrets.TOKEN }}", "$(touch ran)", "a\\nb: c", "\\u202egnp.exe", "{{ ''.__class__ }}", "../x"]


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_a_recorded_answer_is_data(jail: Jail, answer: str) -> None:
    record = jail.project / ".mlctl" / "project.yml"
    record.write_text(record.read_text().replace('"@team"', f"'{answer}'" if "\\" not in answer else f'"{answer}"'))
    committed(jail)
    done = jail("upgrade", "-y")
    if done.code > 1:
        refused(done, 2, 3)


RULES = {
    "a pattern without end": "{file.matches: {any: [README.md], regex: '(x+x+)+y'}}",
    "a pattern that is none": "{file.matches: {any: [README.md], regex: '('}}",
    "a check that is none": "{shell.runs: {command: touch ran}}",
    "a path that climbs": "{file.matches: {any: ['../../secret.txt'], regex: secret}}",
    "options of the wrong type": "{file.exists: {any: 3}}",
    "code": "{py.eval: \"__import__('os').system('touch ran')\"}",
}


@pytest.mark.parametrize("what", RULES)
def test_a_rule_as_data_runs_nothing(jail: Jail, what: str) -> None:
    rule = f"""
rules:
- code: EVL901
  name: "\\e[31mred <script>alert(1)</script> [bold]x[/bold]"
  stage: explore
  check: {RULES[what]}
  why: "\\e[2J."
  mend: "<script>."
  good: [{{a: b}}]
  bad: [{{c: d}}]
"""
    kit.write(jail.project, ".mlctl/standards.yml", f"schema: mlctl.standards/1\n{rule}")
    kit.write(jail.project, "README.md", "x" * 5000)
    committed(jail)
    for form in ("text", "json", "sarif", "github"):
        done = jail("check", "--format", form)
        assert "a secret of the user" not in done.out
        if done.code > 1:
            refused(done, 2, 3)

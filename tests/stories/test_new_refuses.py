"""What stands in the way is told in two lines, with the promised code, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import kit

QUICK = ("--defaults", "--no-lock")


@pytest.fixture
def said(mlctl: kit.Mlctl, platform: Path) -> Callable[..., None]:
    """Run `mlctl new` on the small platform and hold the refusal against the promise."""

    def run(*arguments: str, code: int, told: str, **more: object) -> None:
        before = kit.snapshot(mlctl.here, mlctl.temporary, platform)
        done = mlctl("new", *arguments, "-p", str(platform), *QUICK, **more)  # type: ignore[arg-type]
        kit.refused(done, code, told)
        assert kit.snapshot(mlctl.here, mlctl.temporary, platform) == before

    return run


WISHES = [
    (["churn", "-k", "servce"], "there is no kind 'servce'"),
    (["churn", "-k", "servce"], "the nearest is 'service'"),
    (["churn", "--with", "traking"], "the nearest is 'tracking'"),
    (["churn", "--without", "traking"], "the nearest is 'tracking'"),
    (["churn", "--with", "tracking", "--without", "tracking"], "both added and left out"),
    (["churn", "--with", "ci-github", "--with", "ci-gitlab"], "both fill the port 'ci'"),
    (["churn", "-s", "ownr=@x"], "the nearest is 'owner'"),
    (["churn", "-s", "_units=x"], "there is no question '_units'"),
    (["churn", "-s", "project_slug=x"], "there is no question 'project_slug'"),
    (["churn", "-s", "owner"], "write it as `--set KEY=VALUE`"),
    (["churn", "-s", "=x"], "write it as `--set KEY=VALUE`"),
    (["churn", "-s", ""], "write it as `--set KEY=VALUE`"),
    (["churn", "-s", "owner=nobody"], "it must match"),
    (["churn", "-s", "owner="], "it must match"),
    (["churn", "-s", "owner=@a\nb"], "control character"),
    (["churn", "-s", "owner=@a\x1b[2J"], "control character"),
    (["churn", "-s", "owner=@a\u202eb"], "control character"),
    (["churn", "-s", "public=maybe"], "it takes no, yes"),
    (["churn", "-s", "ci=jenkins"], "it takes github, gitlab, none"),
    (["churn", "-s", "project_name=1x"], "begins with a letter"),
    (["class"], "'class' is a name of Python's own"),
    (["json"], "'json' is a name of Python's own"),
    (["Import"], "is a name of Python's own"),
    (["1x"], "begins with a letter"),
    (["churn", "--ref", "v9"], "has no version 'v9'"),
    (["churn", "--ref", "--output=x"], "has no version"),
    (["churn", "--nonsense"], "no such option"),
    (["churn", "--defualts"], "--defaults"),
    (["churn", "extra"], "unexpected extra argument"),
    (["churn", "--format", "xml"], "xml"),
]


@pytest.mark.parametrize(("arguments", "told"), WISHES, ids=lambda value: str(value)[:40])
def test_a_wrong_wish(said: Callable[..., None], arguments: list[str], told: str) -> None:
    said(*arguments, code=3 if "--ref" in arguments else 2, told=told)


SOURCES = [
    ("nowhere", 2, "is not there"), ("-x", 2, "is no source"), ("ext::sh -c 'touch ran'", 2, "runs commands"),
    ("fd::3", 2, "runs commands"), ("ssh://-oProxyCommand=x/y", 2, "host"), ("https://ok/../x", 2, "path"),
    ("ftp://host/x", 2, "scheme 'ftp'"), ("https://u:s3cret@", 2, "host"), ("a\nb", 2, "is no source"),
    ("y" * 3000, 2, "is not there"), ("file", 2, "is a file"), ("empty", 3, "no platform and no template"),
    ("hollow", 3, "HEAD names no commit"), ("broken", 3, "git"),
    ("list", 2, "platform.yml:1"), ("odd", 2, "platform.yml:2"),

    ("json", 2, "cookiecutter.json:2"), ("array", 2, "cookiecutter.json:1"), ("plain", 3, "named by a variable"),
    ("missing", 2, "unit.yml"),
]  # fmt: skip


def odd_sources(here: Path) -> None:
    """Lay folders that are no platforms beside the work."""
    kit.write(here, "file", "x")
    (here / "empty").mkdir()
    kit.git(here, "init", "--quiet", "--bare", "hollow")
    kit.write(kit.make_repo(here / "broken", {"a": "b"}), ".git/HEAD", "nonsense")
    kit.write(here, "list/platform.yml", "- a\n")
    kit.write(here, "odd/platform.yml", "kinds: [a]\nkinds: [b]\n")
    kit.write(here, "json/cookiecutter.json", '{"a": "b"\n"c": "d"}')
    kit.write(here, "array/cookiecutter.json", "[]")
    kit.write(here, "plain/cookiecutter.json", "{}")
    kit.write(here, "missing/platform.yml", "kinds: [a]\n")


@pytest.mark.parametrize(("source", "code", "told"), SOURCES, ids=lambda value: str(value)[:30])
def test_a_source_that_is_no_platform(mlctl: kit.Mlctl, tmp_path: Path, source: str, code: int, told: str) -> None:
    odd_sources(tmp_path)
    kit.write(tmp_path, "missing/base/unit.yml", "about: x\n")
    before = kit.snapshot(mlctl.here, mlctl.temporary, tmp_path / "broken")
    place = str(tmp_path / source) if (tmp_path / source[:200]).exists() else source
    done = mlctl("new", "churn", "-p", place, *QUICK)
    kit.refused(done, code, told)
    assert "s3cret" not in done.err
    assert kit.snapshot(mlctl.here, mlctl.temporary, tmp_path / "broken") == before


ANSWERS = [
    ("a.yml", "owner: [a\n", 2, "a.yml:2: "), ("a.yml", "owner: @team\n", 2, "a.yml:1: "),
    ("a.yml", "- owner\n", 2, "a.yml:1: must be a mapping"), ("a.yml", "just text\n", 2, "a.yml:1: must be a mapping"),
    ("a.yml", "ci: github\nci: gitlab\n", 2, "a.yml:2: the key 'ci' stands twice"),
    ("a.yml", "a: &x 1\nb: *x\n", 2, "a.yml:1: anchors"), ("a.yml", "<<: {a: b}\n", 2, "a.yml:1: merge"),
    ("a.yml", "owner: !!python/object/apply:os.system [x]\n", 2, "a.yml:1: the tag"),
    ("a.yml", "owner: " + "[" * 60 + "]" * 60 + "\n", 2, "nested deeper"),
    ("a.yml", b"owner: \xff\xfe\n", 2, "not UTF-8"),
    ("a.yml", b"ci: a\x00b\n", 2, "a.yml:1"), ("a.yml", "a: b\n---\nc: d\n", 2, "a.yml:2"),
    ("a.yml", "\towner: x\n", 2, "a.yml:1"), ("a.yml", "<<<<<<< ours\nci: github\n=======\n", 2, "a.yml:"),
    ("a.yml", "x: " + "y" * 1_000_001, 2, "larger than"), ("a.json", '{"ci": "github",}', 2, "a.json:1"),
    ("a.json", '{"ci": "github"\n "owner": "@x"}', 2, "a.json:2"), ("a.json", "[1]", 2, "a.json:1: must be a mapping"),
    ("a.json", '{"ci": 1,\n "ci": 2}', 2, "a.json:2: the key 'ci' stands twice"),
    ("a.yml", "ownr: x\n", 2, "the nearest is 'owner'"), ("a.yml", "ci: [github]\n", 2, "no answer to 'ci'"),
    ("a.yml", "owner: {a: b}\n", 2, "no answer to 'owner'"), ("a.yml", "ci:\n", 2, "no answer to 'ci'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "code", "told"), ANSWERS, ids=lambda value: str(value)[:24])
def test_a_file_of_answers_that_is_wrong(
    said: Callable[..., None], mlctl: kit.Mlctl, name: str, text: str | bytes, code: int, told: str
) -> None:
    kit.write(mlctl.here, name, text)
    said("churn", "--answers", name, code=code, told=told)


def test_a_file_of_answers_that_is_none(said: Callable[..., None], mlctl: kit.Mlctl) -> None:
    (mlctl.here / "folder").mkdir()
    (mlctl.here / "dangling").symlink_to("nowhere")
    said("churn", "--answers", "nowhere.yml", code=2, told="nowhere.yml")
    said("churn", "--answers", "folder", code=2, told="folder")
    said("churn", "--answers", "dangling", code=2, told="dangling")
    said("churn", "--answers", "/dev/zero", code=2, told="/dev/zero")


@pytest.mark.parametrize(
    ("config", "line"), [("platform: [\n", 2), ("trusted: x\n", 1), ("answers: x\n", 1), ("\ntrust: x\n", 2)]
)
def test_a_config_file_that_is_wrong(said: Callable[..., None], mlctl: kit.Mlctl, config: str, line: int) -> None:
    path = mlctl.config(config)
    said("churn", code=2, told=f"{path}:{line}: ")


def occupy(here: Path, how: str) -> str:
    """Put something in the way of the project `churn`; return how the project is asked for."""
    if how == "full":
        kit.write(here, "churn/x", "mine")
    if how == "hidden file":
        kit.write(here, "churn/.x", "mine")
    if how == "file":
        kit.write(here, "churn", "mine")
    if how == "link":
        (here / "elsewhere").mkdir()
        (here / "churn").symlink_to("elsewhere")
    if how == "dangling link":
        (here / "churn").symlink_to("nowhere")
    if how == "below a file":
        kit.write(here, "file", "mine")
    return {"here": ".", "above": "..", "below a file": "file/churn", "empty name": "", "long name": "x" * 300}.get(
        how, "churn"
    )


TAKEN = [
    ("full", 3, "is there already"), ("hidden file", 3, "is there already"), ("file", 3, "is there already"),
    ("link", 3, "is a symbolic link"), ("dangling link", 3, "is a symbolic link"), ("here", 3, "in the current folder"),
    ("above", 3, "is there already"), ("below a file", 3, "file"), ("long name", 3, "File name too long"),
]  # fmt: skip


@pytest.mark.parametrize(("how", "code", "told"), TAKEN)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_place_that_is_taken(
    said: Callable[..., None], mlctl: kit.Mlctl, how: str, code: int, told: str, dry: tuple[str, ...]
) -> None:
    said(occupy(mlctl.here, how), *dry, code=code, told=told)


def test_a_folder_to_work_in_that_is_none(mlctl: kit.Mlctl) -> None:
    kit.refused(mlctl("-C", "nowhere", "new", "churn"), 3, "'nowhere' is no folder")
    kit.refused(mlctl("new", "churn", "-C"), 2, "-C")
    kit.refused(mlctl("new", "churn", "-k"), 2, "'-k' requires an argument")


def test_a_folder_to_work_in_that_is_gone(mlctl: kit.Mlctl, platform: Path) -> None:
    shell = ("sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh")
    kit.refused(mlctl("new", "churn", "-p", str(platform), *QUICK, before=shell), 3, "folder")


def test_a_template_that_wants_to_run_code(mlctl: kit.Mlctl, template: Path) -> None:
    kit.write(template, "hooks/pre_gen_project.py", "open('ran', 'w')\n")
    kit.refused(mlctl("new", "churn", "-p", str(template), *QUICK), 3, "the hook hooks/pre_gen_project.py")
    kit.remove(template, "hooks")
    settings = (template / "cookiecutter.json").read_text()
    kit.write(template, "cookiecutter.json", settings.replace("{", '{"_extensions": ["os.path"],', 1))
    kit.refused(mlctl("new", "churn", "-p", str(template), *QUICK), 3, "os.path")
    assert list(mlctl.here.iterdir()) == []


def test_a_component_of_a_plain_template(mlctl: kit.Mlctl, template: Path) -> None:
    kit.refused(mlctl("new", "churn", "-p", str(template), "--with", "x", *QUICK), 2, "there is no component 'x'")

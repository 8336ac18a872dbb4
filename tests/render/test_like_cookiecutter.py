"""`mlctl new` gives what cookiecutter gives, byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from binaryornot import helpers
from hypothesis import given, settings
from hypothesis import strategies as st

from mlctl.core import cookie
from mlctl.core.ask import ask
from mlctl.core.platform import find
from mlctl.core.render import render
from mlctl.core.source import parse
from mlctl.tools.cookiecutter import is_binary
from tests import kit
from tests.render.twins import Case, cases, look, ours, theirs

NAMES = [
    *(f"a.{e}" for e in helpers.BINARY_EXTENSIONS),
    "a",
    "a.PNG",
    ".gif",
    "..gif",
    "a.",
    "a.png.txt",
    "png",
    "d.gif/a",
]
STARTS = st.builds(bytes.__add__, st.sampled_from(helpers._BINARY_SIGNATURES), st.just(b" is how this begins\n"))
CASES = cases()
PLAIN = [case for case in CASES if case.template != "pre-prompt"]  # without its hook there is no such template
FIRST = [case for case in PLAIN if case == next(c for c in PLAIN if c.template == case.template)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_project_is_the_one_that_cookiecutter_makes(case: Case, tmp_path: Path, mlctl: kit.Mlctl) -> None:
    template, answers = case.lay(tmp_path / "template"), dict(case.answers)
    options = ("--trust",) if case.trust else ()
    assert ours(template, mlctl.here, mlctl, answers, *options) == theirs(template, mlctl.here, mlctl, answers)


@pytest.mark.parametrize("case", FIRST, ids=str)
def test_a_project_from_git_is_the_one_that_cookiecutter_makes(case: Case, tmp_path: Path, mlctl: kit.Mlctl) -> None:
    kit.make_repo(case.lay(tmp_path / "template"))
    kit.commit(tmp_path / "template")
    bare = tmp_path / "bare"
    kit.git(tmp_path, "clone", "--quiet", "--bare", "template", "bare")
    kit.git(tmp_path, "clone", "--quiet", "bare", "clone")
    options = ("--trust", "--no-hooks") if case.trust else ()
    expected = theirs(tmp_path / "clone", mlctl.here, mlctl, {}, hooks=False)
    found = ours(f"file://{bare}", mlctl.here, mlctl, {}, *options)
    assert found.keys() == expected.keys()
    assert {p: found[p] for p in found if p != "where.txt"} == {p: expected[p] for p in found if p != "where.txt"}


@pytest.mark.parametrize("case", [case for case in FIRST if "hooks" in case.template], ids=str)
def test_without_hooks_a_project_is_the_one_that_cookiecutter_makes_without(
    case: Case, tmp_path: Path, mlctl: kit.Mlctl
) -> None:
    template = case.lay(tmp_path / "template")
    assert ours(template, mlctl.here, mlctl, {}, "--no-hooks") == theirs(template, mlctl.here, mlctl, {}, hooks=False)


def test_a_project_is_the_same_whether_its_template_is_trusted_or_not(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    template = Case("jinja").lay(tmp_path / "template")
    first = ours(template, mlctl.here, mlctl, {})
    assert ours(template, mlctl.here, mlctl, {}, "--trust") == first


def test_a_second_copy_of_a_template_gives_the_same_project(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    template = Case("names").lay(tmp_path / "template")
    first = ours(template, mlctl.here, mlctl, {})
    shutil.rmtree(template)
    assert ours(Case("names").lay(template), mlctl.here, mlctl, {}) == first


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(NAMES), st.one_of(st.binary(max_size=600), st.text(max_size=300).map(str.encode), STARTS))
def test_a_file_is_binary_where_binaryornot_says_so(name: str, data: bytes) -> None:
    assert is_binary(name, data) == (helpers.has_binary_extension(name) or helpers.is_binary_string(data[:512]))


def test_a_pre_prompt_hook_makes_the_template_on_a_copy(tmp_path: Path, mlctl: kit.Mlctl) -> None:
    folder = Case("pre-prompt").lay(tmp_path / "template")
    before = look(folder)
    template = cookie.template(find(parse(str(folder), tmp_path)), "", hooks=True)
    rendering = render(template, ask(template, {}, trusted=True), {}, trusted=True)
    found = {path: ("program" if e.executable else "file", e.data) for path, e in rendering.files.items()}
    assert {rendering.top: ("top", b""), **found} == theirs(folder, mlctl.here, mlctl, {})
    assert look(folder) == before

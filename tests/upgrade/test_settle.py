"""Settling keeps what both sides mean, and leaves the rest to a person."""

from __future__ import annotations

import json
import re
import time
import tomllib
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlctl.upgrade.settle import toml
from mlctl.upgrade.settle.file import apart, settle
from mlctl.upgrade.settle.lines import Clash, merge
from mlctl.upgrade.settle.tables import arranged
from tests.upgrade import documents
from tests.upgrade.documents import Node, Style, document, edited, lost, read, style

LABELS = ("your-project", "platform-v2")
TEXT = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "e\n", "f\n"]), max_size=9)
ITEMS = st.lists(st.sampled_from(["ruff", "mypy", "pytest", "numpy", "pandas"]), unique=True, max_size=5)


def merged(path: str, base: str, ours: str, theirs: str) -> tuple[str, int]:
    found = settle(path, base.encode(), ours.encode(), theirs.encode(), LABELS)
    assert found is not None
    return found.data.decode(), found.left


def chosen(text: str, side: str) -> str:
    """Return a merged text with the first ("1") or the second side of each clash."""
    return re.sub(r"<<<<<<< .*\n((?:.*\n)*?)=======\n((?:.*\n)*?)>>>>>>> .*\n", rf"\{side}", text)


def test_changes_to_neighbouring_lines_do_not_clash() -> None:
    assert merged("a.py", "a\nb\n", "A\nb\n", "a\nB\n") == ("A\nB\n", 0)


def test_the_same_line_changed_both_ways_is_a_clash() -> None:
    text, left = merged("a.py", "x = a\n", "x = b\n", "x = c\n")
    assert (left, text) == (1, "<<<<<<< your-project\nx = b\n=======\nx = c\n>>>>>>> platform-v2\n")


def test_two_dependencies_added_at_one_place_are_both_there() -> None:
    base = '[project]\ndependencies = [\n  "numpy",\n]\n'
    ours, theirs = (base.replace("\n]", "\n" + f'  "{name}",\n]') for name in ("rich", "typer"))
    text, left = merged("pyproject.toml", base, ours, theirs)
    assert left == 0
    assert '"rich"' in text
    assert '"typer"' in text


def test_a_step_that_both_add_under_another_name_is_there_once() -> None:
    base = "steps:\n- name: Check out\n  uses: actions/checkout@v3\n- name: Old\n  run: old\n"
    ours, theirs = (base.replace("Old\n  run: old", f"{name}\n  uses: a/b@main") for name in ("Ours", "Theirs"))
    text, left = merged("ci.yml", base, ours, theirs)
    assert left == 1
    assert text.count("uses: a/b@main") == 1
    assert {chosen(text, "1"), chosen(text, "2")} == {ours, theirs}


def test_a_list_whose_last_item_has_no_comma_stays_toml() -> None:
    base = 'x = [\n  "a"\n]\n'
    text, left = merged("a.toml", base, 'x = [\n  "a",\n  "b"\n]\n', 'x = [\n  "a",\n  "c"\n]\n')
    import tomllib

    assert left == 0
    assert sorted(tomllib.loads(text)["x"]) == ["a", "b", "c"]


def test_a_key_of_yaml_added_by_each_side_is_there() -> None:
    base = "on: push\njobs:\n  a:\n    run: x\n"
    text, left = merged("ci.yml", base, base + "  b:\n    run: y\n", base + "  c:\n    run: z\n")
    assert left == 0
    assert "  b:\n    run: y\n" in text
    assert "  c:\n    run: z\n" in text


def test_a_comment_of_the_users_survives() -> None:
    base = "a: 1\nb: 2\n"
    text, left = merged("a.yaml", base, "# mine\na: 1\nb: 2\n", "a: 1\nb: 3\nc: 4\n")
    assert (left, text) == (0, "# mine\na: 1\nb: 3\nc: 4\n")


@pytest.mark.parametrize(("ours", "theirs", "clash"), [
    ("rev: v3.0.0", "rev: v2.0.0", False), ("rev: v2.0.0", "rev: v3.0.0", True),
    ("line-length: 120", "line-length: 100", True), ("- numpy>=2.1", "- numpy>=2.0", False),
    ("python: '3.12'", "python: '3.11'", False), ("name: a 2.0", "name: b 1.0", True),
])  # fmt: skip
def test_a_version_of_ones_own_stays_where_it_is_newer(ours: str, theirs: str, clash: bool) -> None:
    base = ours.split(":")[0].split(">=")[0] + (">=1.0" if ">=" in ours else ": 1.0")
    text, left = merged("a.txt", base + "\n", ours + "\n", theirs + "\n")
    assert bool(left) == clash
    assert clash or text == ours + "\n"


@pytest.mark.parametrize(("old", "mine", "new"), [
    ("torch==2.3", "torch==2.4", "torch==2.1"), ("numpy>=1,<=2.0", "numpy>=1,<=3.0", "numpy>=1,<=2.5"),
    ("conversion_rate = 1.0", "conversion_rate = 2.0", "conversion_rate = 1.5"),
    ("image_scale: 1.0", "image_scale: 2.0", "image_scale: 1.5"),
    ("a==2.3 --hash=b", "a==2.4 --hash=c", "a==2.1 --hash=d"),
    ("a==2.3 \\\n --hash=b", "a==2.4 \\\n --hash=c", "a==2.1 \\\n --hash=d"),
])  # fmt: skip
def test_a_version_that_the_template_lowered_a_bound_or_another_number_is_left_to_a_person(
    old: str, mine: str, new: str
) -> None:
    assert merged("a.txt", *(f"{line}\n" for line in (old, mine, new)))[1] == 1


@pytest.mark.parametrize(("path", "line"), [
    ("a.py", 'x = ["a"{}]\n'), ("a.yml", "args: [a{}]\n"), ("a.json", '{{\n  "x": ["a"{}],\n  "y": 1\n}}\n'),
])  # fmt: skip
def test_a_word_that_both_put_behind_an_option_is_there_twice(path: str, line: str) -> None:
    ours, theirs = (line.format(f', "{option}", "1"') for option in ("--x", "--y"))
    text, left = merged(path, line.format(""), ours, theirs)
    assert left == 1
    assert (chosen(text, "1"), chosen(text, "2")) == (ours, theirs)


@pytest.mark.parametrize(("path", "base", "ours", "theirs"), [
    ("run.sh", "echo '$HOME' a", "echo '$HOME' b", 'echo "$HOME" a'),
    (".gitignore", "a", "a\n!data/", "a\ndata/"),
    (".gitattributes", "a text", "a text\n*.csv filter=lfs", "a text\n*.csv -filter"),
    ("requirements.txt", "-i https://a\nx", "-i https://b\n--no-binary y\nx", "--index-url https://c\nx"),
])  # fmt: skip
def test_what_contradicts_each_other_is_a_clash(path: str, base: str, ours: str, theirs: str) -> None:
    assert merged(path, *(f"{text}\n" for text in (base, ours, theirs)))[1] == 1


def test_json_keeps_the_ends_of_its_lines() -> None:
    base = '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n'
    text, left = merged("a.json", base, base.replace("1", "3"), base.replace("2", '4,\r\n  "c": 5'))
    assert (left, text) == (0, '{\r\n  "a": 3,\r\n  "c": 5,\r\n  "b": 4\r\n}\r\n')


SCRIPT = "steps:\n  - run: |\n      if x:\n          a()\n      {}\n"


@pytest.mark.parametrize("sides", [
    ("b()", "b(1)", "    b()"), ("version: a", "version: b1", 'version: "b1"'), ('v: "a"', "v: a", 'v: "b1"'),
])  # fmt: skip
def test_indentation_and_quotes_in_a_text_of_yaml_mean_something(sides: tuple[str, str, str]) -> None:
    base, ours, theirs = (SCRIPT.format(side) for side in sides)
    text, left = merged("ci.yml", base, ours, theirs)
    assert left == 1
    assert (chosen(text, "1"), chosen(text, "2")) == (ours, theirs)


def test_a_heading_at_the_end_of_a_text_of_yaml_is_no_comment() -> None:
    base = "body: |\n  text\n  # H\nlabels: x\nz: 1\n"
    ours, theirs = base.replace("labels: x\n", ""), base.replace("# H", "# New")
    assert merged("a.yml", base, ours, theirs) == (ours.replace("# H", "# New"), 0)


def test_a_nested_item_of_markdown_is_not_only_laid_out_anew() -> None:
    assert merged("a.md", "- a\n- b\n", "- a\n  - b\n", "- a\n- c\n")[1] == 1


def test_steps_stand_in_the_order_that_the_template_changed() -> None:
    base, theirs = ("steps:\n" + "".join(f"  - run: {word}\n" for word in words) for words in ("abc", "bac"))
    more = "  - run: d\n"
    assert merged("ci.yml", base, base + more, theirs) == (theirs + more, 0)


def test_an_item_that_both_put_behind_an_option_is_there_twice() -> None:
    base = "args:\n  - run\n"
    ours, theirs = (f"{base}  - {option}\n  - '1'\n" for option in ("--x", "--y"))
    text, left = merged("a.yml", base, ours, theirs)
    assert left == 1
    assert (chosen(text, "1"), chosen(text, "2")) == (ours, theirs)


def test_a_template_that_only_lays_out_anew_changes_nothing() -> None:
    text, left = merged("a.py", "x = ['a']\n", "x = ['a', 'b']\n", 'x = ["a"]\n')
    assert (left, text) == (0, "x = ['a', 'b']\n")


def test_one_package_that_both_added_in_two_versions_is_a_clash() -> None:
    base, ours, theirs = ("x = [\n" + "".join(f'  "{item}",\n' for item in items) + "]\n" for items in (
        ("a", "b"), ("numpy>=2", "b"), ("a", "numpy<2"),
    ))  # fmt: skip
    assert merged("a.toml", base, ours, theirs)[1] == 1


def test_what_the_team_moved_and_changed_and_the_template_took_out_is_a_clash() -> None:
    table = '[b]\nx = [\n  "pandas",\n  "ruff{}",\n]\n'
    base = "[a]\ny = 1\n" + table.format("")
    text, left = merged("a.toml", base, table.format(">=1") + "[a]\ny = 1\n", "[a]\ny = 1\n")
    assert (left, "pandas" in chosen(text, "1"), "pandas" in chosen(text, "2")) == (1, True, False)


def test_a_table_that_the_team_took_out_does_not_come_back_written_otherwise() -> None:
    rest = '[a]\nx = [\n  "i",\n]\n'
    theirs = rest.replace("[a]\n", '[a]\nb.y = [\n  "p",\n]\n')
    base = rest + '\n[a.b]\ny = [\n  "p",\n]\n'
    found = settle("a.toml", base.encode(), rest.encode(), theirs.encode(), LABELS)
    assert found is None or '"p"' not in chosen(found.data.decode(), "1")


def test_a_table_that_the_team_took_out_stays_out_of_its_side_of_a_clash_too() -> None:
    base = "[tool.lint]\nrules.only = 'E'\n[tool.build]\nout = 'dist'\n"
    theirs = "[tool.lint]\nlevel = 2\n[tool.lint.rules]\nonly = 'E'\n[tool.build]\nout = 'dist'\n"
    text, left = merged("a.toml", base, "[tool.build]\nout = 'dist'\n", theirs)
    assert left
    assert "only" not in chosen(text, "1")
    assert chosen(text, "2") == theirs


def test_a_list_in_one_line_before_a_blank_one_is_counted_as_a_list() -> None:
    ours = "steps: 2\n\ntools: [ruff, mypy]\n"
    text, left = merged("a.yml", "tools: [ruff, mypy]\n\nsteps: 2\n", ours, "tools: [ruff, ty, mypy]\n\nsteps: 2\n")
    assert (text, left) == (ours.replace("ruff", "ruff, ty"), 0)


def test_a_change_to_a_step_does_not_move_to_a_like_one_that_the_template_put_before_it() -> None:
    base = "steps:\n  - run: x\n  - uses: up@v4\n    with:\n      name: a\n"
    ours = base.replace("up@v4\n", "up@v4\n    if: always()\n")
    more = "  - uses: up@v4\n    with:\n      name: b\n      path: c\n"
    text, left = merged("ci.yml", base, ours, base.replace("  - run: x\n", "  - run: x\n" + more))
    assert (left, text) == (0, ours.replace("  - run: x\n", "  - run: x\n" + more))


@pytest.mark.parametrize(
    "sides", [(["t", "pandas>=3"], ["t"], ["pandas>=1", "pandas>=3"]), (["p>=1"], ["p>=1", "p"], ["q"])]
)
def test_of_two_items_of_one_package_each_keeps_what_was_done_to_it(sides: tuple[list[str], ...]) -> None:
    base, ours, theirs = ("x = [\n" + "".join(f'  "{item}",\n' for item in items) + "]\n" for items in sides)
    text, left = merged("a.toml", base, ours, theirs)
    both = (set(sides[1]) | set(sides[2])) - (set(sides[0]) - (set(sides[1]) & set(sides[2])))
    assert left or set(tomllib.loads(text)["x"]) == both


def test_what_one_side_takes_out_and_the_other_changes_is_a_clash() -> None:
    base = "a:\n  x: 1\nb: 2\n"
    _, left = merged("a.yml", base, "b: 2\n", "a:\n  x: 9\nb: 2\n")
    assert left == 1


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["a.py", ".gitignore", "requirements.txt"]), TEXT, TEXT, TEXT)
def test_no_line_that_only_the_user_has_is_lost(path: str, base: list[str], ours: list[str], theirs: list[str]) -> None:
    found = settle(path, "".join(base).encode(), "".join(ours).encode(), "".join(theirs).encode(), LABELS)
    assert found is not None
    kept = found.data.decode().splitlines(keepends=True)
    assert set(ours) - set(base) <= set(kept)


FORMATS: dict[str, Callable[[Node, Style], str]] = {
    "a.toml": documents.as_toml, "a.yml": documents.as_yaml, "a.json": documents.as_json, "a.ini": documents.as_ini,
    "requirements.txt": documents.as_requirements,
}  # fmt: skip


@pytest.mark.parametrize("path", FORMATS)
@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False))
def test_a_merge_without_clashes_says_what_each_side_changed(path: str, draw: Random) -> None:
    depth = 1 if path in ("a.ini", "requirements.txt") else 2
    base, how = document(draw, depth), style(draw)
    sides = [base, edited(draw, base, depth), edited(draw, base, depth)]
    styles = [how, *(style(draw) if draw.random() < 0.3 else how for _ in "12")]
    texts = [FORMATS[path](side, one) for side, one in zip(sides, styles, strict=True)]
    found = settle(path, *(text.encode() for text in texts), LABELS)
    assume(found is not None and not found.left)
    assert found is not None
    text = found.data.decode()
    assert not list(lost(*(read(path, one) for one in (*texts, text))))
    said = [set(re.findall("# said .*", one)) for one in (*texts, text)]
    assert said[1] - said[0] <= said[3]


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT)
def test_a_side_that_changed_nothing_has_no_say(base: list[str], other: list[str]) -> None:
    for sides in ((base, base, other), (base, other, base)):
        chunks = merge(*sides)
        assert not any(isinstance(chunk, Clash) for chunk in chunks)
        assert chunks == other


@settings(max_examples=200, deadline=None)
@given(ITEMS, ITEMS, ITEMS)
def test_lists_in_toml_keep_what_each_side_added(base: list[str], ours: list[str], theirs: list[str]) -> None:
    import tomllib

    sides = ["x = [\n" + "".join(f'  "{item}",\n' for item in items) + "]\n" for items in (base, ours, theirs)]
    text, left = merged("a.toml", *sides)
    if left == 0:
        found = set(tomllib.loads(text)["x"])
        assert (set(ours) | set(theirs)) - set(base) <= found
        assert not found & (set(base) - set(ours))


def test_json_is_merged_by_keys_and_keeps_its_commas() -> None:
    base = '{\n  "a": 1,\n  "b": {\n    "x": "y"\n  }\n}\n'
    ours = base.replace('"x": "y"', '"x": "y",\n    "mine": [\n      1\n    ]')
    theirs = base.replace('"x": "y"', '"x": "y",\n    "new": true').replace('"a": 1', '"a": 2')
    text, left = merged("a.json", base, ours, theirs)
    assert left == 0
    assert json.loads(text) == {"a": 2, "b": {"x": "y", "mine": [1], "new": True}}


@pytest.mark.parametrize(("first", "second", "left"), [("\t", "\t", 0), ("\t", "  ", 1)])
def test_json_may_be_indented_by_tabs_unless_blanks_are_among_them(first: str, second: str, left: int) -> None:
    base = f'{{\n{first}"a": "1",\n{second}"b": "2",\n{first}"z": "9"\n}}'
    ours = base.replace('"9"', f'"9",\n{first}"mine": "3"')
    theirs = base.replace(f'{first}"a": "1",\n', "").replace('"9"', f'"9",\n{first}"a": "1",\n{first}"new": "4"')
    text, found = merged("a.json", base, ours, theirs)
    assert found == left
    assert left or json.loads(text) == {"a": "1", "b": "2", "z": "9", "mine": "3", "new": "4"}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "mine", "new"),
    [
        # the template takes the last member out, and puts another one in
        ({"e": {"b": {}}}, {"e": {"b": {"d": 1}}}, {"e": {"g": {"a": []}}},
         {"e": {"g": {"a": []}, "b": {"d": 1}}}, {"e": {"g": {"a": []}}}),
        # a list here, a mapping there
        ({"g": ["m"]}, {"g": ["m"], "n": ["s"]}, {"n": {"d": []}, "g": ["m"]},
         {"g": ["m"], "n": ["s"]}, {"g": ["m"], "n": {"d": []}}),
    ],
)  # fmt: skip
def test_json_with_a_clash_is_json_whichever_side_is_chosen(
    base: object, ours: object, theirs: object, mine: object, new: object
) -> None:
    sides = [json.dumps(side, indent=4) + "\n" for side in (base, ours)]
    text, left = merged("a.json", *sides, json.dumps(theirs, indent=2) + "\n")
    assert (left, json.loads(chosen(text, "1")), json.loads(chosen(text, "2"))) == (1, mine, new)


def test_both_sides_of_json_that_clash_stay_json() -> None:
    base = '{\n  "a": 1,\n  "b": 2\n}\n'
    text, left = merged("a.json", base, base.replace("1", "3"), base.replace("1", "4"))
    assert left == 1
    for side in ("1", "2"):
        assert json.loads(chosen(text, side)) in ({"a": 3, "b": 2}, {"a": 4, "b": 2})


def cell(source: str, ran: int | None, name: str = "") -> dict[str, object]:
    """Return a code cell of a notebook, run as often as `ran` says."""
    outputs = [{"name": "stdout", "output_type": "stream", "text": [f"{ran}\n"]}] if ran else []
    named = {"id": name} if name else {}
    return {"cell_type": "code", "execution_count": ran, **named, "metadata": {}, "outputs": outputs,
            "source": source.splitlines(keepends=True)}  # fmt: skip


def notebook(*cells: dict[str, object]) -> str:
    """Return the text of a notebook as Jupyter writes it."""
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


@pytest.mark.parametrize("named", [False, True])
def test_a_notebook_is_merged_by_cells_and_keeps_what_was_run(named: bool) -> None:
    first, second = ("one", "two") if named else ("", "")
    base = notebook(cell("a = 1\n", None, first), cell("b = 1\n", None, second))
    ours = notebook(cell("a = 1\n", 1, first), cell("b = 1\n", 2, second), cell("mine\n", 3, "x" if named else ""))
    theirs = notebook(cell("a = 1\n", None, first), cell("b = 2\n", None, second), cell("its\n", None, "y" * named))
    text, left = merged("a.ipynb", base, ours, theirs)
    assert left == 0
    cells = json.loads(text)["cells"]
    assert [(c["source"], c["execution_count"]) for c in cells] == [
        (["a = 1\n"], 1), (["b = 2\n"], 2), (["mine\n"], 3), (["its\n"], None),
    ]  # fmt: skip


def test_a_cell_that_both_changed_is_a_clash() -> None:
    base, ours, theirs = (notebook(cell(f"a = {n}\n", None)) for n in (1, 2, 3))
    assert merged("a.ipynb", base, ours, theirs)[1] == 1


def test_requirements_are_merged_by_package() -> None:
    base = "numpy==1.0 \\\n    --hash=sha256:aa\npandas==2.0 \\\n    --hash=sha256:bb\n"
    ours = base.replace("1.0", "1.2").replace(":aa", ":cc")
    theirs = base.replace("1.0", "1.1").replace(":aa", ":dd") + "rich==13.0 \\\n    --hash=sha256:ee\n"
    text, left = merged("ci/requirements-dev.txt", base, ours, theirs)
    assert (left, text) == (0, ours + "rich==13.0 \\\n    --hash=sha256:ee\n")


def test_what_the_user_took_out_stays_out_where_only_its_version_rose() -> None:
    base = 'x = [\n  "click>=8.0",\n  "rich",\n]\n'
    text, left = merged("a.toml", base, 'x = [\n  "rich",\n]\n', base.replace("8.0", "8.1"))
    assert (left, text) == (0, 'x = [\n  "rich",\n]\n')


RENAMED = [
    (
        "ci.yml",
        "jobs:\n  a:\n    run: x\n",
        "  NAME:\n    on: linux\n    uses: act@v1.0\n    with: y\n    if: z\n    env: e\n    k: l\n",
    ),
    (
        "p.toml",
        "[a]\nx = 1\n",
        "\n[tool.NAME]\nline = 100\nuse = 'act@v1.0'\nsrc = ['s']\nfix = true\nto = 'd'\nk = 'l'\n",
    ),
    ("setup.cfg", "[a]\nx = 1\n", "\n[NAME]\nline = 100\nuse = act@v1.0\nsrc = s\nfix = true\nto = d\nk = l\n"),
]


@pytest.mark.parametrize(("path", "rest", "block"), RENAMED)
def test_what_the_user_took_out_stays_out_where_the_template_gave_it_another_name(
    path: str, rest: str, block: str
) -> None:
    base = rest + block.replace("NAME", "lint")
    told = "you took it out, the template renamed it"
    for new in (re.sub("(?m)^(.*NAME)", r"# why\n\1", block), block, block.replace("v1.0", "v1.1")):
        found = settle(path, base.encode(), rest.encode(), (rest + new.replace("NAME", "style")).encode(), LABELS)
        assert found
        assert (found.data.decode(), found.left, found.why) == (rest, 0, told)


@pytest.mark.parametrize(("path", "rest", "block"), RENAMED)
def test_what_the_user_took_out_and_the_template_renamed_and_changed_is_a_clash(
    path: str, rest: str, block: str
) -> None:
    base, theirs = (rest + block.replace("NAME", name) for name in ("lint", "style"))
    text, left = merged(path, base, rest, theirs.replace("act@v1.0", "other@v1.0"))
    assert left == 1
    assert (chosen(text, "1"), "style" in chosen(text, "2")) == (rest, True)


@pytest.mark.parametrize("other", ["on: mac\n    uses: b@v2\n    if: n\n", "on: linux\n"])
def test_what_is_not_like_the_block_that_the_user_took_out_is_a_new_one(other: str) -> None:
    rest, block = "jobs:\n  a:\n    run: x\n", "    on: linux\n" if other == "on: linux\n" else RENAMED[0][2]
    base = rest + (block.replace("NAME", "lint") if "NAME" in block else "  lint:\n" + block)
    assert merged("ci.yml", base, rest, f"{rest}  pack:\n    {other}") == (f"{rest}  pack:\n    {other}", 0)


def test_a_line_that_one_side_takes_out_and_the_other_changes_is_a_clash() -> None:
    base = "a\nb\nc\n"
    assert merged("a.txt", base, "a\nc\n", "a\nB\nc\n")[1] == 1
    assert merged("a.txt", base, "a\nB\nc\n", "a\nc\n")[1] == 1


MATRIX = """include:
  - os: linux
    python: "3.9"
  - os: linux
    python: "3.11"
    flags: "--pre"
    name: newest
"""


def test_an_item_that_the_team_took_the_name_of_still_follows_the_template() -> None:
    ours = MATRIX.replace('"3.9"\n', '"3.9"\n    r: release\n').replace("    name: newest\n", "    r: release\n")
    theirs = MATRIX.replace("3.11", "3.12").replace("3.9", "3.10")
    text, left = merged("test.yaml", MATRIX, ours, theirs)
    assert (left, text) == (0, ours.replace("3.11", "3.12").replace("3.9", "3.10"))


JOBS = """jobs:
  lint:
    runs-on: linux
    steps:
      - uses: actions/checkout@v4
      - run: ruff check
      - run: ruff format --check
  test:
    runs-on: linux
"""


def test_a_job_that_the_template_renames_keeps_what_the_team_changed_in_it() -> None:
    ours = JOBS.replace("ruff format", "black")
    text, left = merged("ci.yml", JOBS, ours, JOBS.replace("lint:", "style:").replace("@v4", "@v5"))
    assert (left, text) == (0, ours.replace("lint:", "style:").replace("@v4", "@v5"))


def test_a_job_that_the_team_took_out_stays_out_where_the_template_only_renames_it() -> None:
    lint = JOBS[JOBS.index("  lint") : JOBS.index("  test")]
    ours = JOBS.replace(lint, "") + "    needs: []\n"
    assert merged("ci.yml", JOBS, ours, JOBS.replace("lint:", "style:")) == (ours, 0)


def test_a_table_that_the_template_renames_beside_new_ones_keeps_what_the_team_changed_in_it() -> None:
    base = "[a]\nx = 1\n\n[ignores]\none = 1\ntwo = 2\nthree = 3\nfour = 4\n"
    ours = base.replace("four = 4", "four = 5\nmine = 6")
    theirs = base.replace("[ignores]", "[format]\ny = 1\n\n[lint]\nz = 1\n\n[lint.ignores]").replace(
        "one = 1", "one = 7"
    )
    text, left = merged("a.toml", base, ours, theirs)
    assert left == 0
    assert tomllib.loads(text)["lint"]["ignores"] == {"one": 7, "two": 2, "three": 3, "four": 5, "mine": 6}
    assert "ignores" not in tomllib.loads(text)


def test_a_job_of_the_team_in_the_place_of_one_that_it_took_out_is_not_taken_for_that() -> None:
    lint = JOBS[JOBS.index("  lint") : JOBS.index("  test")]
    ours = JOBS.replace(lint, "  docs:\n    runs-on: linux\n    steps:\n      - run: mkdocs build --strict\n")
    text, left = merged("ci.yml", JOBS, ours, JOBS.replace("@v4", "@v5").replace("ruff check", "ruff check src"))
    assert left == 1
    assert chosen(text, "1") == ours


def test_yaml_follows_the_indentation_that_the_template_changed() -> None:
    base = "jobs:\n    a:\n        run: x\n"
    text, left = merged("ci.yml", base, base + "    mine:\n        run: y\n", "jobs:\n  a:\n    run: z\n")
    assert left == 0
    assert text == "jobs:\n  a:\n    run: z\n  mine:\n      run: y\n"


def test_an_indentation_that_has_a_meaning_is_not_taken_for_layout() -> None:
    base = "for x in y:\n    a()\n    b()\n"
    assert merged("a.py", base, "for x in y:\n    a()\nb()\n", base.replace("b()", "b(1)"))[1] == 1


def test_items_as_far_left_as_their_key_are_merged_one_by_one() -> None:
    base = "name: x\ndependencies:\n  - python >=3.9\n  - ruff >=0.8\n  - tox >=4.1\n"
    ours = "name: x\ndependencies:\n- python >=3.9\n- numpy\n- ruff >=0.8\n- tox >=4.1\n"
    text, left = merged(
        "environment.yml", base, ours, base.replace("0.8", "0.9").replace("  - tox", "  - vulture\n  - tox")
    )
    assert (left, text) == (0, ours.replace("0.8", "0.9").replace("- tox", "- vulture\n- tox"))


@pytest.mark.parametrize(("last", "new"), [
    ('"b"', '"b", # why, "really"'), ('"b" # b, c', '"b", # b, c'), ("{ a = 1 }", "{ a = 1 },"), ("2", "2,"),
])  # fmt: skip
def test_a_comma_behind_the_last_item_is_no_change(last: str, new: str) -> None:
    import tomllib

    base = f'x = [\n  "a",\n  {last}\n]\ny = [\n  "p >=1",\n  "q >=1"\n]\n'
    ours = base.replace(f"  {last}\n", f'  {new}\n  "mine"\n').replace('"p >=1"', '"p >=1.5"')
    theirs = base.replace(f"  {last}\n", f'  {new}\n  "its",\n').replace('"q >=1"', '"q >=2"')
    text, left = merged("a.toml", base, ours, theirs)
    assert left == 0
    found = tomllib.loads(text)
    assert found["y"] == ["p >=1.5", "q >=2"]
    assert set(found["x"][-2:]) == {"mine", "its"}
    assert text.splitlines()[text.splitlines().index("]") - 1].strip() == '"mine"'


def test_what_takes_the_place_of_an_item_stands_in_its_place() -> None:
    base = 'x = [\n  "a",\n  "old"\n]\n'
    ours = base.replace('  "old"', '  "mine",\n  "old"')
    text, left = merged("a.toml", base, ours, base.replace("old", "new"))
    assert (left, text) == (0, ours.replace("old", "new"))


def test_a_member_added_to_json_leaves_the_users_last_line_alone() -> None:
    base = '{\n  "a": 1,\n  "b": 2\n}\n'
    text, left = merged("a.json", base, base.replace("1", "3"), base.replace('"b": 2', '"b": 2,\n  "c": 4'))
    assert (left, text) == (0, '{\n  "a": 3,\n  "c": 4,\n  "b": 2\n}\n')


@pytest.mark.parametrize(
    ("ours", "theirs", "clash"), [("2.1", "2.0", False), ("2.0", "2.0", False), ("2.0", "2.1", True)]
)
def test_a_pin_by_hash_stays_where_it_is_no_older(ours: str, theirs: str, clash: bool) -> None:
    def pin(version: str, digest: str) -> str:
        return f"tox=={version} \\\n    --hash=sha256:{digest}\n"

    text, left = merged("requirements.txt", pin("1.0", "aa"), pin(ours, "bb"), pin(theirs, "cc"))
    assert bool(left) == clash
    assert clash or text == pin(ours, "bb")


def test_a_line_that_the_user_only_quoted_anew_takes_the_change_in_those_quotes() -> None:
    text, left = merged("a.py", "x = join('..', '..')\n", 'x = join("..", "..")\n', "x = Path('../..')\n")
    assert (left, text) == (0, 'x = Path("../..")\n')
    text, left = merged("a.py", "x = 'a'\n", 'x = "a"\n', "x = 'say \"a\"'\n")
    assert (left, text) == (0, "x = 'say \"a\"'\n")


def test_a_comma_that_the_user_added_is_no_layout_in_a_line() -> None:
    assert merged("a.txt", "x\n", "x,\n", "y\n")[1] == 1


def test_of_two_lines_that_say_the_same_the_tidier_one_is_taken() -> None:
    base, wide, tidy = (f"uses: a/b@{v}\n" for v in ("1 # v1", "2  # v2", "2 # v2"))
    for one, other in ((wide, tidy), ("[ new ]\n", "[new]\n")):
        for ours, theirs in ((one, other), (other, one)):
            assert merged("ci.txt", base, ours, theirs) == (other, 0)


@pytest.mark.parametrize(
    ("old", "mine", "new", "left"),
    [
        ("23.9.1", "23.11.0", '"23.11.0"', 0),
        ("23.9.1", "23.11.0", "'23.10.1'", 0),
        ("a", '"linux/x64"', "linux/x64", 0),
        ("3.9", "3.10", '"3.10"', 1),
        ("a", "yes", '"yes"', 1),
        ("23.9.1", "23.11.0", '"24.1.0"', 1),
    ],
)
def test_quotes_around_a_word_of_yaml_are_no_change(old: str, mine: str, new: str, left: int) -> None:
    base, ours, theirs = (f"repos:\n  - repo: black\n    rev: {value}\n" for value in (old, mine, new))
    text, found = merged(".pre-commit-config.yaml", base, ours, theirs)
    assert (found, chosen(text, "1")) == (left, ours)


NESTED = """[project]
name = "demo"

[project.urls]
Home = "https://a"

[tool.ruff]
line-length = 120

[tool.ruff.lint]
select = [
    "E",
]
"""
DOTTED = """[project]
name = "demo"
urls.Home = "https://a"

[tool.ruff]
line-length = 120
lint.select = [
  "E",
]
"""


PATHS = st.lists(
    st.lists(st.sampled_from("abc"), min_size=2, max_size=4).map(tuple), unique=True, min_size=1, max_size=6
)


def written(paths: list[tuple[str, ...]], cuts: list[int]) -> str:
    """Return TOML in which each path holds itself, as a key of the table that its cut names."""
    tables: dict[str, list[str]] = {}
    for path, cut in zip(paths, cuts, strict=True):
        at = 1 + cut % (len(path) - 1)
        tables.setdefault(".".join(path[:at]), []).append(f"{'.'.join(path[at:])} = '{'.'.join(path)}'\n")
    return "\n".join(f"[{table}]\n{''.join(lines)}" for table, lines in tables.items())


@settings(max_examples=300)
@given(PATHS, PATHS, st.lists(st.integers(0, 2), min_size=12, max_size=12))
def test_a_side_that_is_arranged_as_ours_says_what_it_said(mine: list, new: list, cuts: list[int]) -> None:
    ours, theirs = written(mine, cuts[: len(mine)]), written(new, cuts[-len(new) :])
    assume(toml.valid(ours) and toml.valid(theirs))
    _, _, found = arranged([], toml.blocks(ours) or [], toml.blocks(theirs) or [])
    assert tomllib.loads("".join(line for block in found for line in block.lines)) == tomllib.loads(theirs)


def test_a_team_that_writes_its_tables_as_dotted_keys_gets_what_the_template_changes_in_them() -> None:
    ours = DOTTED.replace("[tool.ruff]", 'urls.Mine = "https://me"\n\n[tool.ruff]')
    theirs = NESTED.replace("https://a", "https://b").replace('    "E",\n', '    "E",\n    "F",\n')
    text, left = merged(
        "pyproject.toml", NESTED, ours, theirs.replace("[tool.ruff]", 'More = "https://c"\n\n[tool.ruff]')
    )
    assert left == 0
    assert tomllib.loads(text) == {
        "project": {"name": "demo", "urls": {"Home": "https://b", "More": "https://c", "Mine": "https://me"}},
        "tool": {"ruff": {"line-length": 120, "lint": {"select": ["E", "F"]}}},
    }
    assert "urls.Home" in text
    assert "[project.urls]" not in text


def test_a_template_that_writes_its_tables_as_dotted_keys_changes_nothing_but_what_it_says() -> None:
    ours = NESTED.replace('"E"', '"E",\n    "W"')
    text, left = merged(
        "pyproject.toml", NESTED, ours, DOTTED.replace('  "E"', '    "E",\n    "F"').replace("120", "100")
    )
    assert (left, text) == (0, ours.replace('"W"', '"W",\n    "F"').replace("120", "100"))


SHAS = [f"{letter * 40} # v{number}" for letter, number in (("a", "4.2.0"), ("b", "4.2.2"))]


@pytest.mark.parametrize(
    ("old", "mine", "new", "left"),
    [
        ("v4.1.0", *SHAS, 0),
        ("v4.1.0", "v4.2.0", SHAS[1], 0),
        ("v4", "v5", "v6", 0),
        ("v4.1.0", "v4.2.2", SHAS[1], 0),
        ("v4.1.0", SHAS[0], "v5", 1),
        ("v4.1.0", "main", SHAS[1], 1),
        ("v4.1.0", "v4.2.0", "b" * 40, 1),
        ("v5", "v4", "v6", 1),
        ("v4", "v5", "v6-beta", 1),
        ("v4.1.0", "v4.2.2", "v5", 1),
    ],
)
def test_of_two_versions_of_an_action_the_further_and_firmer_one_of_the_template_is_taken(old, mine, new, left) -> None:
    base, ours, theirs = (f"steps:\n  - uses: actions/checkout@{at}\n" for at in (old, mine, new))
    text, found = merged("ci.yml", base, ours, theirs)
    assert (found, chosen(text, "2")) == (left, theirs)


def test_a_version_that_the_template_left_alone_is_the_teams() -> None:
    base, ours, theirs = (
        f"- uses: a/b@{one}\n- uses: c/d@{two}\n" for one, two in (("v4", "v4"), ("v4.0.0", "v5"), ("v4", "v6"))
    )
    assert "a/b@v4.0.0" in merged("README.md", base, ours, theirs)[0]


def test_an_action_that_the_team_alone_wrote_otherwise_stays_beside_one_that_both_raised() -> None:
    pinned = "a" * 40 + " # v4.2.0"
    base, ours, theirs = (
        f"- uses: a/b@{one}\n- uses: c/d@{two}\n" for one, two in ((pinned, "v4"), ("v4.2.0", "v5"), (pinned, "v6"))
    )
    assert "a/b@v4.2.0" in merged("README.md", base, ours, theirs)[0]


def test_a_team_that_writes_no_quotes_gets_none_from_the_template() -> None:
    base, ours, theirs = ("rev: '1.2.3'\n", "rev: 1.2.3\n", "rev: '1.3.0'\n")
    assert merged("a.yml", base, ours, theirs) == ("rev: 1.3.0\n", 0)


RUFF = "[tool.ruff]\nline-length = 100\n\n[tool.ruff.lint]\nselect = [\n    'E',\n]\n\n"
FLAT = "[tool.ruff]\nline-length = 100\nlint.select = [\n    'E',\n]\n\n"
MORE = RUFF.replace("'E',", "'E',\n    'F',")


@pytest.mark.parametrize(
    ("base", "new"),
    [
        ("[[o]]\nn = 1\n[o.env]\nx = 1\n\n[[o]]\nn = 2\n[o.env]\ny = 2\n", "z = 3\n"),
        ("[[o]]\nn = 1\n[o.env]\nx = 1\n", "\n[[o]]\nn = 2\n[o.env]\ny = 2\n"),
    ],
)
def test_tables_that_are_written_otherwise_leave_those_of_an_array_where_they_are(base: str, new: str) -> None:
    text, left = merged("a.toml", RUFF + base, FLAT + base, MORE + base + new)
    if not left:
        assert tomllib.loads(text)["o"] == tomllib.loads(base + new)["o"]
    assert tomllib.loads(chosen(text, "2"))["o"] == tomllib.loads(base + new)["o"]


def test_tables_that_are_written_otherwise_keep_their_comments() -> None:
    tables = '[[x]]\nwhen = "a"\n# why a\n\n[[x]]\nwhen = "b"\n\n[y]\na = 1\n# old\n'
    text, _ = merged("a.toml", RUFF + tables, FLAT + tables, MORE + tables.replace("# old", "# new"))
    assert "# why a" in text
    assert "# new" in text


def test_a_table_with_a_comment_of_its_own_is_not_moved_away() -> None:
    told = MORE.replace("[tool.ruff.lint]", "# anew\n[tool.ruff.lint]  # see there")
    text, left = merged("a.toml", RUFF, FLAT, told)
    assert (left, tomllib.loads(text)) == (0, tomllib.loads(MORE))
    assert "# anew\n[tool.ruff.lint]  # see there" in text


def test_a_quoted_name_with_a_dot_stays_one_name() -> None:
    base = '[tool.hatch]\nx = 1\n\n[tool.hatch.envs."py3.11"]\npython = "3.11"\n'
    ours = '[tool.hatch]\nx = 1\nenvs."py3.11".python = "3.11"\n'
    text, left = merged("a.toml", base, ours, base + 'features = ["test"]\n')
    assert left or tomllib.loads(text)["tool"]["hatch"]["envs"]["py3.11"] == {"python": "3.11", "features": ["test"]}


STEPS = """    runs-on: linux
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup@v1
      - run: sync
"""


def jobs(**last: str) -> str:
    return "jobs:\n" + "".join(f"  {name}:\n{STEPS}      - run: {word}\n" for name, word in last.items())


@pytest.mark.parametrize("turned", [False, True])
def test_a_job_is_not_renamed_to_one_that_the_other_side_has(turned: bool) -> None:
    base = jobs(test="pytest", lint="ruff")
    one = jobs(test="pytest", style="ruff").replace("@v1", "@v2")
    other = jobs(test="pytest", lint="ruff", style="black").replace("sync", "sync --all")
    text, left = merged("ci.yml", base, *((other, one) if turned else (one, other)))
    assert all(chosen(text, side).count("  style:") == 1 for side in "12")
    assert left


def test_of_several_jobs_the_most_alike_is_the_one_under_a_new_name() -> None:
    base = jobs(lint="ruff")
    ours = base.replace("runs-on: linux", "runs-on: mine")
    text, left = merged("ci.yml", base, ours, jobs(docs="mkdocs build", style="ruff"))
    assert (left, text) == (
        0,
        jobs(docs="mkdocs build", style="ruff").replace("style:\n    runs-on: linux", "style:\n    runs-on: mine"),
    )


def test_an_item_with_another_name_of_its_own_is_another_item() -> None:
    item = "  - package-ecosystem: {}\n    directory: /\n    schedule: {{interval: weekly}}\n    labels: [x]\n"
    base = "updates:\n" + item.format("pip") + item.format("docker")
    ours = "updates:\n" + item.format("pip").replace("weekly", "daily")
    text, left = merged("dependabot.yml", base, ours, "updates:\n" + item.format("pip") + item.format("npm"))
    assert left or "npm" in text


def test_blanks_that_the_team_set_around_a_sign_stay_where_both_sides_say_the_same() -> None:
    base, close, wide = 'old="old.cli"\n', 'new="new.cli"\n', 'new = "new.cli"\n'
    assert merged("a.toml", base, wide, close) == (wide, 0)


def test_a_merge_that_parses_whichever_side_is_chosen_is_better_than_one_with_fewer_clashes() -> None:
    import tomllib

    far = "".join(f"k{number} = 0\n" for number in range(9))
    base = f'[r]\nselect = ["A"]\n\n[z]\n{far}v = 1\n'
    ours = base.replace('select = ["A"]\n', '\n[r.lint]\nselect = ["A", "B"]\n').replace("v = 1", "v = 2")
    theirs = base.replace("select", "lint.select").replace("v = 1", "v = 3")
    text, left = merged("a.toml", base, ours, theirs)
    assert left == 2
    assert tomllib.loads(chosen(text, "1")) == tomllib.loads(ours)
    assert tomllib.loads(chosen(text, "2")) == tomllib.loads(theirs)


@pytest.mark.parametrize(("path", "line"), [("ci.yml", "on:\n  - cron: {}\n"), ("a.toml", "x = [\n  {},\n]\n")])
def test_an_item_that_both_replaced_is_a_clash_and_not_there_twice(path: str, line: str) -> None:
    base, ours, theirs = (line.format(f'"0 {hour} * * *"') for hour in (1, 2, 3))
    text, left = merged(path, base, ours, theirs)
    assert left == 1
    assert (chosen(text, "1"), chosen(text, "2")) == (ours, theirs)


def test_patterns_of_an_ignore_file_stand_for_themselves() -> None:
    base = "# python\n__pycache__/\ndist/\n\n# editor\n/.idea/\n"
    ours = base + "/.vscode/\n\n# ours\n/data/\n"
    theirs = "# python\n__pycache__/\n/dist/\n*.egg\n"
    text, left = merged(".gitignore", base, ours, theirs)
    assert (left, text) == (0, "# python\n__pycache__/\n/dist/\n*.egg\n/.vscode/\n\n# ours\n/data/\n")


def test_attributes_of_one_pattern_changed_both_ways_are_a_clash() -> None:
    assert merged(".gitattributes", "*.sh text\n", "*.sh text eol=lf\n", "*.sh -text\n")[1] == 1


def test_a_formatter_that_wraps_lines_anew_does_not_keep_the_templates_change_out() -> None:
    base = "var a = [for x in xs: {\n  n: x\n}]\n"
    ours = "var a = [\n  for x in xs: {\n    n: x\n  }\n]\n"
    theirs = base.replace("n: x", "n: x.y")
    assert merged("main.bicep", base, ours, theirs) == (theirs, 0)
    assert merged("notes.txt", base, ours, theirs)[1] == 1


DEPS = "[testenv]\ndeps =\n    pytest >=7\n    ruff >=0.5\ncommands =\n    pytest {posargs}\n"
TOX = "[tox]\nenvlist =\n    lint\n    docs\n\n# all\n" + DEPS


def test_ini_is_merged_by_sections_keys_and_requirements() -> None:
    ours = TOX.replace("ruff >=0.5", "mine ; python_version<'4'\n    ruff >=0.5") + "\n[mine]\nx: 1\n"
    theirs = TOX.replace("ruff >=0.5", "rich\n    ruff >=0.9").replace("    docs\n", "    docs\nskipsdist = true\n")
    text, left = merged("tox.ini", TOX, ours, theirs)
    assert left == 0
    assert text == theirs.replace("    rich\n", "    mine ; python_version<'4'\n    rich\n") + "\n[mine]\nx: 1\n"


def test_paths_that_stand_one_a_line_in_ini_are_merged_one_by_one() -> None:
    base = "[lint]\nexclude =\n    docs/*\n    build/lib\n    {[base]skip}\n"
    ours = base.replace("    docs/*\n", "").replace("{[base]skip}\n", "{[base]skip}\n    notes/old\n")
    theirs = "[lint]\nexclude =\n    dist\n    docs/*\n    build/lib\n    {[base]skip}\n"
    text, left = merged("tox.ini", base, ours, theirs)
    want = "[lint]\nexclude =\n    dist\n    build/lib\n    {[base]skip}\n    notes/old\n"
    assert (text, left) == (want, 0)
    moved = base.replace("    docs/*\n", "") + "    docs/*\n"
    text, left = merged("tox.ini", base, moved, base.replace("docs/*", "docs/*\n    notes"))
    assert (sorted(text.split()), left) == (sorted([*base.split(), "notes"]), 0)


def test_a_command_of_ini_that_both_changed_is_a_clash() -> None:
    ours, theirs = (TOX.replace("{posargs}", word) for word in ("--cov", "-x"))
    text, left = merged("tox.ini", TOX, ours, theirs)
    assert left == 1
    assert (chosen(text, "1"), chosen(text, "2")) == (ours, theirs)


def test_ini_with_lines_below_a_key_without_a_value_is_left_to_its_lines() -> None:
    base = "[a]\nx\n  y\nz = 1\n"
    assert merged("a.ini", base, base.replace("1", "2"), base.replace("y", "w")) == ("[a]\nx\n  w\nz = 2\n", 0)


def test_ini_with_a_key_twice_is_left_to_its_lines() -> None:
    base = "[a]\nx = 1\nx = 2\nz = 1\n"
    assert merged("a.ini", base, base.replace("z = 1", "z = 2"), base.replace("x = 2", "x = 3")) == (
        "[a]\nx = 1\nx = 3\nz = 2\n", 0,
    )  # fmt: skip


@pytest.mark.parametrize(("old", "mine", "new", "both"), [
    ("3.7, 3.8", "3.7, 3.8, 3.9", "3.8, 3.9", "3.8, 3.9"),
    ("3.6, 3.7", "3.7", "3.6, 3.7, '3.10'", "3.7, '3.10'"),
    ('"a"', '"a", "m"', '"a", "p"', '"a", "m", "p"'),
    ("'a', 'b'", '"a", "b", "m"', "'b'", '"b", "m"'),
])  # fmt: skip
def test_a_list_in_one_line_is_merged_item_by_item(old: str, mine: str, new: str, both: str) -> None:
    base, ours, theirs, expected = (f"x:\n  python-version: [{items}]\n" for items in (old, mine, new, both))
    assert merged("ci.yml", base, ours, theirs) == (expected, 0)


def test_a_list_laid_out_in_more_lines_stays_so_where_it_holds_what_the_template_added() -> None:
    ours = 'ignore = [\n    "E501", "RUF022", "UP031",\n    "D419"\n]\n'
    assert merged("ruff.toml", 'ignore = ["E501"]\n', ours, 'ignore = ["E501", "RUF022"]\n') == (ours, 0)


@pytest.mark.parametrize(("mine", "new"), [("[a, m]", "[a, p]"), ("[a, m]", "[p]"), ("[a, [m]]", "[a, p, b]")])
def test_an_item_that_both_changed_is_a_clash(mine: str, new: str) -> None:
    assert merged("ci.yml", "x: [a, b]\n", f"x: {mine}\n", f"x: {new}\n")[1] == 1


@given(ITEMS, ITEMS, ITEMS)
def test_a_list_merged_by_item_has_what_either_added_and_nothing_that_either_took_out(
    old: list[str], mine: list[str], new: list[str]
) -> None:
    base, ours, theirs = (f"x = [{', '.join(items)}]\n" for items in (old, mine, new))
    text, left = merged("a.py", base, ours, theirs)
    assume(not left)
    found = re.findall(r"[a-z]+", text.partition("[")[2])
    assert set(found) >= (set(mine) | set(new)) - set(old) | (set(mine) & set(new))
    assert len(found) == len(set(found))
    assert not ((set(old) - set(mine)) | (set(old) - set(new))) & set(found)


def test_a_pin_that_the_team_raised_is_a_clash_where_the_template_took_it_out() -> None:
    assert merged("requirements.txt", "rich\nmypy==1.13.0\n", "rich\nmypy==1.20.2\n", "rich\n")[1] == 1


ONE = '[tool.a]\nx = ["a"]\n[tool.b]\ny = 1\n'
MANY = ONE.replace('["a"]', '[\n    "a",\n]')


@pytest.mark.parametrize(("old", "mine", "new", "both"), [
    (ONE, MANY.replace("]\n[", '    "b",\n]\n['), MANY, '[\n    "a",\n    "b",\n]'),
    (ONE, MANY.replace('"a"', '"b"'), ONE.replace('"a"', '"a", "c"'), '[\n    "b",\n    "c",\n]'),
    (MANY, MANY.replace('"a"', '"b",\n    "a"'), ONE.replace('"a"', '"a", "c"'), '[\n    "b",\n    "a",\n    "c",\n]'),
    (MANY, ONE.replace('"a"', '"b", "a"'), MANY.replace('"a"', '"a",\n    "c"'), '["b", "a", "c"]'),
    (ONE, MANY.replace('"a",', '"a",  # mine'), ONE.replace('"a"', '"a", "b"'), '[\n    "a",  # mine\n    "b",\n]'),
    (ONE, MANY.replace('"a",', '"a",\n    "b"'), MANY, '[\n    "a",\n    "b"\n]'),
])  # fmt: skip
def test_lists_of_toml_in_one_line_and_an_item_a_line_are_merged_in_the_style_of_the_team(
    old: str, mine: str, new: str, both: str
) -> None:
    text, left = merged("pyproject.toml", old, mine, new)
    assert (left, text) == (0, ONE.replace('["a"]', both))


@pytest.mark.parametrize("old", ["x = [1, 2]\n", 'x = ["--a", "b"]\n', 'command = ["a", "b"]\n'])
def test_a_list_of_toml_whose_places_mean_something_is_left_to_a_person_in_whatever_style(old: str) -> None:
    mine, new = (old.replace("]", f", {word}]") for word in ("3", "4"))
    mine = re.sub(r"\[(.*)\]", lambda found: "[\n  " + found[1].replace(", ", ",\n  ") + ",\n]", mine)
    assert merged("a.toml", old, mine, new)[1] == 1


def test_a_list_of_toml_that_both_changed_in_one_item_is_a_clash_in_whatever_style() -> None:
    mine, new = MANY.replace('"a"', '"a<2"'), ONE.replace('"a"', '"a>1"')
    text, left = merged("pyproject.toml", ONE, mine, new)
    assert left == 1
    assert "a<2" in chosen(text, "1")
    assert "a>1" in chosen(text, "2")


@pytest.mark.parametrize(("old", "mine", "new", "both"), [
    ('x = "1"  # why', 'x = "2"', 'x = "2"  # why', 'x = "2"'), ("x: 1", "x: 2  # mine", "x: 2", "x: 2  # mine"),
    ("x: 1  # a", "x: 2  # a", "x: 2  # b", "x: 2  # b"), ("x: 1  # a", "x: 2  # b", "x: 2  # c", ""),
    ("x: 1  # a", "x: 2", "x: 3  # a", ""), ("x: 1", "x: 1  # mine", "x: 2", ""), ("# a", "# b", "# c", ""),
    ('x: " #1"', 'x: " #2"', 'x: " #3"', ""),
])  # fmt: skip
def test_a_comment_behind_what_both_say_is_that_of_the_side_which_changed_it(
    old: str, mine: str, new: str, both: str
) -> None:
    text, left = merged("a.yml", f"{old}\n", f"{mine}\n", f"{new}\n")
    assert (text, left) == (f"{both}\n", 0) if both else left == 1


@pytest.mark.parametrize(("was", "now", "left"), [
    ('"pytest-cov>=5,<6",', '"pytest-cov>=6,<7",', 0), ('"pytest-cov[toml] >= 5.0",', '"pytest-cov[toml] == 5.0",', 0),
    ("'pytest-cov>=5',", "'pytest-cov>=5,<6',", 0), ('"pytest-cov>=5",', '"pytest-cov[toml]>=5",', 1),
    ('"pytest-cov>=5",', '"pytest-cov>=5; sys_platform == \'linux\'",', 1), ("if found>5:", "if found>6:", 1),
    ("found >= 5 or", "found >= 6 or", 1),
])  # fmt: skip
def test_a_requirement_that_the_team_took_out_stays_out_whatever_versions_the_template_asks_for(
    was: str, now: str, left: int
) -> None:
    base, theirs = (f"[\n  first\n  {line}\n  last\n]\n" for line in (was, now))
    text, found = merged("a.txt", base, "[\n  first\n  last\n]\n", theirs)
    assert (found, chosen(text, "1")) == (left, "[\n  first\n  last\n]\n")


FLOW = "jobs:\n  test:\n    python: [{}]\n    os: linux\n"
ITEM = "      - {}\n"


def block(items: str) -> str:
    """Return `FLOW` with its list in block style."""
    return FLOW.replace(" [{}]\n", "\n" + "".join(ITEM.format(item) for item in items.split(", ")))


@pytest.mark.parametrize(("old", "mine", "new", "both"), [
    (FLOW.format("'1', '2'"), block("'1', '2', '4'"), block("'1', '2', '3'"), block("'1', '2', '4', '3'")),
    (FLOW.format("'1', '2'"), block("'1', '2'"), FLOW.format("'1', '2', '3'"), block("'1', '2', '3'")),
    (block("'1', '2'"), FLOW.format("'1', '2'"), block("'2', '3'"), FLOW.format("'2', '3'")),
])  # fmt: skip
def test_lists_in_flow_and_in_block_style_are_merged_in_that_of_the_team(
    old: str, mine: str, new: str, both: str
) -> None:
    assert merged("ci.yml", old, mine, new) == (both, 0)


def test_keys_that_both_add_to_an_item_of_one_line_are_there() -> None:
    base = "hooks:\n  - id: a\n  - id: b\n"
    ours = base.replace("a\n", "a\n    args: [x]\n")
    text, left = merged(".pre-commit-config.yaml", base, ours, base.replace("a\n", "a\n    types: [y]\n"))
    assert (text, left) == (ours.replace("[x]\n", "[x]\n    types: [y]\n"), 0)


def test_events_of_a_workflow_as_a_list_are_its_keys() -> None:
    ours, theirs = "on:\n  push:\n    branches: [main]\n", "on:\n  push:\n  pull_request:\n  workflow_dispatch:\n"
    text, left = merged("ci.yml", "on: [push, pull_request]\n", ours, theirs)
    assert (text, left) == (ours + "  workflow_dispatch:\n", 0)


def test_keys_that_both_put_where_nothing_was_are_there() -> None:
    ours, theirs = "meta:\n  a: 1\n", "meta:\n  b: 2\n"
    assert merged("defaults.yml", "meta: {}\n", ours, theirs) == (ours + "  b: 2\n", 0)


def test_a_list_in_a_call_is_merged_item_by_item() -> None:
    base, ours, theirs, both = (
        f"@nox.session(python=[{versions}])\n"
        for versions in ("'1', '2'", "'2', '3', 'pypy'", "'2', '3'", "'2', '3', 'pypy'")
    )
    assert merged("noxfile.py", base, ours, theirs) == (both, 0)


def test_names_of_other_options_are_items_of_a_list_in_an_ini_file() -> None:
    base = "[options.extras_require]\ndev =\n    %(tests)s\n"
    text, left = merged("setup.cfg", base, base + "    blake3>=0.3\n", base + "    %(docs)s\n")
    assert (text, left) == (base + "    blake3>=0.3\n    %(docs)s\n", 0)


def test_a_hook_that_the_team_took_out_stays_out_where_the_template_only_pinned_a_branch() -> None:
    base = "repos:\n- repo: https://x/a\n  rev: master\n- repo: https://x/b\n  rev: v1\n"
    ours = base.replace("- repo: https://x/a\n  rev: master\n", "")
    assert merged(".pre-commit-config.yaml", base, ours, base.replace("master", "21.10b0")) == (ours, 0)


def test_a_branch_that_only_one_side_pins_is_a_clash() -> None:
    base, ours, theirs = (f"repos:\n- repo: https://x/a\n  rev: {rev}\n" for rev in ("v1.0", "v1.1", "main"))
    assert merged(".pre-commit-config.yaml", base, ours, theirs)[1] == 1


@pytest.mark.parametrize("sign", [">=", "==", "~=", "!="])
def test_blanks_around_a_comparison_are_no_change(sign: str) -> None:
    base, ours, theirs = (f'dev = [\n  "a",\n{more}]\n' for more in ("", f'  "b{sign}1",\n', f'  "b {sign} 1",\n'))
    assert merged("pyproject.toml", base, ours, theirs) == (ours, 0)


def test_steps_of_a_workflow_that_both_made_are_left_to_a_person() -> None:
    ours = "on: push\njobs:\n  a:\n    steps:\n      - uses: a/checkout@v1\n      - run: mine\n"
    theirs = "on: push\njobs:\n  a:\n    steps:\n      - uses: a/checkout@v2\n      - run: theirs\n"
    text, left = merged("ci.yml", "", ours, theirs)
    assert left == 1
    assert (chosen(text, "1"), chosen(text, "2")) == (ours, theirs)


def test_an_item_that_the_team_laid_out_in_more_lines_is_the_same_one() -> None:
    base = 'vars = [\n  { key = "a", if = [ "b" ] },\n]\nx = 1\ny = 1\nz = 1\n'
    ours = 'vars = [\n  { value = "c", if = [\n    "b",\n  ] },\n]\nx = 1\nz = 1\n'
    theirs = base.replace('key = "a"', 'value = "c"').replace("x = 1", "x = 2")
    assert merged("a.toml", base, ours, theirs) == (ours.replace("x = 1", "x = 2"), 0)


def test_an_item_that_both_came_to_in_their_own_layout_is_there_once() -> None:
    base = 'matrix = [\n  { deps = [ "a" ], python = "3.11" },\n]\nx = 1\n'
    ours = 'matrix = [\n  { deps = [\n    "a",\n  ], python = "3.12" },\n]\nx = 1\n'
    theirs = base.replace("3.11", "3.12").replace("x = 1", "x = 2")
    assert merged("a.toml", base, ours, theirs) == (ours.replace("x = 1", "x = 2"), 0)


def test_a_hook_that_only_the_template_gave_more_keys_is_no_other() -> None:
    base = "repos:\n- repo: https://x/a\n  rev: v1.1\n  hooks:\n  - id: a\n"
    ours = base.replace("v1.1", "v1.3") + "  - id: b\n"
    theirs = base.replace("v1.1", "v1.2") + "  - id: b\n    types: [c]\n"
    assert merged(".pre-commit-config.yaml", base, ours, theirs) == (ours + "    types: [c]\n", 0)


@pytest.mark.parametrize(("old", "mine", "new", "left"), [
    ('"rich>=1.4.2",', '"rich>=1.4.6",', '"rich>=1.4.8",', 0), ("a[b] >= 1.4", "a[b] >= 1.4.6", "a[b] >= 1.4.8", 0),
    ("- rich>=1.4.2", "- rich>=1.4.6", "- rich>=1.4.8", 0), ("rich>=1.4.2", "rich>=1.4.6", "rich>=1.5.0", 1),
    ("rich==1.4.2", "rich==1.4.6", "rich==1.4.8", 1), ("rich>=1.4.2,<2", "rich>=1.4.6,<2", "rich>=1.4.8,<2", 1),
    ("rich>=1.4.7", "rich>=1.4.6", "rich>=1.4.8", 1), ("if rich>=1.4.2:", "if rich>=1.4.6:", "if rich>=1.4.8:", 1),
])  # fmt: skip
def test_a_lower_bound_that_both_raised_goes_to_the_later_patch_release(
    old: str, mine: str, new: str, left: int
) -> None:
    text, found = merged("a.txt", f"{old}\n", f"{mine}\n", f"{new}\n")
    assert (found, chosen(text, "2")) == (left, f"{new}\n")


def test_a_hook_is_the_same_one_whatever_stands_in_the_comment_behind_it() -> None:
    base = "repos:\n- repo: https://x/a  # why\n  rev: v1.1\n  hooks:\n  - id: a\n- repo: b\n  rev: '1'\n"
    ours = base.replace("v1.1", "v1.2").replace("- repo: b\n  rev: '1'\n", "")
    added = "- repo: c\n  rev: '2'\n"
    theirs = base.replace("  # why", " # why").replace("v1.1", "v1.3").replace("id: a\n", "id: a\n" + added)
    text, left = merged(".pre-commit-config.yaml", base, ours, theirs)
    assert (left, text.count("https://x/a")) == (1, 1)
    assert "<<<<<<< your-project\n  rev: v1.2\n=======\n  rev: v1.3\n>>>>>>>" in text


@pytest.mark.parametrize(("old", "mine", "new", "left"), [
    ("v0.9.1", "v0.11.4", "v0.11.7", 0), ('"v0.9.1"', '"v0.11.4"', '"v0.11.7"', 0), ("master", "1.2.3", "1.2.4", 0),
    ("v0.9.1", "v0.11.4", "v0.12.0", 1), ("v0.12.1", "v0.11.4", "v0.11.7", 1), ("v0.9.1", "v0.11.4", "v0.11.7rc1", 1),
    ("v0.9.1", "v0.11.4  # not yet 0.11.5", "v0.11.7", 1), ("v0.9.1", "v0.11", "v0.11.7", 0),
])  # fmt: skip
def test_a_hook_that_both_raised_goes_to_the_later_patch_release(old: str, mine: str, new: str, left: int) -> None:
    base, ours, theirs = (f"repos:\n- repo: https://x/a\n  rev: {rev}\n" for rev in (old, mine, new))
    text, found = merged(".pre-commit-config.yaml", base, ours, theirs)
    assert (found, chosen(text, "2")) == (left, theirs)


@pytest.mark.parametrize(("old", "mine", "new"), [
    ("size: [224, 256]", "size: [300, 256]", "size: [224, 320]"),  # numbers mean something by their place
    ("milestones: [30, 60]", "milestones: [30, 60, 90]", "milestones: [30, 60, 80]"),
    ("command: [python, app.py]", "command: [python, app.py, a]", "command: [python, app.py, b]"),
    ("x: [a]", "x: [a, --exclude]", "x: [a, x.py]"),
    ("x = [a, b]", "x = [b, a]", "x = [a]"),
    ("x = [f(a, b)]", "x = [f(a, m, b)]", "x = [f(a, p, b)]"),
    ('r = f("x=[a-z]")', 'r = f("x=[a-z,_]")', 'r = f("x=[a-z,$]")'),
    ("See: [the docs](u)", "See: [the docs, mine](u)", "See: [the docs, its](u)"),
    ('r(x=["A"])', 'r(x=["A", "numpy>=1"])', 'r(x=["A", "numpy<1"])'),
])  # fmt: skip
def test_what_is_no_list_of_plain_values_is_left_to_a_person(old: str, mine: str, new: str) -> None:
    assert merged("a.py", *(text + "\n" for text in (old, mine, new)))[1] == 1


def test_quotes_that_say_something_else_are_a_change_of_an_item() -> None:
    assert merged("a.yml", "x: ['\\t']\n", "x: ['\\t', b]\n", 'x: ["\\t"]\n')[1] == 1


def test_items_that_differ_within_their_quotes_are_two() -> None:
    base, ours, theirs = (f'x = [\n  "a",\n{more}]\n' for more in ("", '  "^(x )$",\n', '  "^(x)$",\n'))
    text, _ = merged("a.toml", base, ours, theirs)
    assert '"^(x )$"' in text
    assert '"^(x)$"' in text


def test_a_list_of_a_file_with_crlf_keeps_it() -> None:
    base, ours, theirs = "x: [a]\r\n", "x:\r\n  - a\r\n  - m\r\n", "x: [a, p]\r\n"
    assert merged("a.yml", base, ours, theirs) == (ours + "  - p\r\n", 0)


def test_a_version_that_the_template_lowered_is_seen_beside_lines_that_it_took_out() -> None:
    assert merged("requirements.txt", "a==1\ntorch==2.3\n", "torch==2.4\n", "torch==2.1\n")[1] == 1


def test_a_hook_before_its_first_release_that_counts_is_left_to_a_person() -> None:
    base, ours, theirs = (f"repos:\n- repo: https://x/a\n  rev: v0.0.{n}\n" for n in (200, 240, 290))
    assert merged(".pre-commit-config.yaml", base, ours, theirs)[1] == 1


def test_two_texts_of_another_encoding_are_put_between_markers() -> None:
    found = apart(b"a\n\xe9\nz\n", b"a\nb\nz\n", LABELS)
    assert found.data == b"a\n<<<<<<< your-project\n\xe9\n=======\nb\n>>>>>>> platform-v2\nz\n"


@pytest.mark.parametrize(("path", "line"), [
    (".gitattributes", "*.x" + " -a" * 400 + " *"), (".gitignore", "a" + " " * 20_000 + "*"),
    ("a.py", "x == [" + "1," * 20_000 + " 1.0"), ("a.yml", "x: [" + "a, " * 20_000 + "{"),
])  # fmt: skip
def test_a_line_that_seems_to_be_much_is_soon_read(path: str, line: str) -> None:
    started = time.process_time()
    merged(path, f"{line}\nz\n", f"{line}1\nz\nm\n", f"p\n{line}2\nz\n")
    assert time.process_time() - started < 20  # exponential or cubic: hours


def test_many_like_items_are_soon_merged() -> None:
    items = "".join(f'    {{\n      "a": {n}\n    }},\n' for n in range(2_000))
    base, ours, theirs = (
        f'{{\n  "x": [\n{text}    0\n  ]\n}}\n' for text in (items, items + "    1,\n", "    2,\n" + items)
    )
    started = time.process_time()
    settle("a.json", base.encode(), ours.encode(), theirs.encode(), LABELS)
    assert time.process_time() - started < 30  # each against each: hours

"""YAML is merged by keys and items."""

from __future__ import annotations

import pytest

from tests.upgrade.settle.merging import chosen, merged


def test_a_key_of_yaml_added_by_each_side_is_there() -> None:
    base = "on: push\njobs:\n  a:\n    run: x\n"
    text, left = merged("ci.yml", base, base + "  b:\n    run: y\n", base + "  c:\n    run: z\n")
    assert left == 0
    assert "  b:\n    run: y\n" in text
    assert "  c:\n    run: z\n" in text


@pytest.mark.parametrize(("path", "line"), [
    ("a.py", 'x = ["a"{}]\n'), ("a.yml", "args: [a{}]\n"), ("a.json", '{{\n  "x": ["a"{}],\n  "y": 1\n}}\n'),
])  # fmt: skip
def test_a_word_that_both_put_behind_an_option_is_there_twice(path: str, line: str) -> None:
    ours, theirs = (line.format(f', "{option}", "1"') for option in ("--x", "--y"))
    text, left = merged(path, line.format(""), ours, theirs)
    assert left == 1
    assert (chosen(text, "1"), chosen(text, "2")) == (ours, theirs)


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


def test_what_one_side_takes_out_and_the_other_changes_is_a_clash() -> None:
    base = "a:\n  x: 1\nb: 2\n"
    _, left = merged("a.yml", base, "b: 2\n", "a:\n  x: 9\nb: 2\n")
    assert left == 1


def test_yaml_follows_the_indentation_that_the_template_changed() -> None:
    base = "jobs:\n    a:\n        run: x\n"
    text, left = merged("ci.yml", base, base + "    mine:\n        run: y\n", "jobs:\n  a:\n    run: z\n")
    assert left == 0
    assert text == "jobs:\n  a:\n    run: z\n  mine:\n      run: y\n"


def test_items_as_far_left_as_their_key_are_merged_one_by_one() -> None:
    base = "name: x\ndependencies:\n  - python >=3.9\n  - ruff >=0.8\n  - tox >=4.1\n"
    ours = "name: x\ndependencies:\n- python >=3.9\n- numpy\n- ruff >=0.8\n- tox >=4.1\n"
    text, left = merged(
        "environment.yml", base, ours, base.replace("0.8", "0.9").replace("  - tox", "  - vulture\n  - tox")
    )
    assert (left, text) == (0, ours.replace("0.8", "0.9").replace("- tox", "- vulture\n- tox"))


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


def test_events_of_a_workflow_as_a_list_are_its_keys() -> None:
    ours, theirs = "on:\n  push:\n    branches: [main]\n", "on:\n  push:\n  pull_request:\n  workflow_dispatch:\n"
    text, left = merged("ci.yml", "on: [push, pull_request]\n", ours, theirs)
    assert (text, left) == (ours + "  workflow_dispatch:\n", 0)


def test_keys_that_both_put_where_nothing_was_are_there() -> None:
    ours, theirs = "meta:\n  a: 1\n", "meta:\n  b: 2\n"
    assert merged("defaults.yml", "meta: {}\n", ours, theirs) == (ours + "  b: 2\n", 0)


def test_steps_of_a_workflow_that_both_made_are_left_to_a_person() -> None:
    ours = "on: push\njobs:\n  a:\n    steps:\n      - uses: a/checkout@v1\n      - run: mine\n"
    theirs = "on: push\njobs:\n  a:\n    steps:\n      - uses: a/checkout@v2\n      - run: theirs\n"
    text, left = merged("ci.yml", "", ours, theirs)
    assert left == 1
    assert (chosen(text, "1"), chosen(text, "2")) == (ours, theirs)

"""A list of TOML is merged in the style of the team."""

from __future__ import annotations

import re

import pytest

from tests.upgrade.settle.merging import chosen, merged

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

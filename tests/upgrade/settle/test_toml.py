"""TOML is merged by tables, keys and items."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings

from tests.upgrade.settle.merging import ITEMS, merged


def test_two_dependencies_added_at_one_place_are_both_there() -> None:
    base = '[project]\ndependencies = [\n  "numpy",\n]\n'
    ours, theirs = (base.replace("\n]", "\n" + f'  "{name}",\n]') for name in ("rich", "typer"))
    text, left = merged("pyproject.toml", base, ours, theirs)
    assert left == 0
    assert '"rich"' in text
    assert '"typer"' in text


def test_a_list_whose_last_item_has_no_comma_stays_toml() -> None:
    base = 'x = [\n  "a"\n]\n'
    text, left = merged("a.toml", base, 'x = [\n  "a",\n  "b"\n]\n', 'x = [\n  "a",\n  "c"\n]\n')

    assert left == 0
    assert sorted(tomllib.loads(text)["x"]) == ["a", "b", "c"]


def test_one_package_that_both_added_in_two_versions_is_a_clash() -> None:
    base, ours, theirs = ("x = [\n" + "".join(f'  "{item}",\n' for item in items) + "]\n" for items in (
        ("a", "b"), ("numpy>=2", "b"), ("a", "numpy<2"),
    ))  # fmt: skip
    assert merged("a.toml", base, ours, theirs)[1] == 1


@settings(max_examples=200, deadline=None)
@given(ITEMS, ITEMS, ITEMS)
def test_lists_in_toml_keep_what_each_side_added(base: list[str], ours: list[str], theirs: list[str]) -> None:

    sides = ["x = [\n" + "".join(f'  "{item}",\n' for item in items) + "]\n" for items in (base, ours, theirs)]
    text, left = merged("a.toml", *sides)
    if left == 0:
        found = set(tomllib.loads(text)["x"])
        assert (set(ours) | set(theirs)) - set(base) <= found
        assert not found & (set(base) - set(ours))


@pytest.mark.parametrize(("last", "new"), [
    ('"b"', '"b", # why, "really"'), ('"b" # b, c', '"b", # b, c'), ("{ a = 1 }", "{ a = 1 },"), ("2", "2,"),
])  # fmt: skip
def test_a_comma_behind_the_last_item_is_no_change(last: str, new: str) -> None:

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


def test_comments_that_a_new_key_of_the_template_took_over_are_the_teams_to_take_out() -> None:
    base, more = "[t]\na = 1\n# x = 1\n# y = 2\n", "[t]\na = 1\n# x = 1\n# y = 2\nb = 2\n"
    assert merged("a.toml", base, "[t]\na = 2\n", more) == ("[t]\na = 2\nb = 2\n", 0)
    assert merged("a.toml", base, "[t]\na = 2\n# y = 2\n", more) == ("[t]\na = 2\n# y = 2\nb = 2\n", 0)


def test_comments_before_what_both_sides_put_in_stand_once() -> None:
    base = "[t]\na = 1\n# more\n"
    assert merged("a.toml", base, f"{base}c = 3\n", f"{base}b = 2\n") == (f"{base}c = 3\nb = 2\n", 0)

"""JSON and notebooks are merged by members and cells."""

from __future__ import annotations

import json

import pytest

from tests.upgrade.settle.merging import chosen, merged


def test_json_keeps_the_ends_of_its_lines() -> None:
    base = '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n'
    text, left = merged("a.json", base, base.replace("1", "3"), base.replace("2", '4,\r\n  "c": 5'))
    assert (left, text) == (0, '{\r\n  "a": 3,\r\n  "c": 5,\r\n  "b": 4\r\n}\r\n')


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


def test_a_member_added_to_json_leaves_the_users_last_line_alone() -> None:
    base = '{\n  "a": 1,\n  "b": 2\n}\n'
    text, left = merged("a.json", base, base.replace("1", "3"), base.replace('"b": 2', '"b": 2,\n  "c": 4'))
    assert (left, text) == (0, '{\n  "a": 3,\n  "c": 4,\n  "b": 2\n}\n')

"""A list in one line is merged item by item."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given

from tests.upgrade.settle.merging import ITEMS, merged


@pytest.mark.parametrize(("old", "mine", "new", "both"), [
    ("3.7, 3.8", "3.7, 3.8, 3.9", "3.8, 3.9", "3.8, 3.9"),
    ("3.6, 3.7", "3.7", "3.6, 3.7, '3.10'", "3.7, '3.10'"),
    ('"a"', '"a", "m"', '"a", "p"', '"a", "m", "p"'),
    ("'a', 'b'", '"a", "b", "m"', "'b'", '"b", "m"'), ("3.12, 3.13", "3.14", "3.12, 3.13, 3.14", "3.14"),
    (" '1', '2' ", " '1', '3' ", " '0', '2' ", " '0', '3' "),
])  # fmt: skip
def test_a_list_in_one_line_is_merged_item_by_item(old: str, mine: str, new: str, both: str) -> None:
    base, ours, theirs, expected = (f"x:\n  python-version: [{items}]\n" for items in (old, mine, new, both))
    assert merged("ci.yml", base, ours, theirs) == (expected, 0)


def test_a_blank_line_below_a_list_is_none_of_it() -> None:
    base, ours, theirs, both = (f"m:\n  v: [{items}]\n" for items in ("a, b", "b, d", "a, b, c", "b, d, c"))
    rest = "  z: 1\n"
    assert merged("a.yml", base + rest, f"{ours}\n{rest}", theirs + rest) == (f"{both}\n{rest}", 0)


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


def test_keys_that_both_add_to_an_item_of_one_line_are_there() -> None:
    base = "hooks:\n  - id: a\n  - id: b\n"
    ours = base.replace("a\n", "a\n    args: [x]\n")
    text, left = merged(".pre-commit-config.yaml", base, ours, base.replace("a\n", "a\n    types: [y]\n"))
    assert (text, left) == (ours.replace("[x]\n", "[x]\n    types: [y]\n"), 0)


def test_a_list_in_a_call_is_merged_item_by_item() -> None:
    base, ours, theirs, both = (
        f"@nox.session(python=[{versions}])\n"
        for versions in ("'1', '2'", "'2', '3', 'pypy'", "'2', '3'", "'2', '3', 'pypy'")
    )
    assert merged("noxfile.py", base, ours, theirs) == (both, 0)


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


def test_items_that_differ_within_their_quotes_are_two() -> None:
    base, ours, theirs = (f'x = [\n  "a",\n{more}]\n' for more in ("", '  "^(x )$",\n', '  "^(x)$",\n'))
    text, _ = merged("a.toml", base, ours, theirs)
    assert '"^(x )$"' in text
    assert '"^(x)$"' in text


def test_a_list_of_a_file_with_crlf_keeps_it() -> None:
    base, ours, theirs = "x: [a]\r\n", "x:\r\n  - a\r\n  - m\r\n", "x: [a, p]\r\n"
    assert merged("a.yml", base, ours, theirs) == (ours + "  - p\r\n", 0)


def test_a_list_that_the_template_laid_out_an_item_a_line_before_a_blank_one_is_merged_in_one_line() -> None:
    base, ours, theirs = "v: [a]\n\nz: 1\n", "v: [a, m]\n\nz: 1\n", "v:\n  - a\n  - p\n\nz: 1\n"
    assert merged("a.yml", base, ours, theirs) == ("v: [a, m, p]\n\nz: 1\n", 0)

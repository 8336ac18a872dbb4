"""Blocks are merged in the order of the team, but for an order that the template alone changed."""

from __future__ import annotations

import pytest

from tests.upgrade.settle.merging import merged

LISTS = {"a.toml": ("x = [\n{}]\n", '  "{}",\n'), "a.yml": ("x:\n{}", "  - {}\n"),
         "a.json": ('{{\n  "x": [\n{}    "end"\n  ]\n}}\n', '    "{}",\n')}  # fmt: skip


def written(path: str, words: str) -> str:
    whole, item = LISTS[path]
    return whole.format("".join(item.format(word) for word in words))


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(("base", "ours", "theirs", "found"), [
    ("abc", "abcx", "cab", "cabx"), ("abc", "acb", "cab", "acb"), ("abc", "axbc", "cab", "caxb"),
    ("abc", "ac", "cba", "ca"), ("abc", "xabc", "cbad", "xcbad"), ("abc", "abxc", "bca", "bcax"),
    ("abcde", "abced", "bcda", "bcda"),
])  # fmt: skip
def test_an_order_that_the_template_alone_changed_is_followed(
    path: str, base: str, ours: str, theirs: str, found: str
) -> None:
    sides = (written(path, words) for words in (base, ours, theirs))
    assert merged(path, *sides) == (written(path, found), 0)


@pytest.mark.parametrize(("path", "head", "last"), [
    (".gitignore", "", "!keep.log\n"), (".gitattributes", "", "my.log -text\n"), ("ci.yml", "script:\n", "- deploy\n"),
])  # fmt: skip
def test_what_the_team_put_behind_others_stays_behind_them_in_whatever_order(path: str, head: str, last: str) -> None:
    first, second = ("- build\n", "- test\n") if head else ("*.log\n", "*.tmp\n")
    base, theirs = head + first + second, head + second + first
    assert merged(path, base, base + last, theirs) == (theirs + last, 0)


def test_a_table_of_the_team_stays_behind_the_one_that_it_is_part_of() -> None:
    base, theirs = '[[m]]\nname = "a"\n[[m]]\nname = "b"\n', '[[m]]\nname = "b"\n[[m]]\nname = "a"\n'
    ours, both = (text.replace('"b"\n', '"b"\n[m.own]\nx = 1\n') for text in (base, theirs))
    assert merged("a.toml", base, ours, theirs) == (both, 0)


@pytest.mark.parametrize(("base", "ours", "theirs", "end"), [
    ("", "", "", ""), ("\n", "", "\n", ""), ("\n", "\n", "", ""), ("", "\n", "", "\n"), ("", "", "\n", "\n"),
])  # fmt: skip
@pytest.mark.parametrize("path", ["a.yml", "a.toml"])
def test_a_file_without_a_last_line_end_gets_none(path: str, base: str, ours: str, theirs: str, end: str) -> None:
    lines = ["a: 1", "b: 2", "c: 3"] if path == "a.yml" else ["a = 1", "b = 2", "c = 3"]
    mine, new = [lines[0].replace("1", "9"), *lines[1:]], [lines[0], lines[1].replace("2", "8"), lines[2]]
    sides = ("\n".join(side) + last for side, last in ((lines, base), (mine, ours), (new, theirs)))
    assert merged(path, *sides) == ("\n".join([mine[0], new[1], lines[2]]) + end, 0)


def test_a_file_with_crlf_without_a_last_line_end_gets_none_either() -> None:
    base, ours, theirs = "a: 1\r\nb: 2", "a: 9\r\nb: 2", "b: 2\r\na: 1"
    assert merged("a.yml", base, ours, theirs) == ("b: 2\r\na: 9", 0)

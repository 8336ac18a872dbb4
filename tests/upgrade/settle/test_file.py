"""Settling keeps what both sides mean, and leaves the rest to a person."""

from __future__ import annotations

import time
import tomllib

import pytest

from mlctl.upgrade.settle.file import apart, settle
from tests.upgrade.settle.merging import LABELS, chosen, merged


@pytest.mark.parametrize(("path", "base", "ours", "theirs"), [
    ("run.sh", "echo '$HOME' a", "echo '$HOME' b", 'echo "$HOME" a'),
    (".gitignore", "a", "a\n!data/", "a\ndata/"),
    (".gitattributes", "a text", "a text\n*.csv filter=lfs", "a text\n*.csv -filter"),
    ("requirements.txt", "-i https://a\nx", "-i https://b\n--no-binary y\nx", "--index-url https://c\nx"),
])  # fmt: skip
def test_what_contradicts_each_other_is_a_clash(path: str, base: str, ours: str, theirs: str) -> None:
    assert merged(path, *(f"{text}\n" for text in (base, ours, theirs)))[1] == 1


def test_a_merge_that_parses_whichever_side_is_chosen_is_better_than_one_with_fewer_clashes() -> None:

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


def test_a_long_line_that_the_team_took_out_is_soon_seen_to_differ_in_a_version_alone() -> None:
    line = "a" * 4_000 + " " * 4_000 + "b=={}\n"
    started = time.process_time()
    text, left = merged("a.txt", f"k\n{line.format('1.0')}z\n", "k\nz\n", f"k\n{line.format('1.1')}z\n")
    assert (text, left) == ("k\nz\n", 0)
    assert time.process_time() - started < 20  # cubic: hours

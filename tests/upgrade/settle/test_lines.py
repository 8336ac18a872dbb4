"""Changes to lines are merged by line."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mlctl.upgrade.settle.file import settle
from mlctl.upgrade.settle.lines import Clash, merge
from tests.upgrade.settle.merging import LABELS, merged

TEXT = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "e\n", "f\n"]), max_size=9)


def test_changes_to_neighbouring_lines_do_not_clash() -> None:
    assert merged("a.py", "a\nb\n", "A\nb\n", "a\nB\n") == ("A\nB\n", 0)


def test_what_both_put_in_among_its_like_is_there_once() -> None:
    base, new = "up:\n\tlock\n\tsync\n\nfmt:\n\truff\n\tblack\n", "all:\n\tput\n\tsync\n\n"
    theirs = base.replace("fmt", f"{new}old:\n\tlist\n\nfmt").replace("ruff", "isort")
    assert merged("Makefile", base, base.replace("fmt", f"{new}fmt"), theirs) == (theirs, 0)


def test_the_same_line_changed_both_ways_is_a_clash() -> None:
    text, left = merged("a.py", "x = a\n", "x = b\n", "x = c\n")
    assert (left, text) == (1, "<<<<<<< your-project\nx = b\n=======\nx = c\n>>>>>>> platform-v2\n")


def test_a_nested_item_of_markdown_is_not_only_laid_out_anew() -> None:
    assert merged("a.md", "- a\n- b\n", "- a\n  - b\n", "- a\n- c\n")[1] == 1


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["a.py", ".gitignore", "requirements.txt"]), TEXT, TEXT, TEXT)
def test_no_line_that_only_the_user_has_is_lost(path: str, base: list[str], ours: list[str], theirs: list[str]) -> None:
    found = settle(path, "".join(base).encode(), "".join(ours).encode(), "".join(theirs).encode(), LABELS)
    assert found is not None
    kept = found.data.decode().splitlines(keepends=True)
    assert set(ours) - set(base) <= set(kept)


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT)
def test_a_side_that_changed_nothing_has_no_say(base: list[str], other: list[str]) -> None:
    for sides in ((base, base, other), (base, other, base)):
        chunks = merge(*sides)
        assert not any(isinstance(chunk, Clash) for chunk in chunks)
        assert chunks == other


def test_a_line_that_one_side_takes_out_and_the_other_changes_is_a_clash() -> None:
    base = "a\nb\nc\n"
    assert merged("a.txt", base, "a\nc\n", "a\nB\nc\n")[1] == 1
    assert merged("a.txt", base, "a\nB\nc\n", "a\nc\n")[1] == 1

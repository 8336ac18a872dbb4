"""A merge adds up: nothing comes back, is lost or stands twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlctl.upgrade.settle.file import settle
from tests.upgrade.settle import documents
from tests.upgrade.settle.documents import Node, Style, document, edited, lost, read, style
from tests.upgrade.settle.merging import LABELS, chosen, merged


def test_what_the_team_moved_and_changed_and_the_template_took_out_is_a_clash() -> None:
    table = '[b]\nx = [\n  "pandas",\n  "ruff{}",\n]\n'
    base = "[a]\ny = 1\n" + table.format("")
    text, left = merged("a.toml", base, table.format(">=1") + "[a]\ny = 1\n", "[a]\ny = 1\n")
    assert (left, "pandas" in chosen(text, "1"), "pandas" in chosen(text, "2")) == (1, True, False)


@pytest.mark.parametrize(("path", "frame", "table", "more"), [
    ("a.toml", "{}", "[{}]\nm = 1\n\n", "\nf = 3"),
    ("a.json", "{{\n{}  \"z\": 0\n}}\n", '  "{}": {{\n    "m": 1\n  }},\n', ',\n    "f": 3'),
])  # fmt: skip
def test_what_the_team_put_into_a_table_that_the_template_took_out_goes_into_no_twin(
    path: str, frame: str, table: str, more: str
) -> None:
    first, middle, last = (table.format(name) for name in "dgc")
    own = middle.replace("1", f"1{more}")
    base, ours, theirs = (frame.format(first + text + last) for text in (middle, own, ""))
    text, left = merged(path, base, ours, theirs)
    assert (left, chosen(text, "1")) == (1, ours)


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

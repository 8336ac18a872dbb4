"""Tables of TOML are the same ones however they are written."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlctl.upgrade.settle import toml
from mlctl.upgrade.settle.tables import arranged
from tests.upgrade.settle.merging import chosen, merged

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

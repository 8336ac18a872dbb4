"""INI is merged by sections, keys and items."""

from __future__ import annotations

from tests.upgrade.settle.merging import chosen, merged

DEPS = "[testenv]\ndeps =\n    pytest >=7\n    ruff >=0.5\ncommands =\n    pytest {posargs}\n"

TOX = "[tox]\nenvlist =\n    lint\n    docs\n\n# all\n" + DEPS


def test_ini_is_merged_by_sections_keys_and_requirements() -> None:
    ours = TOX.replace("ruff >=0.5", "mine ; python_version<'4'\n    ruff >=0.5") + "\n[mine]\nx: 1\n"
    theirs = TOX.replace("ruff >=0.5", "rich\n    ruff >=0.9").replace("    docs\n", "    docs\nskipsdist = true\n")
    text, left = merged("tox.ini", TOX, ours, theirs)
    assert left == 0
    assert text == theirs.replace("    rich\n", "    mine ; python_version<'4'\n    rich\n") + "\n[mine]\nx: 1\n"


def test_paths_that_stand_one_a_line_in_ini_are_merged_one_by_one() -> None:
    base = "[lint]\nexclude =\n    docs/*\n    build/lib\n    {[base]skip}\n"
    ours = base.replace("    docs/*\n", "").replace("{[base]skip}\n", "{[base]skip}\n    notes/old\n")
    theirs = "[lint]\nexclude =\n    dist\n    docs/*\n    build/lib\n    {[base]skip}\n"
    text, left = merged("tox.ini", base, ours, theirs)
    want = "[lint]\nexclude =\n    dist\n    build/lib\n    {[base]skip}\n    notes/old\n"
    assert (text, left) == (want, 0)
    moved = base.replace("    docs/*\n", "") + "    docs/*\n"
    text, left = merged("tox.ini", base, moved, base.replace("docs/*", "docs/*\n    notes"))
    assert (sorted(text.split()), left) == (sorted([*base.split(), "notes"]), 0)


def test_a_command_of_ini_that_both_changed_is_a_clash() -> None:
    ours, theirs = (TOX.replace("{posargs}", word) for word in ("--cov", "-x"))
    text, left = merged("tox.ini", TOX, ours, theirs)
    assert left == 1
    assert (chosen(text, "1"), chosen(text, "2")) == (ours, theirs)


def test_ini_with_lines_below_a_key_without_a_value_is_left_to_its_lines() -> None:
    base = "[a]\nx\n  y\nz = 1\n"
    assert merged("a.ini", base, base.replace("1", "2"), base.replace("y", "w")) == ("[a]\nx\n  w\nz = 2\n", 0)


def test_ini_with_a_key_twice_is_left_to_its_lines() -> None:
    base = "[a]\nx = 1\nx = 2\nz = 1\n"
    assert merged("a.ini", base, base.replace("z = 1", "z = 2"), base.replace("x = 2", "x = 3")) == (
        "[a]\nx = 1\nx = 3\nz = 2\n", 0,
    )  # fmt: skip


def test_names_of_other_options_are_items_of_a_list_in_an_ini_file() -> None:
    base = "[options.extras_require]\ndev =\n    %(tests)s\n"
    text, left = merged("setup.cfg", base, base + "    blake3>=0.3\n", base + "    %(docs)s\n")
    assert (text, left) == (base + "    blake3>=0.3\n    %(docs)s\n", 0)

"""Requirements, ignore files and attributes are merged by what each line names."""

from __future__ import annotations

from tests.upgrade.settle.merging import merged


def test_requirements_are_merged_by_package() -> None:
    base = "numpy==1.0 \\\n    --hash=sha256:aa\npandas==2.0 \\\n    --hash=sha256:bb\n"
    ours = base.replace("1.0", "1.2").replace(":aa", ":cc")
    theirs = base.replace("1.0", "1.1").replace(":aa", ":dd") + "rich==13.0 \\\n    --hash=sha256:ee\n"
    text, left = merged("ci/requirements-dev.txt", base, ours, theirs)
    assert (left, text) == (0, ours + "rich==13.0 \\\n    --hash=sha256:ee\n")


def test_patterns_of_an_ignore_file_stand_for_themselves() -> None:
    base = "# python\n__pycache__/\ndist/\n\n# editor\n/.idea/\n"
    ours = base + "/.vscode/\n\n# ours\n/data/\n"
    theirs = "# python\n__pycache__/\n/dist/\n*.egg\n"
    text, left = merged(".gitignore", base, ours, theirs)
    assert (left, text) == (0, "# python\n__pycache__/\n/dist/\n*.egg\n/.vscode/\n\n# ours\n/data/\n")


def test_attributes_of_one_pattern_changed_both_ways_are_a_clash() -> None:
    assert merged(".gitattributes", "*.sh text\n", "*.sh text eol=lf\n", "*.sh -text\n")[1] == 1

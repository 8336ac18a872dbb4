"""What both sides mean is kept where they only differ in layout or versions; the rest is left to a person."""

from __future__ import annotations

import pytest

from tests.upgrade.settle.merging import chosen, merged


def test_a_comment_of_the_users_survives() -> None:
    base = "a: 1\nb: 2\n"
    text, left = merged("a.yaml", base, "# mine\na: 1\nb: 2\n", "a: 1\nb: 3\nc: 4\n")
    assert (left, text) == (0, "# mine\na: 1\nb: 3\nc: 4\n")


@pytest.mark.parametrize(("ours", "theirs", "clash"), [
    ("rev: v3.0.0", "rev: v2.0.0", False), ("rev: v2.0.0", "rev: v3.0.0", True),
    ("line-length: 120", "line-length: 100", True), ("- numpy>=2.1", "- numpy>=2.0", False),
    ("python: '3.12'", "python: '3.11'", False), ("name: a 2.0", "name: b 1.0", True),
])  # fmt: skip
def test_a_version_of_ones_own_stays_where_it_is_newer(ours: str, theirs: str, clash: bool) -> None:
    base = ours.split(":")[0].split(">=")[0] + (">=1.0" if ">=" in ours else ": 1.0")
    text, left = merged("a.txt", base + "\n", ours + "\n", theirs + "\n")
    assert bool(left) == clash
    assert clash or text == ours + "\n"


@pytest.mark.parametrize(("old", "mine", "new"), [
    ("torch==2.3", "torch==2.4", "torch==2.1"), ("numpy>=1,<=2.0", "numpy>=1,<=3.0", "numpy>=1,<=2.5"),
    ("conversion_rate = 1.0", "conversion_rate = 2.0", "conversion_rate = 1.5"),
    ("image_scale: 1.0", "image_scale: 2.0", "image_scale: 1.5"),
    ("a==2.3 --hash=b", "a==2.4 --hash=c", "a==2.1 --hash=d"),
    ("a==2.3 \\\n --hash=b", "a==2.4 \\\n --hash=c", "a==2.1 \\\n --hash=d"),
])  # fmt: skip
def test_a_version_that_the_template_lowered_a_bound_or_another_number_is_left_to_a_person(
    old: str, mine: str, new: str
) -> None:
    assert merged("a.txt", *(f"{line}\n" for line in (old, mine, new)))[1] == 1


def test_a_template_that_only_lays_out_anew_changes_nothing() -> None:
    text, left = merged("a.py", "x = ['a']\n", "x = ['a', 'b']\n", 'x = ["a"]\n')
    assert (left, text) == (0, "x = ['a', 'b']\n")


def test_what_the_user_took_out_stays_out_where_only_its_version_rose() -> None:
    base = 'x = [\n  "click>=8.0",\n  "rich",\n]\n'
    text, left = merged("a.toml", base, 'x = [\n  "rich",\n]\n', base.replace("8.0", "8.1"))
    assert (left, text) == (0, 'x = [\n  "rich",\n]\n')


def test_an_indentation_that_has_a_meaning_is_not_taken_for_layout() -> None:
    base = "for x in y:\n    a()\n    b()\n"
    assert merged("a.py", base, "for x in y:\n    a()\nb()\n", base.replace("b()", "b(1)"))[1] == 1


@pytest.mark.parametrize(
    ("ours", "theirs", "clash"), [("2.1", "2.0", False), ("2.0", "2.0", False), ("2.0", "2.1", True)]
)
def test_a_pin_by_hash_stays_where_it_is_no_older(ours: str, theirs: str, clash: bool) -> None:
    def pin(version: str, digest: str) -> str:
        return f"tox=={version} \\\n    --hash=sha256:{digest}\n"

    text, left = merged("requirements.txt", pin("1.0", "aa"), pin(ours, "bb"), pin(theirs, "cc"))
    assert bool(left) == clash
    assert clash or text == pin(ours, "bb")


def test_a_line_that_the_user_only_quoted_anew_takes_the_change_in_those_quotes() -> None:
    text, left = merged("a.py", "x = join('..', '..')\n", 'x = join("..", "..")\n', "x = Path('../..')\n")
    assert (left, text) == (0, 'x = Path("../..")\n')
    text, left = merged("a.py", "x = 'a'\n", 'x = "a"\n', "x = 'say \"a\"'\n")
    assert (left, text) == (0, "x = 'say \"a\"'\n")


def test_a_comma_that_the_user_added_is_no_layout_in_a_line() -> None:
    assert merged("a.txt", "x\n", "x,\n", "y\n")[1] == 1


def test_of_two_lines_that_say_the_same_the_tidier_one_is_taken() -> None:
    base, wide, tidy = (f"uses: a/b@{v}\n" for v in ("1 # v1", "2  # v2", "2 # v2"))
    for one, other in ((wide, tidy), ("[ new ]\n", "[new]\n")):
        for ours, theirs in ((one, other), (other, one)):
            assert merged("ci.txt", base, ours, theirs) == (other, 0)


@pytest.mark.parametrize(
    ("old", "mine", "new", "left"),
    [
        ("23.9.1", "23.11.0", '"23.11.0"', 0),
        ("23.9.1", "23.11.0", "'23.10.1'", 0),
        ("a", '"linux/x64"', "linux/x64", 0),
        ("3.9", "3.10", '"3.10"', 1),
        ("a", "yes", '"yes"', 1),
        ("23.9.1", "23.11.0", '"24.1.0"', 1),
    ],
)
def test_quotes_around_a_word_of_yaml_are_no_change(old: str, mine: str, new: str, left: int) -> None:
    base, ours, theirs = (f"repos:\n  - repo: black\n    rev: {value}\n" for value in (old, mine, new))
    text, found = merged(".pre-commit-config.yaml", base, ours, theirs)
    assert (found, chosen(text, "1")) == (left, ours)


SHAS = [f"{letter * 40} # v{number}" for letter, number in (("a", "4.2.0"), ("b", "4.2.2"))]


@pytest.mark.parametrize(
    ("old", "mine", "new", "left"),
    [
        ("v4.1.0", *SHAS, 0),
        ("v4.1.0", "v4.2.0", SHAS[1], 0),
        ("v4", "v5", "v6", 0),
        ("v4.1.0", "v4.2.2", SHAS[1], 0),
        ("v4.1.0", SHAS[0], "v5", 1),
        ("v4.1.0", "main", SHAS[1], 1),
        ("v4.1.0", "v4.2.0", "b" * 40, 1),
        ("v5", "v4", "v6", 1),
        ("v4", "v5", "v6-beta", 1),
        ("v4.1.0", "v4.2.2", "v5", 1),
    ],
)
def test_of_two_versions_of_an_action_the_further_and_firmer_one_of_the_template_is_taken(old, mine, new, left) -> None:
    base, ours, theirs = (f"steps:\n  - uses: actions/checkout@{at}\n" for at in (old, mine, new))
    text, found = merged("ci.yml", base, ours, theirs)
    assert (found, chosen(text, "2")) == (left, theirs)


def test_a_version_that_the_template_left_alone_is_the_teams() -> None:
    base, ours, theirs = (
        f"- uses: a/b@{one}\n- uses: c/d@{two}\n" for one, two in (("v4", "v4"), ("v4.0.0", "v5"), ("v4", "v6"))
    )
    assert "a/b@v4.0.0" in merged("README.md", base, ours, theirs)[0]


def test_an_action_that_the_team_alone_wrote_otherwise_stays_beside_one_that_both_raised() -> None:
    pinned = "a" * 40 + " # v4.2.0"
    base, ours, theirs = (
        f"- uses: a/b@{one}\n- uses: c/d@{two}\n" for one, two in ((pinned, "v4"), ("v4.2.0", "v5"), (pinned, "v6"))
    )
    assert "a/b@v4.2.0" in merged("README.md", base, ours, theirs)[0]


def test_a_team_that_writes_no_quotes_gets_none_from_the_template() -> None:
    base, ours, theirs = ("rev: '1.2.3'\n", "rev: 1.2.3\n", "rev: '1.3.0'\n")
    assert merged("a.yml", base, ours, theirs) == ("rev: 1.3.0\n", 0)


def test_blanks_that_the_team_set_around_a_sign_stay_where_both_sides_say_the_same() -> None:
    base, close, wide = 'old="old.cli"\n', 'new="new.cli"\n', 'new = "new.cli"\n'
    assert merged("a.toml", base, wide, close) == (wide, 0)


def test_a_formatter_that_wraps_lines_anew_does_not_keep_the_templates_change_out() -> None:
    base = "var a = [for x in xs: {\n  n: x\n}]\n"
    ours = "var a = [\n  for x in xs: {\n    n: x\n  }\n]\n"
    theirs = base.replace("n: x", "n: x.y")
    assert merged("main.bicep", base, ours, theirs) == (theirs, 0)
    assert merged("notes.txt", base, ours, theirs)[1] == 1


def test_a_pin_that_the_team_raised_is_a_clash_where_the_template_took_it_out() -> None:
    assert merged("requirements.txt", "rich\nmypy==1.13.0\n", "rich\nmypy==1.20.2\n", "rich\n")[1] == 1


@pytest.mark.parametrize(("old", "mine", "new", "both"), [
    ('x = "1"  # why', 'x = "2"', 'x = "2"  # why', 'x = "2"'), ("x: 1", "x: 2  # mine", "x: 2", "x: 2  # mine"),
    ("x: 1  # a", "x: 2  # a", "x: 2  # b", "x: 2  # b"), ("x: 1  # a", "x: 2  # b", "x: 2  # c", ""),
    ("x: 1  # a", "x: 2", "x: 3  # a", ""), ("x: 1", "x: 1  # mine", "x: 2", ""), ("# a", "# b", "# c", ""),
    ('x: " #1"', 'x: " #2"', 'x: " #3"', ""),
])  # fmt: skip
def test_a_comment_behind_what_both_say_is_that_of_the_side_which_changed_it(
    old: str, mine: str, new: str, both: str
) -> None:
    text, left = merged("a.yml", f"{old}\n", f"{mine}\n", f"{new}\n")
    assert (text, left) == (f"{both}\n", 0) if both else left == 1


@pytest.mark.parametrize(("was", "now", "left"), [
    ('"pytest-cov>=5,<6",', '"pytest-cov>=6,<7",', 0), ('"pytest-cov[toml] >= 5.0",', '"pytest-cov[toml] == 5.0",', 0),
    ("'pytest-cov>=5',", "'pytest-cov>=5,<6',", 0), ('"pytest-cov>=5",', '"pytest-cov[toml]>=5",', 1),
    ('"pytest-cov>=5",', '"pytest-cov>=5; sys_platform == \'linux\'",', 1), ("if found>5:", "if found>6:", 1),
    ("found >= 5 or", "found >= 6 or", 1),
])  # fmt: skip
def test_a_requirement_that_the_team_took_out_stays_out_whatever_versions_the_template_asks_for(
    was: str, now: str, left: int
) -> None:
    base, theirs = (f"[\n  first\n  {line}\n  last\n]\n" for line in (was, now))
    text, found = merged("a.txt", base, "[\n  first\n  last\n]\n", theirs)
    assert (found, chosen(text, "1")) == (left, "[\n  first\n  last\n]\n")


def test_a_hook_that_the_team_took_out_stays_out_where_the_template_only_pinned_a_branch() -> None:
    base = "repos:\n- repo: https://x/a\n  rev: master\n- repo: https://x/b\n  rev: v1\n"
    ours = base.replace("- repo: https://x/a\n  rev: master\n", "")
    assert merged(".pre-commit-config.yaml", base, ours, base.replace("master", "21.10b0")) == (ours, 0)


def test_a_branch_that_only_one_side_pins_is_a_clash() -> None:
    base, ours, theirs = (f"repos:\n- repo: https://x/a\n  rev: {rev}\n" for rev in ("v1.0", "v1.1", "main"))
    assert merged(".pre-commit-config.yaml", base, ours, theirs)[1] == 1


@pytest.mark.parametrize("sign", [">=", "==", "~=", "!="])
def test_blanks_around_a_comparison_are_no_change(sign: str) -> None:
    base, ours, theirs = (f'dev = [\n  "a",\n{more}]\n' for more in ("", f'  "b{sign}1",\n', f'  "b {sign} 1",\n'))
    assert merged("pyproject.toml", base, ours, theirs) == (ours, 0)


@pytest.mark.parametrize(("old", "mine", "new", "left"), [
    ('"rich>=1.4.2",', '"rich>=1.4.6",', '"rich>=1.4.8",', 0), ("a[b] >= 1.4", "a[b] >= 1.4.6", "a[b] >= 1.4.8", 0),
    ("- rich>=1.4.2", "- rich>=1.4.6", "- rich>=1.4.8", 0), ("rich>=1.4.2", "rich>=1.4.6", "rich>=1.5.0", 1),
    ("rich==1.4.2", "rich==1.4.6", "rich==1.4.8", 1), ("rich>=1.4.2,<2", "rich>=1.4.6,<2", "rich>=1.4.8,<2", 1),
    ("rich>=1.4.7", "rich>=1.4.6", "rich>=1.4.8", 1), ("if rich>=1.4.2:", "if rich>=1.4.6:", "if rich>=1.4.8:", 1),
])  # fmt: skip
def test_a_lower_bound_that_both_raised_goes_to_the_later_patch_release(
    old: str, mine: str, new: str, left: int
) -> None:
    text, found = merged("a.txt", f"{old}\n", f"{mine}\n", f"{new}\n")
    assert (found, chosen(text, "2")) == (left, f"{new}\n")


@pytest.mark.parametrize(("old", "mine", "new", "left"), [
    ("v0.9.1", "v0.11.4", "v0.11.7", 0), ('"v0.9.1"', '"v0.11.4"', '"v0.11.7"', 0), ("master", "1.2.3", "1.2.4", 0),
    ("v0.9.1", "v0.11.4", "v0.12.0", 1), ("v0.12.1", "v0.11.4", "v0.11.7", 1), ("v0.9.1", "v0.11.4", "v0.11.7rc1", 1),
    ("v0.9.1", "v0.11.4  # not yet 0.11.5", "v0.11.7", 1), ("v0.9.1", "v0.11", "v0.11.7", 0),
])  # fmt: skip
def test_a_hook_that_both_raised_goes_to_the_later_patch_release(old: str, mine: str, new: str, left: int) -> None:
    base, ours, theirs = (f"repos:\n- repo: https://x/a\n  rev: {rev}\n" for rev in (old, mine, new))
    text, found = merged(".pre-commit-config.yaml", base, ours, theirs)
    assert (found, chosen(text, "2")) == (left, theirs)


def test_quotes_that_say_something_else_are_a_change_of_an_item() -> None:
    assert merged("a.yml", "x: ['\\t']\n", "x: ['\\t', b]\n", 'x: ["\\t"]\n')[1] == 1


def test_a_version_that_the_template_lowered_is_seen_beside_lines_that_it_took_out() -> None:
    assert merged("requirements.txt", "a==1\ntorch==2.3\n", "torch==2.4\n", "torch==2.1\n")[1] == 1


def test_a_hook_before_its_first_release_that_counts_is_left_to_a_person() -> None:
    base, ours, theirs = (f"repos:\n- repo: https://x/a\n  rev: v0.0.{n}\n" for n in (200, 240, 290))
    assert merged(".pre-commit-config.yaml", base, ours, theirs)[1] == 1

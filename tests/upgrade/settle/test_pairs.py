"""A block is the same one under another name."""

from __future__ import annotations

import re
import tomllib

import pytest

from mlctl.upgrade.settle.file import settle
from tests.upgrade.settle.merging import LABELS, chosen, merged


def test_a_step_that_both_add_under_another_name_is_there_once() -> None:
    base = "steps:\n- name: Check out\n  uses: actions/checkout@v3\n- name: Old\n  run: old\n"
    ours, theirs = (base.replace("Old\n  run: old", f"{name}\n  uses: a/b@main") for name in ("Ours", "Theirs"))
    text, left = merged("ci.yml", base, ours, theirs)
    assert left == 1
    assert text.count("uses: a/b@main") == 1
    assert {chosen(text, "1"), chosen(text, "2")} == {ours, theirs}


def test_a_change_to_a_step_does_not_move_to_a_like_one_that_the_template_put_before_it() -> None:
    base = "steps:\n  - run: x\n  - uses: up@v4\n    with:\n      name: a\n"
    ours = base.replace("up@v4\n", "up@v4\n    if: always()\n")
    more = "  - uses: up@v4\n    with:\n      name: b\n      path: c\n"
    text, left = merged("ci.yml", base, ours, base.replace("  - run: x\n", "  - run: x\n" + more))
    assert (left, text) == (0, ours.replace("  - run: x\n", "  - run: x\n" + more))


@pytest.mark.parametrize(
    "sides", [(["t", "pandas>=3"], ["t"], ["pandas>=1", "pandas>=3"]), (["p>=1"], ["p>=1", "p"], ["q"])]
)
def test_of_two_items_of_one_package_each_keeps_what_was_done_to_it(sides: tuple[list[str], ...]) -> None:
    base, ours, theirs = ("x = [\n" + "".join(f'  "{item}",\n' for item in items) + "]\n" for items in sides)
    text, left = merged("a.toml", base, ours, theirs)
    both = (set(sides[1]) | set(sides[2])) - (set(sides[0]) - (set(sides[1]) & set(sides[2])))
    assert left or set(tomllib.loads(text)["x"]) == both


RENAMED = [
    (
        "ci.yml",
        "jobs:\n  a:\n    run: x\n",
        "  NAME:\n    on: linux\n    uses: act@v1.0\n    with: y\n    if: z\n    env: e\n    k: l\n",
    ),
    (
        "p.toml",
        "[a]\nx = 1\n",
        "\n[tool.NAME]\nline = 100\nuse = 'act@v1.0'\nsrc = ['s']\nfix = true\nto = 'd'\nk = 'l'\n",
    ),
    ("setup.cfg", "[a]\nx = 1\n", "\n[NAME]\nline = 100\nuse = act@v1.0\nsrc = s\nfix = true\nto = d\nk = l\n"),
]


@pytest.mark.parametrize(("path", "rest", "block"), RENAMED)
def test_what_the_user_took_out_stays_out_where_the_template_gave_it_another_name(
    path: str, rest: str, block: str
) -> None:
    base = rest + block.replace("NAME", "lint")
    told = "you took it out, the template renamed it"
    for new in (re.sub("(?m)^(.*NAME)", r"# why\n\1", block), block, block.replace("v1.0", "v1.1")):
        found = settle(path, base.encode(), rest.encode(), (rest + new.replace("NAME", "style")).encode(), LABELS)
        assert found
        assert (found.data.decode(), found.left, found.why) == (rest, 0, told)


@pytest.mark.parametrize(("path", "rest", "block"), RENAMED)
def test_what_the_user_took_out_and_the_template_renamed_and_changed_is_a_clash(
    path: str, rest: str, block: str
) -> None:
    base, theirs = (rest + block.replace("NAME", name) for name in ("lint", "style"))
    text, left = merged(path, base, rest, theirs.replace("act@v1.0", "other@v1.0"))
    assert left == 1
    assert (chosen(text, "1"), "style" in chosen(text, "2")) == (rest, True)


@pytest.mark.parametrize("other", ["on: mac\n    uses: b@v2\n    if: n\n", "on: linux\n"])
def test_what_is_not_like_the_block_that_the_user_took_out_is_a_new_one(other: str) -> None:
    rest, block = "jobs:\n  a:\n    run: x\n", "    on: linux\n" if other == "on: linux\n" else RENAMED[0][2]
    base = rest + (block.replace("NAME", "lint") if "NAME" in block else "  lint:\n" + block)
    assert merged("ci.yml", base, rest, f"{rest}  pack:\n    {other}") == (f"{rest}  pack:\n    {other}", 0)


MATRIX = """include:
  - os: linux
    python: "3.9"
  - os: linux
    python: "3.11"
    flags: "--pre"
    name: newest
"""


def test_an_item_that_the_team_took_the_name_of_still_follows_the_template() -> None:
    ours = MATRIX.replace('"3.9"\n', '"3.9"\n    r: release\n').replace("    name: newest\n", "    r: release\n")
    theirs = MATRIX.replace("3.11", "3.12").replace("3.9", "3.10")
    text, left = merged("test.yaml", MATRIX, ours, theirs)
    assert (left, text) == (0, ours.replace("3.11", "3.12").replace("3.9", "3.10"))


JOBS = """jobs:
  lint:
    runs-on: linux
    steps:
      - uses: actions/checkout@v4
      - run: ruff check
      - run: ruff format --check
  test:
    runs-on: linux
"""


def test_a_job_that_the_template_renames_keeps_what_the_team_changed_in_it() -> None:
    ours = JOBS.replace("ruff format", "black")
    text, left = merged("ci.yml", JOBS, ours, JOBS.replace("lint:", "style:").replace("@v4", "@v5"))
    assert (left, text) == (0, ours.replace("lint:", "style:").replace("@v4", "@v5"))


def test_a_job_that_the_team_took_out_stays_out_where_the_template_only_renames_it() -> None:
    lint = JOBS[JOBS.index("  lint") : JOBS.index("  test")]
    ours = JOBS.replace(lint, "") + "    needs: []\n"
    assert merged("ci.yml", JOBS, ours, JOBS.replace("lint:", "style:")) == (ours, 0)


def test_a_table_that_the_template_renames_beside_new_ones_keeps_what_the_team_changed_in_it() -> None:
    base = "[a]\nx = 1\n\n[ignores]\none = 1\ntwo = 2\nthree = 3\nfour = 4\n"
    ours = base.replace("four = 4", "four = 5\nmine = 6")
    theirs = base.replace("[ignores]", "[format]\ny = 1\n\n[lint]\nz = 1\n\n[lint.ignores]").replace(
        "one = 1", "one = 7"
    )
    text, left = merged("a.toml", base, ours, theirs)
    assert left == 0
    assert tomllib.loads(text)["lint"]["ignores"] == {"one": 7, "two": 2, "three": 3, "four": 5, "mine": 6}
    assert "ignores" not in tomllib.loads(text)


def test_a_job_of_the_team_in_the_place_of_one_that_it_took_out_is_not_taken_for_that() -> None:
    lint = JOBS[JOBS.index("  lint") : JOBS.index("  test")]
    ours = JOBS.replace(lint, "  docs:\n    runs-on: linux\n    steps:\n      - run: mkdocs build --strict\n")
    text, left = merged("ci.yml", JOBS, ours, JOBS.replace("@v4", "@v5").replace("ruff check", "ruff check src"))
    assert left == 1
    assert chosen(text, "1") == ours


STEPS = """    runs-on: linux
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup@v1
      - run: sync
"""


def jobs(**last: str) -> str:
    return "jobs:\n" + "".join(f"  {name}:\n{STEPS}      - run: {word}\n" for name, word in last.items())


@pytest.mark.parametrize("turned", [False, True])
def test_a_job_is_not_renamed_to_one_that_the_other_side_has(turned: bool) -> None:
    base = jobs(test="pytest", lint="ruff")
    one = jobs(test="pytest", style="ruff").replace("@v1", "@v2")
    other = jobs(test="pytest", lint="ruff", style="black").replace("sync", "sync --all")
    text, left = merged("ci.yml", base, *((other, one) if turned else (one, other)))
    assert all(chosen(text, side).count("  style:") == 1 for side in "12")
    assert left


def test_of_several_jobs_the_most_alike_is_the_one_under_a_new_name() -> None:
    base = jobs(lint="ruff")
    ours = base.replace("runs-on: linux", "runs-on: mine")
    text, left = merged("ci.yml", base, ours, jobs(docs="mkdocs build", style="ruff"))
    assert (left, text) == (
        0,
        jobs(docs="mkdocs build", style="ruff").replace("style:\n    runs-on: linux", "style:\n    runs-on: mine"),
    )


def test_an_item_with_another_name_of_its_own_is_another_item() -> None:
    item = "  - package-ecosystem: {}\n    directory: /\n    schedule: {{interval: weekly}}\n    labels: [x]\n"
    base = "updates:\n" + item.format("pip") + item.format("docker")
    ours = "updates:\n" + item.format("pip").replace("weekly", "daily")
    text, left = merged("dependabot.yml", base, ours, "updates:\n" + item.format("pip") + item.format("npm"))
    assert left or "npm" in text


def test_a_hook_that_only_the_template_gave_more_keys_is_no_other() -> None:
    base = "repos:\n- repo: https://x/a\n  rev: v1.1\n  hooks:\n  - id: a\n"
    ours = base.replace("v1.1", "v1.3") + "  - id: b\n"
    theirs = base.replace("v1.1", "v1.2") + "  - id: b\n    types: [c]\n"
    assert merged(".pre-commit-config.yaml", base, ours, theirs) == (ours + "    types: [c]\n", 0)


def test_a_hook_is_the_same_one_whatever_stands_in_the_comment_behind_it() -> None:
    base = "repos:\n- repo: https://x/a  # why\n  rev: v1.1\n  hooks:\n  - id: a\n- repo: b\n  rev: '1'\n"
    ours = base.replace("v1.1", "v1.2").replace("- repo: b\n  rev: '1'\n", "")
    added = "- repo: c\n  rev: '2'\n"
    theirs = base.replace("  # why", " # why").replace("v1.1", "v1.3").replace("id: a\n", "id: a\n" + added)
    text, left = merged(".pre-commit-config.yaml", base, ours, theirs)
    assert (left, text.count("https://x/a")) == (1, 1)
    assert "<<<<<<< your-project\n  rev: v1.2\n=======\n  rev: v1.3\n>>>>>>>" in text


@pytest.mark.parametrize(("old", "new"), [("    if: x\n", ""), ("    if: x\n", "    if: y\n")])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("key", ["name", "repo", "id"])
def test_a_change_to_an_item_stays_with_it_where_the_other_side_named_it_anew(
    key: str, turned: bool, old: str, new: str
) -> None:
    step = "steps:\n  - run: x\n  - KEY: {}\n{}    uses: up@v4\n    with:\n      path: a\n      more: b\n"
    step = step.replace("KEY", key)
    base, changed, named = step.format("Old", old), step.format("Old", new), step.format("New", old)
    ours, theirs = (named, changed) if turned else (changed, named)
    assert merged("ci.yml", base, ours, theirs) == (step.format("New", new), 0)


def test_a_step_that_both_sides_named_anew_is_there_once() -> None:
    step = "steps:\n  - run: x\n  - name: {}\n    uses: up@v4\n    with:\n      path: a\n      more: b\n"
    base, ours, theirs = (step.format(name) for name in ("Old", "Ours", "Theirs"))
    text, left = merged("ci.yml", base, ours, theirs)
    assert (left, chosen(text, "1"), chosen(text, "2")) == (1, ours, theirs)

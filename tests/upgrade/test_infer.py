"""An answer that the files of a project disprove is told; one that they keep is not."""

from __future__ import annotations

from mlctl.upgrade.infer import outgrown

GIVEN = {"README.md": b"[a]: https://host/ada/demo\n[b]: https://host/ada/demo/docs\nby ada at home\n"}
ANSWERS = {"owner": "ada/", "user": "ada/demo", "short": "ada", "other": "unrelated"}


def test_a_word_that_stands_wherever_the_answer_stood_is_found() -> None:
    there = {"README.md": GIVEN["README.md"].replace(b"ada/demo", b"crew/demo") + b"more\n"}
    more = {**GIVEN, "x.md": b"ada/demo\n"}
    assert outgrown(more, {**there, "x.md": b"crew/demo\n"}, {"user": "ada/demo"}) == {"user": "crew/demo"}


def test_an_answer_that_most_lines_keep_stays() -> None:
    there = {"README.md": GIVEN["README.md"].replace(b"ada/demo/docs", b"crew/demo/docs")}
    assert outgrown(GIVEN, there, ANSWERS) == {}


def test_two_answers_in_one_line_are_told_apart() -> None:
    given = {f"{n}.txt": b"go https://host/anna/Demo now\n" for n in range(3)}
    there = dict.fromkeys(given, b"go https://host/crew/demo now\n")
    assert outgrown(given, there, {"user": "anna", "name": "Demo"}) == {"user": "crew", "name": "demo"}

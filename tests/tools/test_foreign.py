"""YAML that others write: everything legal is read, nothing grows without bounds, lines are known."""

from __future__ import annotations

import pytest

from mlctl.tools import foreign
from mlctl.tools.yaml import Malformed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: {push: }\nversion: 3.10\nno: off", [{"on": {"push": None}, "version": "3.10", "no": "off"}]),
        ("a: &x [1, 2]\nb: *x", [{"a": ["1", "2"], "b": ["1", "2"]}]),
        ("a: &x {k: 1}\nb: {<<: *x, l: 2}", [{"a": {"k": "1"}, "b": {"k": "1", "l": "2"}}]),
        ("a: !reference [.b, script]", [{"a": (".b", "script")}]),
        ("a: !Sub x\nb: !Foo {c: 1}\nc: !!binary YQ==", [{"a": "x", "b": {"c": "1"}, "c": b"a"}]),
        ("a: 1\n---\nb: 2\n", [{"a": "1"}, {"b": "2"}]),
        ("a: 1\na: 2", [{"a": "2"}]),
        ("", []),
    ],
)
def test_what_others_write_is_read_as_it_stands(text: str, value: object) -> None:
    assert foreign.documents(text, "x.yml") == value


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: &a [*a]", "x.yml:1"),
        ("a: 1\nb: [", "x.yml:3"),
        ("a: &a [1]\n" + "".join(f"k{n}: &{chr(98 + n)} [{f'*{chr(97 + n)}, ' * 12}]\n" for n in range(9)), "x.yml:"),
        ("a: " + "[" * 60 + "]" * 60, "x.yml:1"),
        ("a: '" + "x" * 1_000_001 + "'", "x.yml:1"),
        ("a: \0", "x.yml:1"),
    ],
)
def test_what_is_none_or_grows_is_named_with_its_line(text: str, place: str) -> None:
    with pytest.raises(Malformed) as error:
        foreign.documents(text, "x.yml")
    assert place in error.value.sentence


def test_a_table_knows_its_lines() -> None:
    said = foreign.documents("a: 1\nb:\n  c: 2\n", "x.yml")[0]
    assert (said.line, said.lines, said["b"].lines) == (1, {"a": 1, "b": 2}, {"c": 3})

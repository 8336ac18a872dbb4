"""YAML and JSON are read strictly, and what is written reads back as it was."""

from __future__ import annotations

import pytest

from mlctl.tools import yaml


@pytest.mark.parametrize("text", ["1e3", "12e45", "3.10", "012", "no", "0x1f", "1_000", "12:30", "", "~", "Null", "+1"])
def test_a_text_that_is_written_is_read_as_this_text(text: str) -> None:
    assert yaml.load(yaml.dump({"key": text}), "file") == {"key": text}


@pytest.mark.parametrize("text", ["a: 1\n? [b]\n: c\n", "a: 1\n{b: c}: d\n"])
def test_a_key_that_is_no_text_is_told_with_its_line(text: str) -> None:
    with pytest.raises(yaml.Malformed) as told:
        yaml.load(text, "answers.yml")
    assert told.value.sentence == "answers.yml:2: a key must be a text"


@pytest.mark.parametrize("text", [r'{"a\ud800": 1}', r'{"a": ["\udc00"]}', r'{"a": {"b": "\ud83dx"}}'])
def test_json_with_half_a_character_is_refused(text: str) -> None:
    with pytest.raises(yaml.Malformed, match="half a character"):
        yaml.load_json(text, "cookiecutter.json")


def test_json_may_write_a_character_as_two() -> None:
    assert yaml.load_json(r'{"a": "\ud83d\ude00"}', "cookiecutter.json") == {"a": "\N{GRINNING FACE}"}


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("a: 1\na: 2\n", False),
        ("- a: {x: 1, y: 2, x: 3}\n", False),
        ("a: 1\n---\na: 2\n", True),
        ("a: {b: 1}\nb: a\nc: [b, b]\n", True),
        ("? [a]\n: 1\n? [a, b]\n: a\na: 1\n", True),
        ("a: [\n", False),
    ],
)
def test_a_key_that_a_mapping_has_twice_is_no_yaml(text: str, fine: bool) -> None:
    assert yaml.parses(text) == fine

"""The renderer gives what plain Jinja2 gives: the same text, or an error where Jinja2 has one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined

from mlctl.tools.errors import MlctlError
from mlctl.tools.jinja import Renderer

WORDS = {"name": "Ada", "slug": "a-b", "number": 3, "on": True, "none": None, "list": [1, 2], "text": "x\ny {{ z }}"}
PLAIN = st.sampled_from(
    ["a", " ", "  ", "\n", "\r\n", "\r", "\n\n", "\t", "é", "\u2028", "\x0b", "{", "}", "{ ", "}}", "%}", "#}", "'"]
    + ['"', "#", "{}", "$", "\\", "%", "-", "{'a': 1}", "f(x)", "-}}", "raw", "{\n{"]
)  # fmt: skip
VALUE = st.sampled_from(
    ["cookiecutter.name", "cookiecutter.slug", "cookiecutter.number", "cookiecutter.on", "cookiecutter.none"]
    + ["cookiecutter.list", "cookiecutter.text", "cookiecutter['name']", "cookiecutter.get('name')", "'it'", '"a}}b"']
    + ["'{{'", "'{%'", "1 + 2", "-1", "(1, 2)", "{'a': 1}", "{}", "[1]", "cookiecutter.absent", "absent", "''", "x y"]
    + ["'a\nb'", "'a\r\nb'", "'\\n'", "'a'~'b'", "cookiecutter.items()|list|length", "cookiecutter", "7 % 2", "not 1"]
    + ["", "loop", "self"]
)  # fmt: skip
FILTER = st.sampled_from(
    ["", "", "|upper", " | lower", "|replace('a', 'b')", "|default('d')", "|length", "|nosuch", "|e"]
)
OPEN = st.sampled_from(["{{", "{{", "{{ ", "{{- ", "{{+ ", "{{\n", "{{-", "{{\r\n "])
CLOSE = st.sampled_from(["}}", "}}", " }}", " -}}", "-}}", "\n}}", " +}}", " }", "\t}}"])
EXPRESSION = st.builds("".join, st.tuples(OPEN, VALUE, FILTER, CLOSE))
TAG = st.sampled_from(
    ["{% if cookiecutter.on %}", "{% endif %}", "{%- if 0 -%}", "{%- endif +%}", "{% else %}", "{% for i in 'ab' %}"]
    + ["{% endfor %}", "{{ i }}", "{# a #}", "{#- b -#}", "{#", "{% raw %}", "{% endraw %}", "{% set x = 1 %}"]
    + ["{{ x }}"]
    + ["{% if 1 %}\n  y\n{% endif %}\n", "{%- for i in [1, 2] %}\r\n{{ i }}{% endfor -%}", "{# {{ no }} #}"]
    + ["{%", "{{{", "}}}"]
)  # fmt: skip
TEXT = st.lists(st.one_of(PLAIN, PLAIN, EXPRESSION, EXPRESSION, TAG), max_size=14).map("".join)


def theirs(text: str) -> str | None:
    environment = Environment(keep_trailing_newline=True, undefined=StrictUndefined)
    try:
        return environment.from_string(text).render(cookiecutter=dict(WORDS))
    except Exception:
        return None


def ours(renderer: Renderer, text: str) -> str | None:
    try:
        return renderer.text(text, "a.txt")
    except MlctlError:
        return None


def renderer(**words: Any) -> Renderer:
    return Renderer({"cookiecutter": {**WORDS, **words}})


@settings(max_examples=1_000, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=3))
def test_a_text_is_rendered_as_jinja_renders_it(texts: list[str]) -> None:
    ours_all = renderer()
    for text in texts * 3:  # a shape is compiled when it is met again
        assert ours(ours_all, text) == theirs(text)


@settings(max_examples=500, deadline=None)
@given(st.text("{}%#-+ \n\r\t'\"\\|.()[]:,~=!a1\u00e9", max_size=40))
def test_whatever_the_braces_hold_is_rendered_as_jinja_renders_it(text: str) -> None:
    assert ours(renderer(), text) == theirs(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_an_answer_is_data_whatever_it_holds(answer: str) -> None:
    assert renderer(name=answer).text("<{{ cookiecutter.name }}>", "a.txt") == f"<{answer}>"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a\n", "{{ cookiecutter.slug }}\n", "{{ 1 }}", "b\r\n", "c\r", "\n"]), max_size=12))
def test_an_error_names_its_line(before: list[str]) -> None:
    text = "".join(before)
    line = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    for wrong in ("{{ cookiecutter.absent }}", "{{ 1 / 0 }}", "{{ x y }}", "{% if cookiecutter.absent %}{% endif %}"):
        one = renderer()
        for again in range(3):  # whole, as a shape, as a shape that is known
            with pytest.raises(MlctlError, match=rf"^a\.txt:{line + again}: "):
                one.text("\n" * again + text + wrong, "a.txt")

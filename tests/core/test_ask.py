"""Answers are given, asked for, or left to the template's defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlctl.core import cookie
from mlctl.core.ask import ask
from mlctl.core.platform import find
from mlctl.core.source import parse
from mlctl.core.template import Template
from mlctl.tools.jinja import BrokenTemplate
from tests import kit


@pytest.fixture
def ahead(tmp_path: Path) -> Template:
    """A template whose first question takes its default from its second."""
    kit.write(tmp_path, "cookiecutter.json", '{"name": "{{ cookiecutter.slug }}", "slug": "the-part"}')
    kit.write(tmp_path, "{{ cookiecutter.slug }}/README.md", "{{ cookiecutter.name }}\n")
    return cookie.template(find(parse(str(tmp_path), tmp_path)), "")


def test_a_given_answer_needs_no_default(ahead: Template) -> None:
    assert ask(ahead, {"name": "The Part"}) == {"name": "The Part", "slug": "the-part"}


def test_a_default_of_a_later_answer_is_a_fault_of_the_template(ahead: Template) -> None:
    with pytest.raises(BrokenTemplate):
        ask(ahead, {})

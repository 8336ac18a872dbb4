"""Template, one file at a time: nothing of the making was left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlctl.check.rule import Finding, file_rule
from mlctl.check.source import Source

if TYPE_CHECKING:
    from mlctl.core.standards import Standards

DOCUMENTS = (".md", ".rst", ".txt", ".ipynb", ".html", ".adoc")
MARKERS = re.compile(rb"^<{7} .*\n(?:.*\n)*?={7}\r?\n(?:.*\n)*?>{7} ", re.MULTILINE)


@file_rule(
    "TPL104",
    "no template syntax is left over",
    words="{{ cookiecutter|{{cookiecutter|{% if cookiecutter|{%- if cookiecutter|{{- cookiecutter",
    syntax=False,
    stage="explore",
    severity="error",
    passes=[
        {"a.py": "x = '{{ name }}'"},
        {"docs/a.md": "Write `{{ cookiecutter.name }}`."},
        {"{{cookiecutter.slug}}/a.py": "{{ cookiecutter.x }}"},
        {"tests/test_a.py": "T = '{{ cookiecutter.x }}'"},
    ],
    fails=[{"a.yml": "name: {{ cookiecutter.name }}"}, {"src/a.py": "{% if cookiecutter.x %}\n{% endif %}"}],
)
def no_template_syntax(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    What was not rendered is read by whoever runs it.

    Replace it with what the template should have written.
    """
    if (
        "{{" in source.path
        or "{%" in source.path
        or source.path.endswith(DOCUMENTS)
        or re.search(r"(^|/)(tests?|docs?|templates?|hooks)/", source.path)
    ):
        return
    if source.path.endswith(".json") and re.search(rb'"(project|repo)_(name|slug)"', source.data):
        return  # a template's own questions
    found = re.search(rb"\{\{-? ?cookiecutter\.|\{%-? if cookiecutter\.", source.data)
    if found:
        yield Finding(
            source.path,
            f"it holds {source.data[found.start() : found.end()].decode()}…",
            source.data.count(b"\n", 0, found.start()) + 1,
        )


@file_rule(
    "TPL105",
    "no conflict markers are left",
    words="<<<<<<< ",
    syntax=False,
    stage="explore",
    severity="error",
    passes=[{"a.md": "Title\n=======\n"}, {"a.py": "x = '<<<<<<< '"}],
    fails=[{"a.py": "<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n"}],
)
def no_conflict_markers(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    A file with both sides of a conflict is what neither side meant.

    Resolve the conflict, and take the markers out.
    """
    found = MARKERS.search(source.data)
    if found and not re.search(r"(^|/)(tests?|docs?)/", source.path):
        yield Finding(source.path, "it holds the markers of a conflict", source.data.count(b"\n", 0, found.start()) + 1)

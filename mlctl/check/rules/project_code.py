"""Project, one file at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlctl.check.rule import Finding, file_rule
from mlctl.check.source import Source

if TYPE_CHECKING:
    from mlctl.core.standards import Standards

MACHINE = re.compile(r"(/home/(?![<{$])([\w.-]+)/|/Users/(?!Shared/)[\w.-]+/|[A-Za-z]:\\{1,2}Users\\{1,2}[^\\]+)")
SHOWN = re.compile(
    r"[/\\](your|my|some|any|the|user|username|user_name|name|me|path|xxx+|foo|someone|example)([-_.]?\w*)[/\\]?$", re.I
)


@file_rule(
    "PRJ110",
    "no absolute machine paths in code",
    words="/home/|/Users/|\\Users\\",
    stage="shared",
    passes=[
        'ROUTE = "/metrics"',
        'DATA = "data/train.csv"',
        '"""Lies in /home/ada/data."""',
        'DIR = "/home/app/data"',
        'HELP = "/home/your_name/data"',
        'HELP = "/Users/<name>/data"',
        'x = "/home/username/a"',
    ],
    fails=['DATA = "/home/ada/churn/train.csv"', 'DATA = r"C:\\Users\\ada\\train.csv"', 'DATA = "/Users/ada/x"'],
)
def no_machine_paths(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    A path of one machine works on that machine.

    Name the file relative to the project, or take it from the configuration.
    """
    if not source.product:
        return
    containers = standards.names("container_homes")
    for node in source.literals():
        found = MACHINE.match(str(node.value))
        if found and found[2] not in containers and not SHOWN.search(found[0]):
            yield Finding(source.path, f"'{str(node.value)[:60]}' is a path of one machine", node.lineno)

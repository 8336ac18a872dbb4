"""Waivers that stand in the line they excuse: `# mlctl: ignore[TRN105] until=2027-01-31 owner=@team -- reason`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

from mlctl.check.source import Source

MARK = re.compile(r"#\s*mlctl:\s*ignore\[(?P<codes>[^\]]*)\](?P<rest>[^\n]*)")


class Inline(NamedTuple):
    """A comment that waives `codes` for the line it stands in."""

    path: str
    line: int
    codes: str
    until: str
    owner: str
    reason: str


def inline(source: Source) -> Iterator[tuple[int, str, str, str, str]]:
    """Yield (line, codes, until, owner, reason) of each waiver comment; in Python only of real comments."""
    for line, comment in _comments(source):
        found = MARK.search(comment)
        if found:
            said, _, reason = found["rest"].partition("--")
            words = dict(word.partition("=")[::2] for word in said.split() if "=" in word)
            yield line, found["codes"], words.get("until", ""), words.get("owner", ""), reason.strip()


def _comments(source: Source) -> Iterator[tuple[int, str]]:
    if not source.path.endswith(".py"):
        yield from enumerate(source.text.splitlines(), 1) if not source.path.endswith((".md", ".rst", ".ipynb")) else ()
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError, IndentationError, ValueError):
        return

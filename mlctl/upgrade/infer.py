"""Answers that a project has outgrown: its files say one word wherever the template wrote another one's answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from mlctl.core.tree import blob_id
from mlctl.tools.errors import printable
from mlctl.upgrade.offer import Offer
from mlctl.upgrade.project import Project

SHORTEST = 4
LEAST = 3
LARGEST = 100_000
WORD = r"[^\s\"'<>|(){}\[\]]+"


def told(offer: Offer, project: Project) -> list[str]:
    """Return a note for each answer that the project's files disprove, with the command that tells the template.

    A repository that moved to another owner says so in every badge and link, and nobody told its record.
    """
    names = {question.name for question in offer.template.questions if question.settable and not question.secret}
    given = {path: entry.data for path, entry in offer.rendering.files.items() if path in project.entries}
    changed = {path for path, data in given.items() if project.entries[path][1] != blob_id(data)}
    project.read(project.entries[path][1] for path in changed)
    there = {path: project.at_head(path) or b"" if path in changed else data for path, data in given.items()}
    answers = {name: value for name, value in offer.answers.items() if name in names}
    return [
        f"your files say '{printable(word)}' where the record says '{printable(str(answers[name]))}': "
        f"`mlctl upgrade --set {printable(name)}={printable(word)}` tells the template"
        for name, word in outgrown(given, there, answers).items()
    ]


def outgrown(given: Mapping[str, bytes], there: Mapping[str, bytes], answers: Mapping[str, object]) -> dict[str, str]:
    """Return other answers that the files of a project speak for: what most lines with an answer say instead of it.

    `given` is what the template gave, `there` what the project holds, by path.
    """
    asked = {name: value for name, value in answers.items() if isinstance(value, str) and len(value) >= SHORTEST}
    votes: dict[str, Counter[str]] = {name: Counter() for name in asked}
    for path in given.keys() & there.keys():
        if max(len(given[path]), len(there[path])) > LARGEST:
            continue
        for old, new in _lines(given[path], there[path]):
            words = _words(old, new, set(asked.values()))
            for name, value in asked.items():
                if value in words:
                    votes[name][words[value]] += 1
    found = {}
    for name, counted in votes.items():
        word, number = next(iter(counted.most_common(1)), ("", 0))
        if word != asked[name] and number >= LEAST and 2 * number > sum(counted.values()):
            found[name] = word
    return found


def _lines(given: bytes, there: bytes) -> Iterator[tuple[str, str]]:
    """Return the lines of two files that stand for each other, changed or not."""
    old, new = (side.decode("utf-8", "replace").splitlines() for side in (given, there))
    if old == new:
        yield from zip(old, new, strict=True)
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and j - i == m - k):
            yield from zip(old[i:j], new[k:m], strict=True)


def _words(old: str, new: str, values: set[str]) -> dict[str, str]:
    """Return what a line says now in the place of each of `values`; nothing where it differs elsewhere too."""
    there = sorted((value for value in values if value in old), key=len, reverse=True)
    if not there:
        return {}
    if old == new:
        return {value: value for value in there}
    parts: list[str] = []
    seen: list[str] = []
    for piece in re.split("(" + "|".join(map(re.escape, there)) + ")", old):
        if piece not in there:
            parts.append(re.escape(piece))
        elif piece in seen:
            parts.append(f"(?P=w{seen.index(piece)})")
        else:
            parts.append(f"(?P<w{len(seen)}>{WORD})")
            seen.append(piece)
    match = re.fullmatch("".join(parts), new)
    return {value: match[f"w{number}"] for number, value in enumerate(seen)} if match else {}

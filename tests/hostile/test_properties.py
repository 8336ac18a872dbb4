"""Generated input: no path gets out, trust stays where it was given, what is written is read again as it was."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from mlctl.check.inline import Inline, inline
from mlctl.check.source import Source as Text
from mlctl.check.waivers import Waiver, waivers
from mlctl.core.project import WAIVERS, Drawn, Project
from mlctl.core.recall import fact, intent
from mlctl.core.record import LOCK, PROJECT, Layer, Record
from mlctl.core.source import BadSource, Kind, Source, parse, trusted
from mlctl.core.standards import embedded
from mlctl.tools import yaml
from mlctl.tools.errors import MlctlError, printable
from mlctl.tools.files import confine, safe

Result = TypeVar("Result")
MANY = settings(max_examples=2_000, deadline=None)
HERE = Path("/nowhere")
ODD = [".", "..", "", ".git", ".GIT", "git~1", ".git.", ".git ", "a", "b c", "CON", "con.txt", "é", "e\u0301", "-rf"]
ODD += [
    "\\",
    "a\\..\\b",
    ".g\u200cit",
    "\uff0egit",
    "\x00",
    "\n",
    "\x1b[2J",
    "\u202e",
    "~",
    "$HOME",
    "%2e%2e",
    "C:",
    "a:b",
]
PARTS = st.one_of(
    st.sampled_from(ODD), st.text(max_size=6), st.text(st.sampled_from(".gitGIT~1 /\\\u200b"), max_size=8)
)
PATHS = st.lists(PARTS, max_size=5).map("/".join)
WORDS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12)
HASHES = st.text("0123456789abcdef", min_size=40, max_size=40)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True)
ANSWERS = st.dictionaries(
    NAMES, st.one_of(st.text(max_size=40).filter(str.isprintable), WORDS, st.booleans()), max_size=5
)


def _refused(call: Callable[[], Result]) -> Result | None:
    """Return what a call returns; nothing where it refuses in two lines with the code for it."""
    try:
        return call()
    except MlctlError as error:
        told = error
    assert told.code in (2, 3)
    assert printable(told.sentence) == told.sentence
    assert told.hint
    return None


@MANY
@given(PATHS)
def test_a_path_that_is_taken_stays_inside_and_out_of_git(path: str) -> None:
    if not safe(path):
        return
    assert confine(path) == path
    assert os.path.normpath(os.path.join("/root", path)) == f"/root/{path}"
    assert printable(path) == path or not any(ord(c) < 32 for c in path)
    for part in path.split("/"):
        plain = unicodedata.normalize("NFKC", part).casefold().replace("\u200b", "").replace("\u200c", "").strip(". ")
        assert plain not in ("git~1", ".git"), part
        assert plain != "git" or not part.startswith(".")


@MANY
@given(st.lists(NAMES, min_size=1, max_size=4).map("/".join))
def test_an_ordinary_path_is_taken(path: str) -> None:
    assert safe(path) == (not {"con", "prn", "aux", "nul"} & set(path.split("/")))


@MANY
@given(st.text(max_size=40) | st.lists(PARTS, max_size=4).map(lambda parts: "https://ok.example/" + "/".join(parts)))
def test_a_source_is_parsed_or_refused_in_words(text: str) -> None:
    found = _refused(lambda: parse(text, HERE))
    assert found is None or printable(found.location) == found.location


@MANY
@given(
    st.lists(PARTS, max_size=4),
    st.sampled_from(["https://ok.example", "HTTPS://OK.example", "https://ok.example.evil"]),
)
def test_trust_in_a_folder_covers_what_lies_in_it_alone(parts: list[str], host: str) -> None:
    url = "/".join((host, *parts))
    try:
        source = parse(url, HERE)
    except BadSource:
        return
    segments = [part for part in url.partition("://")[2].split("/")[1:] if part]
    assert trusted(source, ["https://ok.example/a"]) == ("evil" not in host and segments[:1] == ["a"])


@MANY
@given(NAMES, NAMES, NAMES)
def test_trust_is_by_whole_segments(owner: str, name: str, more: str) -> None:
    source = Source(Kind.REMOTE, f"https://ok.example/{owner}/{name}")
    assert trusted(source, [f"https://ok.example/{owner}"])
    assert trusted(source, [f"HTTPS://OK.example/{owner}/{name}.git"])
    assert not trusted(source, [f"https://ok.example/{owner}-{more}"])
    assert not trusted(source, [f"https://ok.example/{owner}/{name}/{more}"])
    assert not trusted(source, [f"https://ok.example.{more}/{owner}"])
    assert not trusted(source, [f"ssh://ok.example/{owner}"])


@MANY
@given(ANSWERS, NAMES, HASHES, st.lists(NAMES, unique=True, max_size=3), st.dictionaries(NAMES, HASHES, max_size=4))
def test_a_record_is_read_as_it_was_written(
    answers: dict[str, object], kind: str, tree: str, units: list[str], blobs: dict[str, str]
) -> None:
    layer = Layer("https://ok.example/platform", "v1.2.0", kind, tuple(units), "v1.2.0", tree, tree)
    manifest = {path: ("100644", blob, 0) for path, blob in blobs.items() if safe(path)}
    files = Record((layer,), answers, manifest=manifest).files()
    told, wanted = fact(files[LOCK].encode()), intent(files[PROJECT].encode())
    assert (dict(told.answers), dict(wanted.answers)) == (answers, answers)
    assert (told.manifest, told.first.tree, told.first.units) == (manifest, tree, tuple(units))
    assert (wanted.layers[0].ref, wanted.layers[0].kind, wanted.layers[0].units) == ("v1.2.0", kind, tuple(units))


KEYS = st.sampled_from(["schema", "layers", "answers", "manifest", "source", "ref", "units", "rule", "paths", "until"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
GARBAGE = st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode())


@MANY
@given(GARBAGE)
def test_a_record_of_garbage_is_read_or_refused_in_words(data: bytes) -> None:
    _refused(lambda: fact(data))
    _refused(lambda: intent(data))
    _refused(lambda: yaml.load(data, "x.yml"))


def _waived(data: bytes) -> list[Waiver]:
    return list(waivers(Project(Drawn({WAIVERS: data})), embedded(), ["TRN105"], ()))


@MANY
@given(GARBAGE)
def test_waivers_of_garbage_excuse_nothing(data: bytes) -> None:
    assert not any(one.holds("2026-06-01") for one in _refused(lambda: _waived(data)) or [])


@MANY
@given(st.dates(), st.text(st.characters(whitelist_categories=["L", "N", "P", "Zs"]), min_size=1).map(str.strip))
def test_a_whole_waiver_holds_until_its_day(day: object, reason: str) -> None:
    entry = {"rule": "TRN105", "category": "time", "owner": "@team", "until": str(day), "reason": reason}
    [found] = _waived(yaml.dump([entry]).encode())
    assert found.reason == reason
    assert found.holds(str(day)) == bool(reason)
    assert not found.holds(f"{day}x")


@MANY
@given(st.lists(st.text(max_size=12), max_size=4).map("\n".join), st.sampled_from(["a.py", "a.yml", "a.md"]))
def test_a_comment_in_a_line_of_garbage_is_parsed_or_left(text: str, path: str) -> None:
    mark = "# mlctl: ignore[TRN105] until=2027-01-31 owner=@team -- for once"
    for line in inline(Text(path, (text + mark).encode("utf-8", "surrogatepass"))):
        assert Inline(path, *line).line <= text.count("\n") + len(text) + 1

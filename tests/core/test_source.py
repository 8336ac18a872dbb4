"""Sources: what names one, what may not, and whose code may run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlctl.core.source import BadSource, Kind, Source, address, parse, trusted
from mlctl.tools.git import redact

HERE = Path("/nowhere")


def remote(url: str) -> Source:
    return Source(Kind.REMOTE, url)


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("https://host.example/org/repo.git", "https://host.example/org/repo.git"),
        ("ssh://git@host.example:2222/org/repo", "ssh://git@host.example:2222/org/repo"),
        ("git@host.example:org/repo.git", "git@host.example:org/repo.git"),
        ("host.example:repo", "host.example:repo"),
        ("git://[::1]:9418/repo", "git://[::1]:9418/repo"),
        ("file:///srv/git/repo", "file:///srv/git/repo"),
        ("gh:org/repo", "https://github.com/org/repo.git"),
        ("gl:group/sub/repo.git", "https://gitlab.com/group/sub/repo.git"),
    ],
)
def test_a_url_is_a_remote_source(text: str, location: str) -> None:
    assert parse(text, HERE) == remote(location)


def test_a_folder_is_named_relative_to_where_one_stands(tmp_path: Path) -> None:
    (tmp_path / "plat form").mkdir()
    assert parse("plat form", tmp_path) == Source(Kind.FOLDER, str(tmp_path / "plat form"))


def test_the_embedded_platform_has_a_name() -> None:
    assert parse("mlctl", HERE).kind is Kind.EMBEDDED


REFUSED = [
    "", "-", "--upload-pack=touch x", "-oProxyCommand=x:y", "ssh://-oProxyCommand=x/y", "ssh://-l@host/y", "nowhere",
    "ssh://user@-oProxyCommand=x/y", "user@-oProxyCommand:x", "ext::sh -c 'touch x'", "fd::17/foo", "a::https://ok/x",
    "https://ok/org/../evil", "https://ok/org/%2e%2e/evil", "https://ok/org/./x", "https://ok/org\\..\\evil",
    "https://ok\\@evil/org", "https://ok@ok@evil/org", "https:///org", "https://ok:port/org", "ftp://ok/org",
    "javascript://ok/org", "https://ok/org?x=/../evil", "https://ok/org#x", "https://ok /org", "https://ok\n/org",
    "https://ok/org\x1b[2J", "https://", "://ok/org", "https://ok:99999999/org", "gh:../evil", "x" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_an_odd_source_is_refused(text: str) -> None:
    with pytest.raises(BadSource) as caught:
        parse(text, HERE)
    assert caught.value.code == 2
    assert caught.value.sentence.isprintable()


TRUST = "https://ok.example/org"


@pytest.mark.parametrize(
    "url",
    [
        "https://ok.example/org", "https://ok.example/org/", "https://ok.example/org/repo.git", "HTTPS://OK.example/org",
        "https://user:token@ok.example/org/repo", "https://ok.example//org/repo",
    ],
)  # fmt: skip
def test_trust_covers_what_lies_below_it(url: str) -> None:
    assert trusted(parse(url, HERE), [TRUST])


@pytest.mark.parametrize(
    "url",
    [
        "https://ok.example/organ", "https://ok.example/ORG/repo", "https://ok.example.evil/org", "http://ok.example/org",
        "https://ok.example@evil/org", "https://ok.example:8443/org", "ssh://ok.example/org", "https://ok.example",
        "https://evil/ok.example/org", "https://evil/https://ok.example/org", "git@ok.example:org/repo",
    ],
)  # fmt: skip
def test_trust_does_not_cover_a_look_alike(url: str) -> None:
    assert not trusted(parse(url, HERE), [TRUST])


@pytest.mark.parametrize(
    "entry", ["", "https://", "nonsense", "/", "https://ok.example/org/..", "https://ok.example/%6frg"]
)
def test_an_odd_entry_of_the_trust_list_covers_no_url(entry: str) -> None:
    assert not trusted(remote("https://ok.example/org"), [entry])


def test_trust_of_one_ssh_user_is_no_trust_of_another() -> None:
    entry = ["alice@host.example:templates"]
    assert trusted(parse("ssh://alice@host.example/templates/x", HERE), entry)
    assert not trusted(parse("bob@host.example:templates/x", HERE), entry)


def test_trust_takes_shorthands_and_folders(tmp_path: Path) -> None:
    assert trusted(parse("gh:org/repo", HERE), ["gh:org"])
    inside, outside = tmp_path / "in" / "x", tmp_path / "out"
    inside.mkdir(parents=True)
    outside.mkdir()
    (tmp_path / "in" / "link").symlink_to(outside)
    entry = [str(tmp_path / "in")]
    assert trusted(parse(str(inside), HERE), entry)
    assert not trusted(parse(str(tmp_path / "in" / "link"), HERE), entry)
    assert not trusted(parse(str(tmp_path / "in" / ".." / "out"), HERE), entry)


pieces = st.sampled_from(
    ["https", "HTTPS", "http", "ssh", "://", ":", "/", "//", "ok.example", "OK.example", "evil", "org", "repo", ".git"]
    + [
        "@",
        "..",
        ".",
        "%2e%2e",
        "%2f",
        "\\",
        "?",
        "#",
        ":443",
        ":8443",
        "user",
        "-",
        " ",
        "\t",
        "::",
        "ext",
        "ö",
        "[::1]",
    ]
)


@given(st.lists(pieces, max_size=12).map("".join))
def test_no_text_is_trusted_but_the_plain_ones(tail: str) -> None:
    for text in (tail, f"https://{tail}", f"https://ok.example{tail}", f"https://ok.example/org{tail}"):
        try:
            source = parse(text, HERE)
        except BadSource:
            continue
        if source.kind is Kind.REMOTE and trusted(source, [TRUST]):
            assert re.fullmatch(r"(?i:https)://([^/@]*@)?(?i:ok\.example)/+org(\.git)?(/[^%?#\\]*)?", text)
            assert not {"..", "."} & set(text.split("/"))


names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)


@given(names, st.lists(names, max_size=3), names, st.lists(names, max_size=3))
def test_trust_is_by_whole_segments(host: str, path: list[str], other: str, below: list[str]) -> None:
    url = "https://" + "/".join([f"{host}.example", *path, *below])
    assert trusted(parse(url, HERE), ["https://" + "/".join([f"{host}.example", *path])])
    wrong = "https://" + "/".join([f"{host}.example", *path, *below, other])
    assert not trusted(parse(url, HERE), [wrong])


@pytest.mark.parametrize(
    ("url", "told", "recorded"),
    [
        ("https://user:secret@host/x", "https://***@host/x", "https://host/x"),
        ("https://secret@host/x", "https://***@host/x", "https://host/x"),
        ("https://user:sec@ret@host/x", "https://***@host/x", "https://host/x"),
        ("https://user:sec/ret@host/x", "https://***@host/x", "https://host/x"),
        ("ssh://git@host/x", "ssh://git@host/x", "ssh://git@host/x"),
        ("ssh://git:secret@host/x", "ssh://git:***@host/x", "ssh://git@host/x"),
        ("git@host:x", "git@host:x", "git@host:x"),
        ("https://host:8443/a@b", "https://host:8443/a@b", "https://host:8443/a@b"),
    ],
)
def test_no_password_is_told_or_recorded(url: str, told: str, recorded: str) -> None:
    assert redact(url) == told
    assert address(url) == recorded


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/"), min_size=6))
def test_whatever_the_password_is_it_is_not_told(password: str) -> None:
    shown = redact(f"fatal: unable to access 'https://user:{password}@host/x': denied")
    assert shown == "fatal: unable to access 'https://***@host/x': denied"

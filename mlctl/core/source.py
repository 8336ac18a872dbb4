"""Where a platform comes from: the embedded one, a folder or a URL; and whose code may run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote

from mlctl.tools import git
from mlctl.tools.errors import Invalid, Unable, printable

EMBEDDED = "mlctl"
SCHEMES = frozenset(["https", "http", "ssh", "git", "file"])
SHORT = {"gh": "https://github.com/{}.git", "gl": "https://gitlab.com/{}.git", "bb": "https://bitbucket.org/{}.git"}
_SCP = re.compile(r"(?:(?P<user>[\w.-]+)@)?(?P<host>[\w.-]+):(?P<path>[^:].*)")
_AUTHORITY = re.compile(r"(?:(?P<user>[^@\\/-][^@\\/]*)@)?(?P<host>(?!-)[\w.-]*|\[[0-9a-fA-F:.]+\])(?P<port>:\d{1,5})?")


class Kind(StrEnum):
    """The three kinds of source."""

    EMBEDDED = "embedded"
    FOLDER = "folder"
    REMOTE = "remote"


class BadSource(Invalid):
    """A source that is neither a folder nor a URL that git may reach."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(
            f"the platform '{printable(git.redact(source))}' {why}",
            "give a folder, or an https, ssh, git or file URL of a git repository",
        )


@dataclass(frozen=True)
class Source:
    """A parsed source: `location` is an absolute folder for FOLDER, a URL for REMOTE, "mlctl" for EMBEDDED."""

    kind: Kind
    location: str

    @property
    def name(self) -> str:
        """How the source is told to people: without a password."""
        return git.redact(self.location)

    @property
    def address(self) -> str:
        """How the source is recorded: without a password too, and so that others can follow it."""
        return address(self.location)


def address(url: str) -> str:
    """Return `url` without a password, or the token that stands for one."""
    return git.redact(url).replace("://***@", "://").replace(":***@", "@")


def parse(text: str, here: Path) -> Source:
    """Return the source that `text` names, folders relative to `here`; raise `BadSource` where it is none."""
    if text == EMBEDDED:
        return Source(Kind.EMBEDDED, EMBEDDED)
    if not text or text.startswith("-") or not text.isprintable():
        raise BadSource(text, "is no source")
    text = _long(text)
    folder = here / os.path.expanduser(text)
    if "://" not in text and os.path.isdir(folder):
        return Source(Kind.FOLDER, os.path.abspath(folder))
    if "::" in text.partition("/")[0]:
        raise BadSource(text, "uses a transport that runs commands")
    if "://" not in text and not _SCP.fullmatch(text):
        raise BadSource(text, "is a file" if os.path.exists(folder) else "is not there")
    _parts(text)
    return Source(Kind.REMOTE, text)


def _long(text: str) -> str:
    """Return the URL that a shorthand as `gh:owner/name` stands for, or `text` itself."""
    short, _, rest = text.partition(":")
    if short in SHORT and re.fullmatch(r"[\w.-]+(/[\w.-]+)*", rest):
        return SHORT[short].format(rest.removesuffix(".git"))
    return text


def trusted(source: Source, trust: Iterable[str]) -> bool:
    """Tell whether the trust list lets code of `source` run: by scheme, host and whole path segments."""
    if source.kind is Kind.EMBEDDED:
        return True
    return any(_covers(entry, source) for entry in trust)


def _covers(entry: str, source: Source) -> bool:
    if source.kind is Kind.FOLDER:
        entry = os.path.expanduser(entry)
        return os.path.isabs(entry) and Path(os.path.realpath(source.location)).is_relative_to(os.path.realpath(entry))
    try:
        scheme, host, segments = _parts(_long(entry))
    except Invalid:
        return False
    theirs = _parts(source.location)
    return theirs[:2] == (scheme, host) and theirs[2][: len(segments)] == segments


def _parts(url: str) -> tuple[str, str, tuple[str, ...]]:
    """Return scheme, host (with port, for ssh with user) and path segments of a URL; raise `BadSource` for an odd one.

    Odd is what another reader, as git, ssh or a server, could take for a different place.
    """
    scheme, there, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    if not there:
        match = _SCP.fullmatch(url)
        if not match:
            raise BadSource(url, "is no URL")
        scheme, authority, path = "ssh", url.partition(":")[0], match["path"]
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise BadSource(url, f"uses the scheme '{scheme}', which is not one for git")
    found = _AUTHORITY.fullmatch(authority)
    if not found or not (found["host"] or scheme == "file") or not url.isprintable() or " " in url:
        raise BadSource(url, "has no host that is plain to read")
    host = found["host"].lower() + (found["port"] or "")
    if scheme == "ssh" and found["user"]:
        host = f"{found['user'].partition(':')[0]}@{host}"
    segments = [s for s in path.split("/") if s]
    if any(s in (".", "..") or unquote(s) != s or set(s) & set("\\?#") for s in segments):
        raise BadSource(url, "has a path with '..', '\\', '%', '?' or '#'")
    if segments:
        segments[-1] = segments[-1].removesuffix(".git")
    return scheme, host, tuple(segments)


class Untrusted(Unable):
    """A source whose code may not run."""

    def __init__(self, source: Source, what: str) -> None:
        super().__init__(
            f"'{printable(source.name)}' wants to run code of its own: {printable(what)}",
            "read it, then trust it once with `--trust`, or leave its hooks out with `--no-hooks`",
        )

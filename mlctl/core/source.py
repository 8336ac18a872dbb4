"""Where a platform comes from: the embedded one, a folder or a URL; and whose code may run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlctl.tools import git
from mlctl.tools.errors import Invalid, Unable, printable

EMBEDDED = "mlctl"
SCHEMES = frozenset(["https", "http", "ssh", "git", "file"])
SHORT = {"gh": "https://github.com/{}.git", "gl": "https://gitlab.com/{}.git", "bb": "https://bitbucket.org/{}.git"}
_SCP = re.compile(r"(?:(?P<user>[\w.-]+)@)?(?P<host>[\w.-]+):(?P<path>[^:].*)")


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


def parse(text: str, here: Path) -> Source:
    """Return the source that `text` names, folders relative to `here`; raise `BadSource` where it is none."""
    if text == EMBEDDED:
        return Source(Kind.EMBEDDED, EMBEDDED)
    if not text or text.startswith("-") or not text.isprintable():
        raise BadSource(text, "is no source")
    short, _, rest = text.partition(":")
    if short in SHORT and re.fullmatch(r"[\w.-]+/[\w.-]+", rest):
        text = SHORT[short].format(rest.removesuffix(".git"))
    folder = here / os.path.expanduser(text)
    if "://" not in text and folder.is_dir():
        return Source(Kind.FOLDER, os.path.abspath(folder))
    if "::" in text.partition("/")[0] or ("://" not in text and not _SCP.fullmatch(text)):
        raise BadSource(text, "is not there" if "::" not in text else "uses a transport that runs commands")
    _parts(text)
    return Source(Kind.REMOTE, text)


def trusted(source: Source, trust: Iterable[str]) -> bool:
    """Tell whether the trust list lets code of `source` run: by scheme, host and whole path segments."""
    if source.kind is Kind.EMBEDDED:
        return True
    return any(_covers(entry, source) for entry in trust)


def _covers(entry: str, source: Source) -> bool:
    if source.kind is Kind.FOLDER:
        return os.path.isabs(entry) and Path(os.path.realpath(source.location)).is_relative_to(os.path.realpath(entry))
    try:
        scheme, host, segments = _parts(entry)
    except Invalid:
        return False
    theirs = _parts(source.location)
    return theirs[:2] == (scheme, host) and theirs[2][: len(segments)] == segments


def _parts(url: str) -> tuple[str, str, tuple[str, ...]]:
    """Return scheme, host (with port) and path segments of a URL, normalised; raise `BadSource` where one is odd."""
    if "://" in url:
        try:
            split = urlsplit(url)
            scheme, host, port, path = split.scheme.lower(), (split.hostname or "").lower(), split.port, split.path
        except ValueError as error:
            raise BadSource(url, "is no URL") from error
        host = f"{host}:{port}" if port else host
    else:
        match = _SCP.fullmatch(url)
        if not match:
            raise BadSource(url, "is no URL")
        scheme, host, path = "ssh", match["host"].lower(), match["path"]
    if scheme not in SCHEMES:
        raise BadSource(url, f"uses the scheme '{scheme}', which is not one for git")
    if host.startswith("-") or (not host and scheme != "file"):
        raise BadSource(url, "has no host")
    segments = [s for s in path.split("/") if s]
    if any(s in (".", "..") or unquote(s) != s or "\\" in s for s in segments):
        raise BadSource(url, "has a path with '..', '\\' or '%'")
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

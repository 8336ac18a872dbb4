"""The git binary, run one way: a clean environment, argument lists, a time limit."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from mlctl.tools import programs
from mlctl.tools.errors import Unable, printable

OLDEST = (2, 38)
KEPT = frozenset(
    ("GIT_EXEC_PATH", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "GIT_SSL_NO_VERIFY", "GIT_ASKPASS")
    + ("GIT_HTTP_PROXY_AUTHMETHOD", "GIT_ALLOW_PROTOCOL", "GIT_CONFIG_COUNT", "GIT_CONFIG_GLOBAL")
    + ("GIT_CONFIG_NOSYSTEM", "GIT_HTTP_LOW_SPEED_LIMIT", "GIT_HTTP_LOW_SPEED_TIME")
)
STALLED = {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": "30"}  # bytes in a second, seconds
CALM = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C"}
# a repository's own configuration may name the command that fetches what it lacks
ALONE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
REACHING = {"GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh"}
ALWAYS = ("-c", "protocol.ext.allow=never", "-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false")
_LOGIN = re.compile(r"(\w[\w+.-]*://)([^/\s]*|[^/@\s:]*:(?!\d+/)[^\s@]*)@")
_FILTER = re.compile(r"filter\..*\.(clean|smudge|process|required)", re.DOTALL)
SOURCE = (
    *("-c", "core.hooksPath=/dev/null", "-c", "transfer.fsckObjects=true"),
    *("-c", "submodule.recurse=false", "-c", "core.symlinks=true"),
)


class GitFailed(Unable):
    """git ended with an error: `verb` is what was asked, `said` its last words, without passwords."""

    def __init__(self, verb: str, said: str, hint: str = "") -> None:
        self.said = redact(said)
        super().__init__(f"git {verb}: {printable(self.said) or 'it failed'}", hint or "mend this, then try again")


class GitMissing(Unable):
    """There is no usable git."""

    def __init__(self, found: str) -> None:
        needed = ".".join(map(str, OLDEST))
        super().__init__(f"git {needed} or newer is needed; found {found}", "install a current git and try again")


def run(
    *arguments: str,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    env: dict[str, str] | None = None,
    source: bool = False,
    timeout: float = 120,
    fine: tuple[int, ...] = (0,),
) -> bytes:
    """Return what `git *arguments` prints; `source` hardens it for repositories that are not the user's own.

    Such a one reaches no other, unless `env` says `REACHING`.
    Raises `GitFailed` for an exit code that is not `fine` and for a timeout (seconds), `GitMissing` without git.
    """
    command = [binary(), *ALWAYS, *(SOURCE if source else ()), *arguments]
    try:
        done = programs.run(
            command, cwd, env=environment({**(ALONE if source else {}), **(env or {})}), data=stdin, seconds=timeout,
            session=True,
        )  # fmt: skip
    except OSError as error:
        raise GitMissing(error.strerror or "none") from error
    except subprocess.TimeoutExpired as error:
        raise GitFailed(_verb(arguments), f"no answer within {timeout:.0f} seconds") from error
    if done.returncode not in fine:
        raise GitFailed(_verb(arguments), _last_words(done.stderr))
    return done.stdout


def text(*arguments: str, cwd: Path | None = None, source: bool = False) -> str:
    """Return what git prints, decoded and stripped."""
    return run(*arguments, cwd=cwd, source=source).decode("utf-8", "replace").strip()


def answers(*arguments: str, cwd: Path | None = None, source: bool = False) -> str | None:
    """Return what git prints, or nothing where it says no."""
    try:
        return text(*arguments, cwd=cwd, source=source)
    except GitFailed:
        return None


@cache
def configured(folder: Path) -> tuple[tuple[str, str], ...]:
    """Return names and values of the configuration around `folder`, asked once in a run."""
    try:
        out = run("config", "-z", "--list", cwd=folder, source=True).decode("utf-8", "replace")
    except GitFailed:
        return ()
    pairs = (line.partition("\n") for line in out.split("\0") if line)
    return tuple((name, value if equals else "true") for name, equals, value in pairs)


def unfiltered(folder: Path) -> tuple[str, ...]:
    """Return the options without which git would run the filters of the repository around `folder` on its files."""
    names = dict.fromkeys(name for name, _ in configured(folder) if _FILTER.fullmatch(name))
    return tuple(word for name in names for word in ("-c", f"{name}={'false' if name.endswith('required') else ''}"))


def redact(words: str) -> str:
    """Return `words` without the passwords of URLs, and without their user names, which may be tokens, but for ssh."""
    return _LOGIN.sub(lambda found: _login(*found.groups()), words)


def _login(scheme: str, login: str) -> str:
    user, colon, _ = login.partition(":")
    return f"{scheme}{user if scheme == 'ssh://' else '***'}{':***' if colon and scheme == 'ssh://' else ''}@"


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Return the process's environment without git's variables but those that reach a remote."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in KEPT or name.startswith(("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"))
    }
    return {**STALLED, **kept, **CALM, **(extra or {})}


@cache
def binary() -> str:
    """Return the absolute path of git, its version asked once."""
    found = programs.find("git")
    if not found:
        raise GitMissing("none on the PATH")
    try:
        said = programs.run([found, "version"], seconds=30).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitMissing(f"'{printable(found)}', which does not answer") from error
    number = re.search(rb"(\d+)\.(\d+)", said)
    if not number or tuple(map(int, number.groups())) < OLDEST:
        raise GitMissing(printable(said.decode("utf-8", "replace").strip())[:60] or f"'{printable(found)}'")
    return found


def _verb(arguments: Sequence[str]) -> str:
    skipped = False
    for word in arguments:
        if word in ("-c", "-C", "--git-dir", "--work-tree"):
            skipped = True
        elif skipped:
            skipped = False
        elif not word.startswith("-"):
            return word
    return ""


def _last_words(err: bytes) -> str:
    """Return the line of git's complaint that says most: the first `fatal:` or `error:`, else the last."""
    lines = [line.strip() for line in err.decode("utf-8", "replace").splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines[-1:]
    return re.sub(r"^(fatal|error): ", "", telling[0]) if telling else ""

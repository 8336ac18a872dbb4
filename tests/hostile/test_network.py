"""A platform behind a bad network: each command says in two lines what it could not do, and nothing is half there."""

from __future__ import annotations

import contextlib
import http.server
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from mlctl.core import cache
from tests import kit
from tests.upgrade.kit import snapshot

FAST = {"GIT_HTTP_LOW_SPEED_TIME": "1"}
Talk = Callable[[socket.socket, int], None]


def silent(caller: socket.socket, port: int) -> None:
    """Take what is asked and never answer."""
    with contextlib.suppress(OSError):
        while caller.recv(1000):
            pass


def reset(caller: socket.socket, port: int) -> None:
    """Hang up at once, hard."""
    caller.recv(1)
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def garbled(caller: socket.socket, port: int) -> None:
    """Answer what is no protocol."""
    caller.recv(1000)
    caller.sendall(b"\x1b[2J\x00 hello \xff\n" * 100)


def cut(caller: socket.socket, port: int, after: int) -> None:
    """Hand on what the daemon at `port` says, up to so many bytes."""
    with socket.create_connection(("127.0.0.1", port)) as there:
        threading.Thread(target=_handed_on, args=(caller, there), daemon=True).start()
        left = after
        while left > 0 and (data := there.recv(min(left, 65536))):
            caller.sendall(data)
            left -= len(data)
    caller.shutdown(socket.SHUT_RDWR)  # the other thread still listens to it


def _handed_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


BAD: dict[str, Talk] = {
    "reset": reset,
    "garbled": garbled,
    **{f"cut after {size}": partial(cut, after=size) for size in (0, 1, 4, 60, 250, 500, 900, 1500, 3000)},
}


@contextlib.contextmanager
def listening(talk: Talk, port: int = 0) -> Iterator[int]:
    """Let `talk` answer each caller of a port of loopback; give that port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer, args=(server, talk, port), daemon=True).start()
        yield server.getsockname()[1]


def _answer(server: socket.socket, talk: Talk, port: int) -> None:
    with contextlib.suppress(OSError):
        while True:
            caller, _ = server.accept()
            threading.Thread(target=_talk, args=(caller, talk, port), daemon=True).start()


def _talk(caller: socket.socket, talk: Talk, port: int) -> None:
    with caller, contextlib.suppress(OSError):
        talk(caller, port)


@contextlib.contextmanager
def answering(code: int, **headers: str) -> Iterator[int]:
    """Let an HTTP server answer everything with a code; give its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value + self.path if name == "Location" else value)
            self.end_headers()

        def log_message(self, *said: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def refused(done: kit.Result, word: str = "can't be reached") -> None:
    """Hold a run that could not against what is promised."""
    assert done.code == 3, done
    assert [line[:7] for line in done.err.splitlines()] == ["error: ", " hint: "], done.err
    assert word in done.err
    assert "\x1b" not in done.err


@pytest.mark.parametrize("how", sorted(BAD))
def test_a_platform_that_can_t_be_had_leaves_nothing(mlctl: kit.Mlctl, daemon: str, how: str) -> None:
    with listening(BAD[how], int(daemon.rpartition(":")[2])) as port:
        for command in (("new", "churn", "--defaults"), ("platform", "list")):
            refused(mlctl(*command, "-p", f"git://127.0.0.1:{port}/platform"))
    assert list(mlctl.here.iterdir()) == []
    assert not [path for path in mlctl.cache.glob("platforms/*") if path.suffix == ".git"]


@pytest.mark.parametrize("how", sorted(BAD))
def test_a_project_whose_platform_can_t_be_had_stays_as_it_is(mlctl: kit.Mlctl, daemon: str, how: str) -> None:
    assert mlctl("new", "churn", "--defaults", "-p", f"{daemon}/platform").code == 0
    project = mlctl.here / "churn"
    shutil.rmtree(mlctl.cache)
    with listening(BAD[how], int(daemon.rpartition(":")[2])) as port:
        record = project / ".mlctl" / "project.yml"
        record.write_text(record.read_text().replace(daemon, f"git://127.0.0.1:{port}"))
        kit.commit(project, "Move")
        before = snapshot(project)
        refused(mlctl("upgrade", cwd=project))
        refused(mlctl("add", "tracking", cwd=project))
    assert snapshot(project) == before
    assert kit.git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize("how", sorted(BAD))
def test_with_a_copy_in_the_cache_status_tells_it(mlctl: kit.Mlctl, daemon: str, how: str) -> None:
    with contextlib.ExitStack() as stack:
        good = partial(cut, after=10**9)
        talk = [good]
        port = stack.enter_context(listening(lambda *a: talk[0](*a), int(daemon.rpartition(":")[2])))
        assert mlctl("new", "churn", "--defaults", "-p", f"git://127.0.0.1:{port}/platform").code == 0
        talk[0] = BAD[how]  # type: ignore[assignment]
        done = mlctl("status", "--fetch", cwd=mlctl.here / "churn")
    assert (done.code, done.err) == (0, ""), done
    whole = how.startswith("cut") and int(how.split()[-1]) > 250  # little is to be said where nothing is new
    assert "can't be reached" in done.out or (whole and "up to date" in done.out), done


@pytest.mark.parametrize("code", [401, 403, 404, 500, 503])
def test_an_http_server_that_says_no_is_told_and_nobody_is_asked_for_a_password(mlctl: kit.Mlctl, code: int) -> None:
    with answering(code, WWW_Authenticate='Basic realm="x"') as port:
        refused(mlctl("new", "churn", "--defaults", "-p", f"http://me:geheim@127.0.0.1:{port}/platform"))
        refused(mlctl("new", "churn", "--defaults", "-p", f"http://127.0.0.1:{port}/platform"))
    assert list(mlctl.here.iterdir()) == []


def test_no_password_of_a_url_is_printed(mlctl: kit.Mlctl) -> None:
    with answering(401, WWW_Authenticate='Basic realm="x"') as port:
        done = mlctl("new", "churn", "--defaults", "-p", f"http://me:geheim@127.0.0.1:{port}/platform")
    assert "geheim" not in done.out + done.err


@pytest.mark.parametrize("aim", ["file://", "ext::sh -c touch% pwned ", "http://127.0.0.1:1", "itself"])
def test_a_redirect_that_leads_nowhere_is_told(mlctl: kit.Mlctl, platform: Path, aim: str) -> None:
    with answering(301, Location="" if aim == "itself" else aim) as port:
        refused(mlctl("new", "churn", "--defaults", "-p", f"http://127.0.0.1:{port}{platform}"))
    assert list(mlctl.here.iterdir()) == []


def test_a_redirect_to_where_the_platform_is_now_is_followed(mlctl: kit.Mlctl, platform: Path) -> None:
    kit.git(platform, "update-server-info")
    handler = partial(_Quiet, directory=str(platform.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with answering(301, Location=f"http://127.0.0.1:{server.server_port}") as port:
            done = mlctl("new", "churn", "--defaults", "-p", f"http://127.0.0.1:{port}/platform/.git")
        server.shutdown()
    assert done.code == 0, done.err
    assert f"source: http://127.0.0.1:{port}/platform/.git" in (mlctl.here / "churn/.mlctl/project.yml").read_text()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *said: object) -> None:
        """Say nothing."""


def test_an_http_server_that_stalls_is_given_up(mlctl: kit.Mlctl) -> None:
    with listening(silent) as port:
        refused(mlctl("new", "churn", "--defaults", "-p", f"http://127.0.0.1:{port}/platform", env=FAST, timeout=30))


def test_a_daemon_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cache, "SECONDS", 1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with listening(silent) as port, pytest.raises(cache.Unreachable, match="no answer within 1 seconds"):
        cache.clone(f"git://127.0.0.1:{port}/platform", "it")
    assert not list(tmp_path.rglob("*.git"))

"""A headless Chromium that opens a page and tells what happened there, over its debugging pipe (no port, no client)."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip
COMPLAINTS = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
PATIENCE = 60


def chromium() -> str | None:
    """Return the Chromium of this machine, if it has one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page:
    """One page: `call` asks the browser, `events` holds all that it told meanwhile."""

    def __init__(self, to: IO[bytes], fro: IO[bytes]) -> None:
        self.to, self.fro, self.number, self.session = to, fro, 0, ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return what the browser answers; keep the events that come before."""
        self.number += 1
        said: dict[str, Any] = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            said["sessionId"] = self.session
        self.to.write(json.dumps(said).encode() + b"\0")
        self.to.flush()
        while True:
            heard = self._hear()
            if heard.get("id") == self.number:
                assert "error" not in heard, heard
                return dict(heard["result"])

    def open(self, url: str) -> None:
        """Open an address and wait until it has loaded and rested."""
        self.call("Page.navigate", url=url)
        until = time.monotonic() + PATIENCE
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            assert time.monotonic() < until, "the page did not load"
            self._hear()
        self.value("new Promise(done => setTimeout(done, 500))")

    def value(self, expression: str) -> Any:
        """Return the value of an expression on the page."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def picture(self, path: Path) -> None:
        """Write a PNG of the whole page."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def requests(self) -> list[str]:
        """Return the addresses that the page asked for."""
        return [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[dict[str, Any]]:
        """Return what the console was told, and errors that nobody caught."""
        return [event for event in self.events if event["method"] in COMPLAINTS]

    def _hear(self) -> dict[str, Any]:
        heard = bytearray()
        while (byte := self.fro.read(1)) != b"\0":
            assert byte, "the browser is gone"
            heard += byte
        found: dict[str, Any] = json.loads(heard)
        if "method" in found:
            self.events.append(found)
        return found


@contextmanager
def page(home: Path) -> Iterator[Page]:
    """Start a browser with an empty profile in `home`, and end it."""
    program = chromium()
    assert program
    hears, to = os.pipe()
    fro, says = os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (hears, says)]

    def place() -> None:
        os.dup2(ends[0], 3)  # where the browser reads, and writes, with --remote-debugging-pipe
        os.dup2(ends[1], 4)

    with (home / "chromium.log").open("wb") as log:
        command = [program, *FLAGS, f"--user-data-dir={home / 'profile'}", "about:blank"]
        process = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=(3, 4), preexec_fn=place)
    for end in (*ends, hears, says):
        os.close(end)
    try:
        with os.fdopen(to, "wb") as writes, os.fdopen(fro, "rb") as reads:
            yield Page(writes, reads)
    finally:
        process.terminate()
        process.wait(PATIENCE)

"""What stories need beside the platform: somebody who serves it."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def daemon(platform: Path) -> Iterator[str]:
    """A git daemon on loopback that serves the folder of the platform; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--export-all", "--reuseaddr"]
    process = subprocess.Popen([*command, f"--base-path={platform.parent}"], stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"git://127.0.0.1:{port}"
    process.terminate()
    process.wait()

"""A process in which a signal comes in each line of whatever code runs, one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, signal, sys
from pathlib import Path
from mlctl.tools import programs, signals, staging, swap

def follow(frame, event, argument):
    global lines
    lines -= 1
    if not lines:
        sys.settrace(None)
        os.kill(os.getpid(), signal.SIGTERM)
    return follow

for number in range(1, 9999):
    child = os.fork()
    if not child:
        lines, code = number, 0
        signals.heed()
        sys.settrace(follow)
        try:
            {act}
            sys.settrace(None)
        except SystemExit as end:
            code = end.code
        except BaseException:
            code = 1
        staging._pass()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = {left}
    if code != 143 or left:
        sys.exit(f"{{code}} {{number}} {{left}}")
"""


def interrupted(act: str, left: str, folder: Path) -> list[int]:
    """Do `act` in `folder` until a line too late; return its code then, the lines, and what the expression `left` says.

    A code but 143 ends it, and so does anything `left`.
    """
    command = [sys.executable, "-c", SCRIPT.format(act=act, left=left)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [int(word) for word in done.stderr.split()]

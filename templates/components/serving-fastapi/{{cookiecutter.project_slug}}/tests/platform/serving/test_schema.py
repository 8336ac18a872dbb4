"""The service keeps its OpenAPI document: schemathesis finds nothing."""

import subprocess
import sys
from pathlib import Path

from {{ cookiecutter.package_name }}.platform.demo.serve import Service

# The command and not the pytest plug-in: its lazy schemas reach into pytest's private names.
COMMAND = [
    Path(sys.executable).with_name("schemathesis"), "run", "--checks", "all", "--mode", "all",
    "--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--continue-on-failure",
    "--generation-deterministic", "--no-color",
]  # fmt: skip


def test_every_route_keeps_the_document(service: Service, tmp_path: Path) -> None:
    command = [*map(str, COMMAND), f"{service.url}/openapi.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "14 passed" in done.stdout, done.stdout

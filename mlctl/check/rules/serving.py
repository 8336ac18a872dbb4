"""Serving: what a caller may rely on."""

from __future__ import annotations

from collections.abc import Iterator

from mlctl.check.code import code
from mlctl.check.rule import Finding, asked, rule
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards

SERVED = {PROJECT: "entry_points: {serve: app}"}


@rule(
    "SRV101",
    "requests and responses have a contract",
    stage="production",
    passes=[
        {**SERVED, "app.py": "from pydantic import BaseModel"},
        {**SERVED, "app.py": "import rows", "rows.py": "import pydantic"},
        {"README.md": ""},
        {**SERVED, "app.py": "", "openapi.json": "{}"},
    ],
    fails={**SERVED, "app.py": "import flask"},
)
def requests_have_a_contract(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A service that takes whatever it is given answers nonsense without an error.

    Describe request and response with pydantic models, an OpenAPI file or a protobuf, and import them in the service.
    """
    if not asked(project, "serve") or project.has(
        "**/openapi.json", "**/openapi.y*ml", "**/*.proto", "**/request.json"
    ):
        return
    files = code(project, standards)
    start = files.graph.file(project.entry("serve").partition(":")[0])
    reached = files.graph.reach(start) if start else {}
    if start and not files.importing(standards.names("contracts"), reached):
        yield Finding(start, "nothing that the service imports describes its requests")

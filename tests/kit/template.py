"""A plain cookiecutter template of two files."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit.git import write

SETTINGS = {"project_name": "Churn", "project_slug": "{{ cookiecutter.project_name | lower }}", "greeting": "hello"}


def template(folder: Path) -> Path:
    """Write a cookiecutter template into `folder`; return it."""
    write(folder, "cookiecutter.json", json.dumps(SETTINGS, indent=2) + "\n")
    write(folder, "{{cookiecutter.project_slug}}/README.md", "# {{ cookiecutter.project_name }}\n")
    write(folder, "{{cookiecutter.project_slug}}/src/main.py", 'print("{{ cookiecutter.greeting }}")\n')
    return folder

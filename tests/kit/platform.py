"""A small platform: a base, one kind, three components of which two fill a port, versions and tested pins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.kit.git import commit, git, make_repo, tag, write

TOP = "{{cookiecutter.project_slug}}"
FILES = {
    "platform.yml": """\
name: small
naming: project_name
kinds: [service]
components: [ci-github, ci-gitlab, tracking]
defaults: []
ask:
  ci:
    prompt: Where does it run its checks?
    none: nowhere for now
versions:
  python: "3.11"
  packages:
    fastapi: ">=0.115"
    mlflow: ">=3.1"
    pytest: ">=8.3"
""",
    "constraints.txt": """\
anyio==4.6.0
    # via starlette
fastapi==0.115.2
idna==3.10
    # via anyio
mlflow==3.1.1
pytest==8.3.3
starlette==0.40.0
    # via
    #   fastapi
""",
    "base/unit.yml": """\
about: what every project has
questions:
  project_name:
    prompt: What is it called?
    default: churn
    pattern: "[A-Za-z][A-Za-z0-9 _-]{1,40}"
    wrong: a name begins with a letter and has 2 to 41 letters, digits, blanks or hyphens
    package: true
  owner:
    prompt: Who owns it?
    default: "@team"
    help: a team, as in CODEOWNERS
    pattern: "@[a-z-]+(/[a-z-]+)?"
derived:
  project_slug: "{{ cookiecutter.project_name | lower | replace(' ', '-') }}"
dependencies:
  dev: [pytest]
record:
  owner: "{{ cookiecutter.owner }}"
next: ["make test"]
""",
    f"base/{TOP}/README.md": "# {{ cookiecutter.project_name }}\n\nOwned by {{ cookiecutter.owner }}.\n",
    f"base/{TOP}/.gitignore": "*.pyc\n",
    f"base/{TOP}/constraints.txt": "{% for pin in cookiecutter._constraints %}{{ pin }}\n{% endfor %}",
    f"base/{TOP}/pyproject.toml": """\
[project]
name = "{{ cookiecutter.project_slug }}"
version = "0.1.0"
requires-python = ">={{ cookiecutter._versions.python }}"
dependencies = {{ cookiecutter._groups.get("", []) }}
{% for group, packages in cookiecutter._groups.items() if group %}
[dependency-groups]
{{ group }} = {{ packages }}
{% endfor -%}
""",
    "kinds/service/unit.yml": """\
about: a service
questions:
  public:
    prompt: Is it public?
    choices: ["no", "yes"]
dependencies:
  "": [fastapi]
""",
    f"kinds/service/{TOP}/src/service.py": 'PUBLIC = "{{ cookiecutter.public }}"\n',
    "components/ci-github/unit.yml": "about: GitHub Actions\nprovides: ci\n",
    f"components/ci-github/{TOP}/.github/workflows/ci.yml": "on: push\n",
    "components/ci-gitlab/unit.yml": "about: GitLab CI\nprovides: ci\n",
    f"components/ci-gitlab/{TOP}/.gitlab-ci.yml": "test:\n  script: make test\n",
    "components/tracking/unit.yml": 'about: MLflow\ndependencies:\n  "": [mlflow]\n',
    f"components/tracking/{TOP}/src/tracking.py": "import mlflow\n",
    "standards/standards.yml": "version: 1\nlockfiles: [uv.lock]\n",
    "standards/rules/readme.yml": "- code: SML001\n  name: there is a README\n  path: README.md\n",
}


def platform(folder: Path) -> Path:
    """Write the small platform into `folder`, without git; return it."""
    for path, text in FILES.items():
        write(folder, path, text)
    return folder


def release(folder: Path, name: str, files: Mapping[str, str] | None = None) -> str:
    """Write `files`, commit all and tag it `name`, making `folder` a repository first; return the commit."""
    if not (folder / ".git").exists():
        make_repo(folder)
    for path, text in (files or {}).items():
        write(folder, path, text)
    commit(folder, f"Release {name}")
    return tag(folder, name)


def tree(folder: Path, ref: str = "HEAD", inside: str = "") -> str:
    """Return git's id of the tree of `ref`, of the folder `inside` if named."""
    return git(folder, "rev-parse", f"{ref}:{inside}")

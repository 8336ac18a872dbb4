"""Reads what other tools left in a repository about its template: cruft, copier and cookiecutter."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlctl.tools import files, yaml
from mlctl.tools.errors import Invalid

CRUFT = ".cruft.json"
COPIER = (".copier-answers.yml", ".copier-answers.yaml")
COOKIECUTTER = (".cookiecutter.json", ".cookiecutterrc")


@dataclass(frozen=True)
class Foreign:
    """What another tool recorded: the template, the commit that the files came from, answers, globs to leave alone."""

    tool: str = ""
    source: str = ""
    commit: str = ""
    ref: str = ""
    kind: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    skip: tuple[str, ...] = ()


def foreign(root: Path) -> Foreign:
    """Return what another tool recorded in the folder `root`; an empty one where none did."""
    if (root / CRUFT).is_file():
        return _cruft(root)
    for name in COPIER:
        if (root / name).is_file():
            return _copier(root, name)
    found = (_cookiecutter(root, name) for name in COOKIECUTTER if (root / name).is_file())
    return next((one for one in found if one), Foreign())


def _cruft(root: Path) -> Foreign:
    said = yaml.load_json(_read(root, CRUFT), CRUFT)
    if not isinstance(said, dict) or not isinstance(said.get("template"), str):
        raise yaml.Malformed(CRUFT, 1, "names no template")
    context = said.get("context")
    answers = context.get("cookiecutter", {}) if isinstance(context, dict) else {}
    kept = {name: value for name, value in answers.items() if not name.startswith("_")}
    skip = [*_texts(said.get("skip")), *_texts(_tool_cruft(root).get("skip"))]
    return Foreign(
        "cruft", said["template"], str(said.get("commit") or ""), str(said.get("checkout") or ""),
        str(said.get("directory") or ""), kept, tuple(dict.fromkeys(skip)),
    )  # fmt: skip


def _tool_cruft(root: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["cruft"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _copier(root: Path, name: str) -> Foreign:
    said = yaml.mapping(yaml.load(_read(root, name), name, texts=True), name)
    source = said.get("_src_path")
    if not isinstance(source, str):
        raise yaml.Malformed(name, 1, "names no template")
    kept = {key: value for key, value in said.items() if not key.startswith("_")}
    return Foreign("copier", source, str(said.get("_commit") or ""), "", "", kept)


def _cookiecutter(root: Path, name: str) -> Foreign | None:
    """Return what a file of cookiecutter's answers tells; nothing where it names no template: many files are so called.

    It never tells the commit that the files came from.
    """
    try:
        said = yaml.mapping(yaml.load(_read(root, name), name, texts=True), name)
    except Invalid:
        return None
    answers = replayed(said)
    source = answers.get("_template")
    if not isinstance(source, str):
        return None
    kept = {key: value for key, value in answers.items() if not key.startswith("_")}
    return Foreign("cookiecutter", source, ref=str(answers.get("_checkout") or ""), answers=kept)


def replayed(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the answers in a file of answers, or in one of cookiecutter's own: its replay, its configuration."""
    inner = (said[key] for key in ("cookiecutter", "default_context") if isinstance(said.get(key), dict))
    return next(inner, said)


def _read(root: Path, name: str) -> bytes:
    path = root / name
    if path.is_symlink():
        raise Invalid(f"{name} is a link", "put a file in its place")
    return files.read_bounded(path, yaml.LIMIT, name)


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

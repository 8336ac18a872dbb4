"""Which files have a structure that a merge can go by, told from their names alone."""

from __future__ import annotations

import posixpath
import re

YAML = (".yml", ".yaml", ".cff")
ENDINGS = {
    "toml": (".toml",), "yaml": YAML, "json": (".json",), "notebook": (".ipynb",),
    "ini": (".ini", ".cfg", ".flake8", ".coveragerc", ".pylintrc"),
}  # fmt: skip
_REQUIREMENTS = re.compile(
    r"(?i)(.*[-_.])?(requirements|constraints)([-_.].*)?\.(txt|in|pip)|requirements/.*\.(txt|in)"
)


def structure(path: str) -> str:
    """Return what a file of that name is read as: a key of `ENDINGS`, "requirements" or "patterns"; "" for text."""
    name, near = posixpath.basename(path), "/".join(path.split("/")[-2:])
    if _REQUIREMENTS.fullmatch(name) or _REQUIREMENTS.fullmatch(near):
        return "requirements"
    if name == ".gitattributes" or (name.startswith(".") and name.endswith("ignore")):
        return "patterns"
    return next((kind for kind, endings in ENDINGS.items() if path.endswith(endings)), "")

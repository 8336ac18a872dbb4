"""The standards of a platform, flattened to one document that a project keeps beside its record."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from mlctl.core.platform import Platform
from mlctl.tools import yaml

FOLDER = "standards/"
HEAD = (
    "# The platform's standards at the version in lock.json. Generated: `mlctl upgrade` writes it, nobody edits it.\n"
)


def flattened(platform: Platform) -> dict[str, Any] | None:
    """Return `standards/standards.yml` with the rules of `standards/rules/*.yml`; nothing where there is none."""
    modes = platform.tree.modes()
    main = f"{FOLDER}standards.yml"
    if main not in modes:
        return None
    found = yaml.mapping(yaml.load(platform.tree.read(main), main), main)
    rules: list[Any] = []
    for path in sorted(path for path in modes if path.startswith(f"{FOLDER}rules/") and path.endswith(".yml")):
        said = yaml.load(platform.tree.read(path), path) or []
        if not isinstance(said, list):
            raise yaml.Malformed(path, 1, "must be a list of rules")
        rules += said
    return {**found, "rules": rules}


def written(standards: dict[str, Any]) -> str:
    """Return the text of `.mlctl/standards.yml`."""
    return HEAD + yaml.dump(standards)


def digest(standards: dict[str, Any]) -> str:
    """Return the SHA-256 of the standards as data: comments and layout do not count."""
    return hashlib.sha256(json.dumps(standards, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

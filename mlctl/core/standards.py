"""The standards of a platform, flattened to one document that a project keeps beside its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from mlctl.tools.errors import Invalid, printable

if TYPE_CHECKING:
    from pathlib import Path

    from mlctl.core.platform import Platform


FOLDER = "standards/"
KINDS: dict[str, type] = {"max_days": int, "warn_days": int, "categories": list}
TABLES: dict[str, type | None] = {
    "limits": int,
    "severities": str,
    "policies": str,
    "effective_on": str,
    "readme": str,
    "waivers": None,
}
ONLY_FIRST = "only the first layer may lock rules"
SETTINGS_OF_RULES = ("severities", "policies", "effective_on")
HEAD = (
    "# The platform's standards at the version in lock.json. Generated: `mlctl upgrade` writes it, nobody edits it.\n"
)


class Locks(Invalid):
    """A further layer that locks a rule."""

    def __init__(self, name: str, code: str) -> None:
        super().__init__(
            f"'{printable(name)}' locks {printable(code)}: {ONLY_FIRST}",
            "let it say `required`, or make that platform the first layer",
        )


def flattened(platform: Platform) -> dict[str, Any] | None:
    """Return `standards/standards.yml` with the rules of `standards/rules/*.yml`; nothing where there is none."""
    from mlctl.tools import yaml

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


def combined(platforms: Sequence[Platform]) -> dict[str, Any] | None:
    """Return the standards of the first platform with the rules that further ones add, and how those set their own.

    A rule that an earlier platform has stays as it says. Raises `Locks` where a further one locks a rule.
    """
    found = flattened(platforms[0])
    for platform in platforms[1:]:
        more = flattened(platform)
        if more is None:
            continue
        found = found or {"schema": more.get("schema", ""), "rules": []}
        known = {rule.get("code") for rule in found["rules"] if isinstance(rule, dict)}
        rules = [rule for rule in more["rules"] if isinstance(rule, dict) and rule.get("code") not in known]
        codes = {str(rule.get("code")) for rule in rules}
        tables = {key: {c: v for c, v in (more.get(key) or {}).items() if c in codes} for key in SETTINGS_OF_RULES}
        locked = locks(rules, tables["policies"])
        if locked:
            raise Locks(platform.source.name, locked)
        found = {**found, "rules": found["rules"] + rules}
        found |= {key: {**(found.get(key) or {}), **table} for key, table in tables.items() if table}
    return found


def locks(rules: Sequence[Any], policies: Mapping[str, Any]) -> str:
    """Return the code of the first rule that is locked, or nothing."""
    said = {str(rule.get("code")): rule.get("policy") for rule in rules if isinstance(rule, dict)}
    return next((code for code, policy in {**said, **policies}.items() if policy == "locked"), "")


def written(standards: dict[str, Any]) -> str:
    """Return the text of `.mlctl/standards.yml`."""
    from mlctl.tools import yaml

    return HEAD + yaml.dump(standards)


def digest(standards: dict[str, Any]) -> str:
    """Return the SHA-256 of the standards as data: comments and layout do not count."""
    import hashlib
    import json

    return hashlib.sha256(json.dumps(standards, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


class Standards:
    """The standards in force: what they say, and whose they are ("embedded", or the project's own snapshot)."""

    def __init__(self, said: Mapping[str, Any], origin: str = "embedded", name: str = "", text: str = "") -> None:
        self.said, self.origin, self.name, self.text = said, origin, name, text

    def number(self, name: str, default: int = 0) -> int:
        """Return a limit."""
        found = self.said.get("limits", {}).get(name, default)
        return found if isinstance(found, int) else default

    def names(self, name: str) -> list[str]:
        """Return a list of texts."""
        return [str(one) for one in self.said.get(name) or []]

    def table(self, name: str) -> dict[str, Any]:
        """Return a table."""
        return dict(self.said.get(name) or {})

    @property
    def rules(self) -> list[Any]:
        """The rules that are data."""
        return list(self.said.get("rules") or [])


@cache
def embedded() -> Standards:
    """Return the standards that this mlctl carries."""
    from mlctl.core.platform import PACKAGE
    from mlctl.tools import yaml
    from mlctl.tools.errors import Unable

    plain = PACKAGE / "embedded" / "standards.yml"
    if plain.exists():
        return parsed(plain.read_bytes(), "the embedded standards", "embedded")
    folder = PACKAGE.parent / "templates"
    main = folder / FOLDER / "standards.yml"
    if not main.exists():
        raise Unable("this mlctl carries no standards", "install mlctl from a built package or a git checkout")
    found = yaml.mapping(yaml.load(main.read_bytes(), str(main)), str(main))
    return Standards({**found, "rules": [r for p in sorted((main.parent / "rules").glob("*.yml")) for r in _rules(p)]})


def parsed(data: bytes, name: str, origin: str) -> Standards:
    """Return the standards of a snapshot; raise `Malformed` with the line where it is none."""
    from mlctl.tools import yaml

    found = yaml.mapping(yaml.load(data, name), name)
    if not str(found.get("schema", "")).startswith("mlctl.standards/"):
        raise yaml.Malformed(name, 1, "is no standards file: its schema is missing")
    for key, value in found.items():
        wrong = _wrong(key, value)
        if wrong:
            raise yaml.Malformed(name, _line(data, key), f"'{key}' {wrong}")
    return Standards(found, origin, name, data.decode("utf-8", "replace"))


def _wrong(key: str, value: Any) -> str:
    """Return what is wrong with a setting of the standards, or nothing."""
    if key == "rules":
        return "" if isinstance(value, list) else "must be a list of rules"
    if key in TABLES:
        kind = TABLES[key]
        fine = isinstance(value, dict) and all(
            isinstance(one, kind or KINDS.get(k, object)) for k, one in value.items()
        )
        return "" if fine else f"must be a table of {'numbers' if kind is int else 'texts' if kind else 'settings'}"
    if key in ("schema", "approver"):
        return "" if isinstance(value, str) else "must be a text"
    return "" if isinstance(value, list) and all(isinstance(one, str) for one in value) else "must be a list of texts"


def _line(data: bytes, key: str) -> int:
    lines = data.decode("utf-8", "replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:")), 1)


def _rules(path: Path) -> list[Any]:
    from mlctl.tools import yaml

    found = yaml.load(path.read_bytes(), str(path)) or []
    if not isinstance(found, list):
        raise yaml.Malformed(str(path), 1, "must be a list of rules")
    return found

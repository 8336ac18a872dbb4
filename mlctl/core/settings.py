"""What a user or a company has set once: the platform, whom to trust, default answers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.tools import files, yaml
from mlctl.tools.errors import Unable

KEYS: dict[str, tuple[type, str]] = {
    "platform": (str, "a text"),
    "trust": (list, "a list of texts"),
    "answers": (dict, "a mapping of questions to texts"),
}
ANSWER = "MLCTL_ANSWER_"


@dataclass(frozen=True)
class Settings:
    """The settings in force: `platform` is a source or nothing, `trust` lists sources whose code may run."""

    platform: str = ""
    trust: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)


def settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of the config file, each overridden by its environment variable."""
    written = _file(environment)
    platform = environment.get("MLCTL_PLATFORM") or written.platform
    trust = tuple(environment["MLCTL_TRUST"].split()) if "MLCTL_TRUST" in environment else written.trust
    spoken = {n[len(ANSWER) :].lower(): v for n, v in environment.items() if n.startswith(ANSWER)}
    return Settings(platform, trust, {**written.answers, **spoken})


def home(kind: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return mlctl's own folder of a `kind` ("config", "cache" or "state") by the XDG rules."""
    default = {"config": ".config", "cache": ".cache", "state": ".local/state"}[kind]
    root = environment.get(f"XDG_{kind.upper()}_HOME", "")
    if not os.path.isabs(root):
        root = os.path.join(os.path.expanduser("~"), default)
    if not os.path.isabs(root):
        raise Unable("you have no home folder", f"set HOME, or XDG_{kind.upper()}_HOME, to a folder of yours")
    return Path(root) / "mlctl"


def _file(environment: Mapping[str, str]) -> Settings:
    path = home("config", environment) / "config.yml"
    if not os.path.lexists(path):
        return Settings()
    name, data = str(path), files.read_bounded(path, yaml.LIMIT, "the config file")
    found = yaml.mapping(yaml.load(data, name, texts=True), name)
    for key, value in found.items():
        kind, told = KEYS.get(key, (str, ""))
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if not told:
            raise yaml.Malformed(name, yaml.line(data, key), f"there is no setting '{key}'; {', '.join(KEYS)} are")
        if value is not None and not (isinstance(value, kind) and all(isinstance(v, str) for v in inside)):
            raise yaml.Malformed(name, yaml.line(data, key), f"'{key}' must be {told}")
    return Settings(found.get("platform") or "", tuple(found.get("trust") or ()), found.get("answers") or {})

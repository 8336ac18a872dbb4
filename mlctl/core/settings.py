"""What a user or a company has set once: the platform, whom to trust, default answers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlctl.tools import files, yaml
from mlctl.tools.errors import Invalid

KEYS = frozenset(["platform", "trust", "answers"])
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
    return (Path(root) if os.path.isabs(root) else Path(os.path.expanduser("~")) / default) / "mlctl"


def _file(environment: Mapping[str, str]) -> Settings:
    path = home("config", environment) / "config.yml"
    if not path.exists():
        return Settings()
    name = str(path)
    found = yaml.mapping(yaml.load(files.read_bounded(path, yaml.LIMIT, "the config file"), name, texts=True), name)
    unknown = sorted(found.keys() - KEYS)
    if unknown:
        raise Invalid(f"{name}: there is no setting '{unknown[0]}'", f"the settings are {', '.join(sorted(KEYS))}")
    trust, answers, platform = found.get("trust") or [], found.get("answers") or {}, found.get("platform") or ""
    if not isinstance(platform, str) or not isinstance(trust, list) or not all(isinstance(t, str) for t in trust):
        raise Invalid(f"{name}: 'platform' is a text and 'trust' a list of texts", "correct the config file")
    return Settings(platform, tuple(trust), {k: str(v) for k, v in yaml.mapping(answers, name).items()})

"""The data sets of datasets.yml, loaded by the team's `load` and held against the contract."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from . import config, contract
from .errors import Exit, ProjectError


@dataclass(frozen=True)
class Data:
    """The rows of a data set that have a target, and where they came from."""

    name: str
    uri: str
    sha256: str
    rows: pd.DataFrame
    settings: config.Dataset
    untold: int = 0

    def facts(self, time: str | None) -> dict[str, Any]:
        """What a manifest says of the data."""
        span = self.rows[time] if time else pd.Series(dtype="datetime64[ns]")
        return {
            "name": self.name,
            "uri": self.uri,
            "sha256": self.sha256,
            "rows": len(self.rows),
            "columns": list(self.rows.columns),
            "time_min": None if span.empty else str(span.min()),
            "time_max": None if span.empty else str(span.max()),
        }


def training(root: Path) -> Data:
    """The data set that `datasets.yml` trains on."""
    return read(config.datasets().training, root)


def read(name: str, root: Path) -> Data:
    """A data set by its name in `datasets.yml`, checked; rows without a target are left out."""
    from ..contracts import CONTRACT
    from ..data import load

    known = config.datasets().datasets
    if name not in known:
        raise ProjectError(
            f"datasets.yml knows no data set {name!r}", f"name one of {', '.join(known)}"
        )
    settings, target = known[name], config.params().target
    path = locate(settings.uri, root)
    if target not in CONTRACT.columns:
        raise ProjectError(
            f"contracts.py has no column {target}, which params.yml names as the target",
            "add it to the contract, or mend `target` in params.yml",
        )
    _columns_exist(set(CONTRACT.columns))
    rows = load(path)
    contract.check(CONTRACT, rows)
    told = rows[rows[target].notna()].reset_index(drop=True)
    whole = {"integer": "int64", "boolean": "bool"}  # a nullable target was read as float
    kind = next(c.type for c in contract.columns(CONTRACT) if c.name == target)
    told = told.astype({target: whole[kind]}) if kind in whole else told
    if told.empty:
        raise ProjectError(f"no row of {name} has a {target}", "give labelled rows", Exit.CANNOT)
    total = _sum(path, rows)
    if settings.sha256 and settings.sha256 != total:
        raise ProjectError(
            f"{settings.uri} is not the file that datasets.yml pins",
            f"restore it, or pin the new one: `sha256: {total}`",
            Exit.CANNOT,
        )
    return Data(name, settings.uri, total, told, settings, untold=len(rows) - len(told))


def locate(uri: str, root: Path) -> str:
    """A uri as it can be opened: paths are relative to the project's root."""
    if "://" in uri:
        return uri
    if not (root / uri).is_file():
        raise ProjectError(f"there is no file {uri}", "mend the `uri` in datasets.yml", Exit.CANNOT)
    return str(root / uri)


def _columns_exist(known: set[str]) -> None:
    params, slices = config.params(), config.gate().slices
    named = {"time": params.time, "entity": params.entity, "group": params.group}
    wanted = [(f"params.yml: {key}", name) for key, name in named.items() if name]
    wanted += [("params.yml: exclude", name) for name in params.exclude]
    wanted += [("gate.yml: slices", name) for name in slices.columns]
    for where, name in wanted:
        if name not in known:
            raise ProjectError(f"{where}: contracts.py has no column {name}", f"mend {where}")


def _sum(path: str, rows: pd.DataFrame) -> str:
    if Path(path).is_file():
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return hashlib.sha256(pd.util.hash_pandas_object(rows).to_numpy().tobytes()).hexdigest()

"""
The bundle: a model, the code that made it, what it expects, and hashes over all of it.

`python -m PACKAGE.platform.bundle BUNDLE IN.csv OUT.csv` scores a file.
"""

import hashlib
import io
import json
import os
import re
import shutil
import sys
import zipfile
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .errors import COMMAND, Exit, ProjectError, boundary
from .schema import Request, label, read_csv, typed

SCHEMA = "bundle/1"
PACKAGE = __package__.rpartition(".")[0]
HOME = Path(__file__).parents[1]
SMALL = 20_000
# What may differ between two trainings of the same code on the same data.
VOLATILE = {"version", "created_at", "git_commit", "git_dirty", "run_id", "digest"}


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself (MANIFEST.json)."""

    name: str
    task: str
    target: str
    classes: list[Any]
    threshold: float
    data: dict[str, Any]
    lock_sha256: str | None
    python: str
    versions: dict[str, str]
    run_id: str | None = None
    git_commit: str | None = None
    git_dirty: bool = False
    created_at: str = ""
    version: str = "challenger"
    package: str = PACKAGE
    source_sha256: str = ""
    files: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    schema: str = SCHEMA

    @property
    def lasting(self) -> str:
        """The sum over everything that code, data and seed decide."""
        kept = {key: value for key, value in asdict(self).items() if key not in VOLATILE}
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle."""

    path: Path
    manifest: Manifest
    request: Request
    model: Any

    def outputs(self, rows: pd.DataFrame) -> np.ndarray:
        """Class probabilities (n, classes), or predicted values (n, 1)."""
        return outputs(self.model, typed(rows, self.request.columns), len(self.manifest.classes))

    def predict(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Columns `prediction` and, for classes, `probability_<class>`; same index as the rows."""
        found = self.outputs(rows)
        names = [f"probability_{label(name)}" for name in self.manifest.classes]
        if not names:
            return pd.DataFrame({"prediction": found[:, 0]}, index=rows.index)
        probabilities = pd.DataFrame(found, columns=names, index=rows.index)
        # As objects: a label is no number, even where it looks like one.
        decided = pd.Series(self._decide(found), index=rows.index, dtype=object)
        probabilities.insert(0, "prediction", decided)
        return probabilities

    def _decide(self, probabilities: np.ndarray) -> list[Any]:
        if self.manifest.task == "binary":
            codes = (probabilities[:, 1] >= self.manifest.threshold).astype(int)
        else:
            codes = probabilities.argmax(axis=1)
        return [self.manifest.classes[code] for code in codes]


def outputs(model: Any, rows: pd.DataFrame, classes: int) -> np.ndarray:
    """What a model says of typed rows, with a column for every class even if it never saw one."""
    found = np.zeros((len(rows), classes or 1))
    if rows.empty:
        return found
    with threads(len(rows)):
        if classes:
            found[:, model.classes_.astype(int)] = model.predict_proba(rows)
        else:
            found[:, 0] = model.predict(rows)
    return found


def threads(rows: int) -> AbstractContextManager[Any]:
    """One thread for few rows: measured 7 times faster to fit, 10 times at the 95th percentile."""
    limit: AbstractContextManager[Any] = _pools().limit(limits=1 if rows < SMALL else None)
    return limit


def write(folder: Path, manifest: Manifest, model: Any, texts: dict[str, str]) -> Manifest:
    """Write a bundle aside, prove that it loads, and put it in place."""
    aside = folder.with_name(folder.name + ".new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    (aside / "model.skops").write_bytes(_pack(model))
    for name, text in texts.items():
        (aside / name).write_text(text, encoding="utf-8")
    for name in source(HOME):
        copy = aside / "source" / PACKAGE / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HOME / name, copy)
    files = {name: _sum(aside / name) for name in _files(aside)}
    sealed = {"files": files, "source_sha256": source_sha256(HOME)}
    manifest = Manifest(**(asdict(manifest) | sealed))
    manifest = Manifest(**(asdict(manifest) | {"digest": manifest.lasting}))
    stamp(aside, manifest)
    load(aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return manifest


def stamp(folder: Path, manifest: Manifest) -> None:
    """Write MANIFEST.json."""
    (folder / "MANIFEST.json").write_text(json.dumps(asdict(manifest), indent=2) + "\n")


def read(folder: Path, verify: bool = True) -> Manifest:
    """The manifest of a bundle, whose files are proven to be the ones it names."""
    try:
        manifest = Manifest(**json.loads((folder / "MANIFEST.json").read_text()))
    except FileNotFoundError:
        raise ProjectError(
            f"there is no bundle in {folder}",
            f"run `{COMMAND} train`, then `{COMMAND} promote`",
            Exit.CANNOT,
        ) from None
    except (ValueError, TypeError):
        raise _tampered(folder, "MANIFEST.json") from None
    if manifest.schema != SCHEMA:
        raise ProjectError(
            f"{folder} is a {manifest.schema} bundle, not {SCHEMA}", "train it again", Exit.CANNOT
        )
    if not verify:
        return manifest
    found = {name: _sum(folder / name) for name in _files(folder)}
    odd = sorted(name for name, _ in found.items() ^ manifest.files.items())
    if odd or manifest.lasting != manifest.digest:
        raise _tampered(folder, odd[0] if odd else "MANIFEST.json")
    return manifest


def load(folder: Path) -> Bundle:
    """A bundle, verified, and run by the very code that made it."""
    manifest = read(folder)
    if manifest.source_sha256 != source_sha256(HOME):
        raise ProjectError(
            f"{folder} was made by other code than this",
            f"run `{COMMAND} train` again, or let `predict` and `serve` run it under its own code",
            Exit.CANNOT,
        )
    model = _unpack(folder / "model.skops")
    return Bundle(folder, manifest, Request.read(folder / "request.json"), model)


def command(folder: Path, module: str) -> list[str]:
    """The command that runs a platform module of the bundle's own code."""
    name = f"{read(folder).package}.platform.{module}"
    if not (folder / "source" / name.replace(".", "/")).with_suffix(".py").is_file():
        raise ProjectError(
            f"{folder} was made before this project had platform/{module}.py",
            f"run `{COMMAND} train`, then `{COMMAND} promote`",
            Exit.CANNOT,
        )
    return [sys.executable, "-P", "-m", name]  # -P: nothing in the current folder hides the bundle


def environment(folder: Path) -> dict[str, str]:
    """The environment in which the bundle's own code wins over the installed package."""
    own = {"PYTHONPATH": str((folder / "source").resolve()), "PYTHONDONTWRITEBYTECODE": "1"}
    return os.environ | own


def source(home: Path) -> list[str]:
    """The files of a package that travel in a bundle."""
    found = [path for suffix in ("py", "yml") for path in home.rglob(f"*.{suffix}")]
    return sorted(path.relative_to(home).as_posix() for path in found)


def source_sha256(home: Path) -> str:
    """The sum over the code and params.yml: the other settings change no prediction."""
    total = hashlib.sha256()
    for name in source(home):
        if name.endswith(".py") or name == "params.yml":
            total.update(f"{name}\0{_sum(home / name)}\n".encode())
    return total.hexdigest()


def _files(folder: Path) -> list[str]:
    kept = (p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")
    return sorted(p.relative_to(folder).as_posix() for p in kept if p.name != "MANIFEST.json")


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _tampered(folder: Path, name: str) -> ProjectError:
    return ProjectError(
        f"{folder / name} is not what the bundle was sealed with",
        f"`{COMMAND} rollback`, or train and promote again",
        Exit.CANNOT,
    )


def _pack(model: Any) -> bytes:
    """The same bytes for the same model: skops names its parts by memory address and dates them."""
    import skops.io

    numbers: dict[bytes, bytes] = {}
    loose, packed = io.BytesIO(skops.io.dumps(model)), io.BytesIO()

    def number(found: re.Match[bytes]) -> bytes:
        return numbers.setdefault(found[0], str(len(numbers)).encode())

    with zipfile.ZipFile(loose) as old, zipfile.ZipFile(packed, "w") as new:
        text = re.sub(rb'(?<="__id__": )\d+|(?<="file": ")\d+', number, old.read("schema.json"))
        parts = {"schema.json": text}
        for name in set(old.namelist()) - {"schema.json"}:
            address, dot, suffix = name.partition(".")
            parts[numbers[address.encode()].decode() + dot + suffix] = old.read(name)
        for name, body in sorted(parts.items()):
            new.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _unpack(path: Path) -> Any:
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    from ..model import TRUSTED

    try:
        return skops.io.load(path, trusted=TRUSTED)
    except UntrustedTypesFoundException as error:
        names = re.findall(r"'([\w.]+)'", str(error))
        raise ProjectError(
            f"the model holds types that model.py does not trust: {', '.join(names)}",
            f"if they are yours, add to TRUSTED in model.py: {', '.join(map(repr, names))}",
            Exit.CANNOT,
        ) from None


@cache
def _pools() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def main() -> None:
    """Score IN.csv into OUT.csv."""
    folder, given, told = map(Path, sys.argv[1:])
    with boundary():
        load(folder).predict(read_csv(given)).to_csv(told, index=False)


if __name__ == "__main__":
    main()

"""A bundle run by its own code, in its own process: `python -m … BUNDLE IN.csv OUT.csv`."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from . import bundle
from .errors import Exit, ProjectError, boundary


def scores(folder: Path, rows: pd.DataFrame, kept: Path | None = None) -> pd.DataFrame:
    """What the bundle predicts for the rows; the folder `kept` remembers."""
    manifest = bundle.read(folder)
    total = hashlib.sha256(pd.util.hash_pandas_object(rows).to_numpy().tobytes()).hexdigest()
    known = kept / f"{manifest.digest[:16]}-{total[:16]}.csv" if kept else None
    if known and known.is_file():
        return _read(known, rows)
    with tempfile.TemporaryDirectory() as aside:
        given, told = Path(aside) / "rows.csv", Path(aside) / "scores.csv"
        rows.to_csv(given, index=False)
        run(folder, given, told)
        if known:
            known.parent.mkdir(parents=True, exist_ok=True)
            known.write_bytes(told.read_bytes())
        return _read(told, rows)


def run(folder: Path, given: Path, told: Path) -> None:
    """Score a CSV file into another, under the code inside the bundle."""
    done = subprocess.run(
        [*command(folder, "rescore"), str(folder), str(given), str(told)],
        env=environment(folder),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [""]
        if lines[0].startswith("error: "):
            hint = lines[-1].removeprefix(" hint: ")
            raise ProjectError(lines[0].removeprefix("error: "), hint, done.returncode)
        hint = f"look into the code that the bundle carries, {folder / 'source'}"
        raise ProjectError(f"the code of {folder} broke: {lines[-1]}", hint, Exit.CANNOT)


def command(folder: Path, module: str) -> list[str]:
    """The command that runs a platform module of the bundle's own code."""
    name = f"{bundle.read(folder).package}.platform.{module}"
    return [sys.executable, "-P", "-m", name]  # -P: nothing in the current folder hides the bundle


def environment(folder: Path) -> dict[str, str]:
    """The environment in which the bundle's own code wins over the installed package."""
    own = {"PYTHONPATH": str((folder / "source").resolve()), "PYTHONDONTWRITEBYTECODE": "1"}
    return os.environ | own


def read_csv(path: Path) -> pd.DataFrame:
    """The rows of a CSV file as text."""
    try:
        return pd.read_csv(path, dtype=str)
    except FileNotFoundError:
        raise ProjectError(f"there is no file {path}", "give a CSV file") from None
    except (ValueError, OSError) as error:
        first = str(error).splitlines()[0]
        raise ProjectError(f"{path} is not CSV: {first}", "give a CSV file") from None


def main() -> None:
    """Score IN.csv into OUT.csv."""
    folder, given, told = map(Path, sys.argv[1:])
    with boundary():
        bundle.load(folder).predict(read_csv(given)).to_csv(told, index=False)


def _read(path: Path, rows: pd.DataFrame) -> pd.DataFrame:
    found = pd.read_csv(path, dtype={"prediction": str}, float_precision="round_trip")
    return found.set_axis(rows.index)


if __name__ == "__main__":
    main()

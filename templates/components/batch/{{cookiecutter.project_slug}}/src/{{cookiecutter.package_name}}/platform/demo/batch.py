"""The step of batch scoring: a file scored under the champion's own code, once per run."""

import subprocess

import numpy as np
import pandas as pd

from .. import bundle, predlog
from ..errors import Exit, ProjectError
from . import Context

SKEW = 1e-9


def batch(context: Context) -> None:
    """the champion scores a file by chunks, and a run that was done is not done again"""
    build, folder = context.workspace.build, context.workspace.champion
    given, told = build / "rows.csv", build / "scored.csv"
    context.data.rows.to_csv(given, index=False)
    command = [*bundle.command(folder, "batch"), "--bundle", str(folder), "--chunk-rows", "500"]
    command += ["--input", str(given), "--output", str(told)]
    own = bundle.environment(folder) | {predlog.URI: str(build / "predictions")}
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    if done.returncode:
        hint = f"run `{' '.join(command)}`"
        raise ProjectError(done.stderr.strip().splitlines()[-1], hint, Exit.CANNOT)
    here = bundle.load(folder).predict(context.data.rows)
    names = here.select_dtypes("number").columns.tolist()
    there = pd.read_csv(told, float_precision="round_trip")
    skew = float(np.abs(here[names].to_numpy() - there[names].to_numpy()).max(initial=0))
    if skew > SKEW or len(there) != len(here):
        hint = "compare tables.chunks with schema.typed"
        raise ProjectError(f"the file and this process differ by {skew}", hint, Exit.CANNOT)
    line = f"{len(there)} rows of a file, skew {skew:.1g}, each with id, run and version"
    context.tell("scored", line, rows=len(there), skew=skew)


STEPS = {55: batch}

"""the champion scores the same in this process and under its own code"""

import numpy as np

from .. import bundle, rescore
from ..errors import Exit, ProjectError
from . import Context

ORDER = 50
ROWS, SKEW = 200, 1e-9


def run(context: Context) -> None:
    """Compare the scores of the same rows."""
    rows, folder = context.data.rows.tail(ROWS), context.workspace.champion
    here, there = bundle.load(folder).predict(rows), rescore.scores(folder, rows)
    numbers = here.select_dtypes("number").columns.tolist()
    gaps = np.abs(here[numbers].to_numpy() - there[numbers].to_numpy(dtype=float))
    skew = float(gaps.max(initial=0))
    if skew > SKEW:
        hint = "look for state outside the pipeline in features.py"
        raise ProjectError(f"batch and process differ by {skew}", hint, Exit.CANNOT)
    context.tell("skew in batch", f"{skew:.1g} on {len(rows)} rows", skew=skew)

"""the challenger passes the gate and becomes champion"""

from .. import config
from ..champion import promote
from ..evaluate import SCORES
from . import Context

ORDER = 30


def run(context: Context) -> None:
    """Judge and promote."""
    manifest, verdict = promote(context.workspace, context.data)
    judged, sign = verdict.evaluation, 1 if verdict.evaluation.metric in SCORES else -1
    least = config.gate().slices.minimum
    known = [part for part in judged.slices if part.value is not None and part.rows >= least]
    if known:
        worst = min(known, key=lambda part: sign * (part.value or 0))
        line = f"{worst.value:.4g} where {worst.column} is {worst.name} ({worst.rows} rows)"
        context.tell("worst slice", line, value=worst.value, rows=worst.rows)
    answered = [check for check in verdict.checks if check.passed is not None]
    context.tell("gate", f"passed, {len(answered)} checks", p95_ms=verdict.p95_ms)
    context.tell(
        "champion",
        f"{manifest.name} version {manifest.version}, digest {manifest.digest[:12]}",
        version=manifest.version,
        digest=manifest.digest,
    )

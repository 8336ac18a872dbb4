"""leakage doctor, choice among candidates, hold-out, tracking"""

from ..train import train
from . import Context

ORDER = 20


def run(context: Context) -> None:
    """Train a challenger."""
    found = train(context.workspace, context.data)
    metric, judged = found.evaluation.metric, found.evaluation
    value, naive = judged.metrics[metric], judged.baseline.get(metric)
    warned = "; ".join(finding.sentence for finding in found.findings) or "none"
    context.tell("leaks", warned)
    against = "" if naive is None else f", {naive:.4g} by guessing"
    context.tell(
        metric,
        f"{value:.4g} on {judged.rows} rows held out{against} ({found.chosen})",
        value=value,
        baseline=naive,
        chosen=found.chosen,
        cross_validation=found.cross_validation,
    )

"""a challenger that learnt nonsense is turned away"""

from dataclasses import replace

from .. import config
from ..errors import Exit, ProjectError
from ..gate import judge_challenger
from ..train import train
from . import Context

ORDER = 40


def run(context: Context) -> None:
    """Train on a shuffled target, and see the gate reject it for the champion's sake."""
    rows, params = context.data.rows, config.params()
    shuffled = rows[params.target].sample(frac=1, random_state=params.seed).to_numpy()
    train(context.workspace, replace(context.data, rows=rows.assign(**{params.target: shuffled})))
    verdict = judge_challenger(context.workspace, context.data)
    against = [c for c in verdict.checks if c.name == "champion" and c.passed is False]
    if verdict.passed or (config.gate().champion and not against):
        hint = "mend gate.yml: it lets nonsense pass"
        raise ProjectError("the gate took a worse challenger", hint, Exit.CANNOT)
    reason = against[0].sentence if against else verdict.reasons[0]
    context.tell("rejected", f"a worse challenger: {reason.partition(' (95 %')[0]}")

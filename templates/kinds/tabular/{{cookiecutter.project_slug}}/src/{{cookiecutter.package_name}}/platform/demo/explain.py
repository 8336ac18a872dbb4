"""The step of the explanation: the row that stands out, and why."""

from .. import bundle
from ..errors import Exit, ProjectError
from ..explain import Explainer
from ..schema import figure
from . import Context

ROWS, GAP = 200, 1e-6


def explanation(context: Context) -> None:
    """the champion says why it scores a row as it does, and the figures add up"""
    champion, rows = bundle.load(context.workspace.champion), context.data.rows.tail(ROWS)
    place = int(champion.outputs(rows)[:, -1].argmax())
    [found] = Explainer(champion).explain(rows.iloc[[place]])
    gap = abs(found.base + sum(c.contribution for c in found.contributions) - found.output)
    if gap > GAP:
        hint = "look for state outside the pipeline in features.py"
        raise ProjectError(f"an explanation is off by {gap}", hint, Exit.CANNOT)
    first = found.contributions[0]
    line = f"{first.sentence} (of {figure(found.base, 3)} to {figure(found.output, 3)})"
    context.tell("why", line, gap=gap, base=found.base, output=found.output)


STEPS = {52: explanation}

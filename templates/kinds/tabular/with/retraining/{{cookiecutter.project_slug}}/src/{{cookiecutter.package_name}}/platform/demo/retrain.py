"""The step that trains anew."""

from ..errors import Exit, ProjectError
from ..retrain import retrain
from . import Context


def retraining(context: Context) -> None:
    """the same code, data and seed make the same model, and change nothing"""
    found = retrain(context.workspace, data=context.data)
    if found.outcome != "nothing to do" or found.before is None:
        hint = "look for what differs from one run to the next: a seed, a clock, an order"
        raise ProjectError(f"training anew made another model: {found.why}", hint, Exit.CANNOT)
    context.tell("retrained", f"to the same digest, {found.before.digest[:12]}: nothing to do")


STEPS = {35: retraining}

"""The steps of monitoring: a quiet look, and a rehearsed drift that must be seen."""

from .. import bundle
from ..drift import LEAST
from ..errors import Exit, ProjectError
from ..look import rehearsed, replay
from ..monitor import monitor
from . import Context


def watch(context: Context) -> None:
    """random rows of the hold-out are held against training: a replay, not production"""
    model = bundle.load(context.workspace.champion)
    found = monitor(model.path, replay(context.data, model.predict))
    context.tell("drift", found.line, verdict=found.verdict)


def rehearsal(context: Context) -> None:
    """the same rows, shifted by a deviation, must raise the alarm"""
    model = bundle.load(context.workspace.champion)
    change = rehearsed(model.path, deviations=1)
    found = monitor(model.path, replay(context.data, model.predict, change))
    reference = found.reference.training
    if not found.reference.features:
        line = "not asked: every column is personal, an identifier or a time, so none is watched"
        context.tell("drift rehearsed", line, verdict=found.verdict)
        return
    if found.verdict != "drift" and reference.effective >= LEAST:
        hint = "look into `monitor --simulate-drift --html build/drift.html`"
        raise ProjectError("a drift of one deviation was not seen", hint, Exit.CANNOT)
    seen = f"seen in {len(found.drifted)} of {found.judged} columns, exit code {Exit.DRIFT}"
    unseen = f"not seen: the reference is worth {reference.effective:.0f} rows, {LEAST} are needed"
    context.tell(
        "drift rehearsed",
        seen if found.verdict == "drift" else unseen,
        verdict=found.verdict,
        drifted=found.drifted,
    )


STEPS = {70: watch, 71: rehearsal}

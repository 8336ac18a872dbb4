"""The steps of every project: from the data to a champion that can be trusted."""

from dataclasses import replace

import numpy as np

from .. import bundle, champion, config
from ..bundle import Manifest
from ..config import Workspace
from ..datasets import Data
from ..errors import Exit, ProjectError
from ..evaluate import SCORES, encode, quiet
from ..gate import champion_outputs, compare, judge_challenger, promote
from ..schema import figure
from ..smoke import rehearse
from ..split import split
from ..train import Training, train
from . import Context

ROWS, SKEW, CONFIDENCE = 200, 1e-9, 0.99


def contract(context: Context) -> None:
    """the data keep the contract"""
    data = context.data
    context.tell("rows", f"{len(data.rows)} of {data.uri}", rows=len(data.rows), sha256=data.sha256)
    if data.smoke:
        line = f"made up, since {data.settings.stands_for} is not here: nothing is said of quality"
        context.tell("smoke", line, stands_for=data.settings.stands_for)
    context.tell("contract", f"kept by {len(data.rows.columns)} columns")


def training(context: Context) -> None:
    """leakage doctor, choice among candidates, hold-out, tracking"""
    found = train(context.workspace, context.data)
    metric, judged = found.evaluation.metric, found.evaluation
    value, naive = judged.metrics[metric], judged.baseline.get(metric)
    warned = "; ".join(finding.sentence for finding in found.findings) or "no leak"
    context.tell("doctor", warned)
    against = "" if naive is None else f", {figure(naive)} by guessing"
    context.tell(
        metric,
        f"{figure(value)} on {judged.rows} rows held out{against} ({found.chosen})",
        value=value,
        baseline=naive,
        chosen=found.chosen,
        cross_validation=found.cross_validation,
    )
    if choice := found.choice:
        spent = f"a row costs {choice.holdout.chosen:.3g}, at 0.5 {choice.holdout.half:.3g}"
        context.tell("threshold", f"{choice.threshold:.3g}: {spent}", **choice.document())
    if (off := judged.metrics.get("calibration_error")) is not None:
        how = config.params().calibration
        context.tell("calibration", f"{how}: off by {off:.3g} on average", error=off, by=how)


def promotion(context: Context) -> None:
    """the challenger passes the gate and becomes champion"""
    if context.data.smoke:
        made = rehearse(context.workspace, context.data)
        context.tell("gate", "smoke only: every row could be scored, nothing is promoted")
        _tell_champion(context, made)
        return
    manifest, verdict = promote(context.workspace, context.data)
    judged, sign = verdict.evaluation, 1 if verdict.evaluation.metric in SCORES else -1
    least = config.gate().slices.minimum
    known = [part for part in judged.slices if part.value is not None and part.rows >= least]
    if known:
        worst = min(known, key=lambda part: sign * (part.value or 0))
        place = f"{worst.column} is {worst.name} ({worst.rows} rows)"
        line = f"{figure(worst.value or 0)} where {place}"
        context.tell("worst slice", line, value=worst.value, rows=worst.rows)
    answered = [check for check in verdict.checks if check.passed is not None]
    context.tell("gate", f"passed, {len(answered)} checks", p95_ms=verdict.p95_ms)
    _tell_champion(context, manifest)


def _tell_champion(context: Context, manifest: Manifest) -> None:
    context.tell(
        "champion",
        f"{manifest.name} version {manifest.version}, digest {manifest.digest[:12]}",
        version=manifest.version,
        digest=manifest.digest,
    )


def rejection(context: Context) -> None:
    """a challenger that learnt nonsense is turned away"""
    if context.data.smoke:
        context.tell("rejected", "not asked of rows that were made up")
        return
    nonsense(context.workspace, context.data)
    verdict = judge_challenger(context.workspace, context.data)
    against = [c for c in verdict.checks if c.name == "champion" and c.passed is False]
    if verdict.passed or (config.gate().champion and not against):
        if _told_apart(context):
            hint = "mend gate.yml: it lets nonsense pass"
            raise ProjectError("the gate took a worse challenger", hint, Exit.CANNOT)
        few = f"{verdict.evaluation.rows} rows held out are too few to tell it from the champion"
        context.tell("rejected", f"NOT a challenger that learnt nonsense: {few}")
        return
    reason = against[0].sentence if against else verdict.reasons[0]
    context.tell("rejected", f"a worse challenger: {reason.partition(' (95 %')[0]}")


def nonsense(workspace: Workspace, data: Data) -> Training:
    """A challenger that learnt from shuffled targets."""
    params = config.params()
    shuffled = data.rows[params.target].sample(frac=1, random_state=params.seed).to_numpy()
    return train(workspace, replace(data, rows=data.rows.assign(**{params.target: shuffled})))


def _told_apart(context: Context) -> bool:
    """Whether a strict gate could tell the challenger from the champion on these rows."""
    params, settings = config.params(), config.gate()
    strict = config.Champion(tolerance=0, confidence=CONFIDENCE)
    gate = settings.model_copy(update={"champion": strict})
    challenger = bundle.load(context.workspace.challenger)
    data = context.data
    rows = split(data.rows, params, data.settings.label_delay_days).holdout
    truth = encode(rows[params.target], challenger.manifest.classes)
    old = champion_outputs(context.workspace, challenger.manifest, rows)
    with quiet():
        new = challenger.outputs(rows)
        return compare(gate.metric, gate, params, truth, new, old).passed is False


def parity(context: Context) -> None:
    """the champion scores the same in this process and under its own code"""
    rows, folder = context.data.rows.tail(ROWS), context.workspace.champion
    here, there = bundle.load(folder).predict(rows), champion.scores(folder, rows)
    numbers = here.select_dtypes("number").columns.tolist()
    gaps = np.abs(here[numbers].to_numpy() - there[numbers].to_numpy(dtype=float))
    skew = float(gaps.max(initial=0))
    if skew > SKEW:
        hint = "look for state outside the pipeline in features.py"
        raise ProjectError(f"batch and process differ by {skew}", hint, Exit.CANNOT)
    context.tell("skew in batch", f"{skew:.1g} on {len(rows)} rows", skew=skew)


STEPS = {10: contract, 20: training, 30: promotion, 40: rejection, 50: parity}

"""The gate: may the challenger become the champion, and if not, why not, in words."""

import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from . import bundle, champion, chance, config, evaluate, tracking
from .bundle import Bundle, Manifest
from .config import Gate, Params, Workspace
from .datasets import Data, training
from .errors import Exit, ProjectError
from .evaluate import METRICS, SCORES, Evaluation, gain, quiet
from .schema import figure, label
from .smoke import refuse_made_up
from .split import Split, split
from .train import judge


@dataclass(frozen=True)
class Check:
    """One question and its answer; None where there was nothing to judge."""

    name: str
    passed: bool | None
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """All answers of the gate."""

    checks: tuple[Check, ...]
    evaluation: Evaluation
    p95_ms: float | None = None  # of a row, where it was measured

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return all(check.passed is not False for check in self.checks)

    @property
    def reasons(self) -> list[str]:
        """Why the challenger is rejected."""
        return [check.sentence for check in self.checks if check.passed is False]

    @property
    def error(self) -> "RejectionError":
        """The rejection as the error that a verb shows."""
        return RejectionError(self)

    def document(self) -> dict[str, Any]:
        """The verdict as JSON holds it."""
        judged = self.evaluation
        return {
            "passed": self.passed,
            "metric": judged.metric,
            "value": judged.metrics.get(judged.metric),
            "baseline": judged.baseline.get(judged.metric),
            "rows": judged.rows,
            "p95_ms": self.p95_ms,
            "checks": [asdict(check) for check in self.checks],
        }


class RejectionError(ProjectError):
    """A challenger that the gate turned away."""

    def __init__(self, verdict: Verdict) -> None:
        hint = "the figures are in the challenger's card.md, the bars in gate.yml"
        super().__init__("rejected: " + "; ".join(verdict.reasons), hint, Exit.REJECTED)
        self.verdict = verdict


def judge_challenger(workspace: Workspace, data: Data | None = None) -> Verdict:
    """The verdict on build/challenger."""
    params, gate = config.params(), config.gate()
    evaluate.check_gate(params.task, gate)
    data = data or training(workspace.root)
    challenger = bundle.load(workspace.challenger)
    params = params.model_copy(update={"threshold": challenger.manifest.threshold})
    if challenger.manifest.data["sha256"] != data.sha256:
        hint = "run `train` again: the hold-out may hold rows the challenger has learnt"
        raise ProjectError("the data changed since the challenger was trained", hint, Exit.CANNOT)
    parts = split(data.rows, params, data.settings.label_delay_days)
    with quiet():
        outputs = challenger.outputs(parts.holdout)
        judged = judge(parts, params, challenger.manifest.classes, outputs)
        spread = chance.spread(gate.metric, params, parts, challenger.manifest.classes, outputs)
        latency = p95_ms(challenger, parts.holdout)
        checks = [
            *_floors(gate, judged),
            *_baseline(gate, judged, spread),
            *_champion(workspace, gate, params, challenger, parts, outputs),
            *_slices(gate, judged),
            *_latency(gate, latency),
        ]
    return Verdict(tuple(checks), judged, latency)


def judge_champion(workspace: Workspace, data: Data | None = None) -> Verdict:
    """The verdict on build/champion, whoever trained it and wherever it was fetched from."""
    params, gate, data = config.params(), config.gate(), data or training(workspace.root)
    evaluate.check_gate(params.task, gate)
    manifest = bundle.read(workspace.champion)
    parts = split(data.rows, params, data.settings.label_delay_days)
    with quiet():
        outputs = champion_outputs(workspace, manifest, parts.holdout)
        judged = judge(parts, params, manifest.classes, outputs)
        spread = chance.spread(gate.metric, params, parts, manifest.classes, outputs)
    checks = [*_floors(gate, judged), *_baseline(gate, judged, spread), *_slices(gate, judged)]
    return Verdict(tuple(checks), judged)


def promote(workspace: Workspace, data: Data | None = None) -> tuple[Manifest, Verdict]:
    """The challenger becomes champion if the gate lets it; the old one goes to the archive."""
    data = data or training(workspace.root)
    refuse_made_up(workspace, data)
    verdict = judge_challenger(workspace, data)
    if not verdict.passed:
        raise verdict.error
    manifest, reigning = bundle.read(workspace.challenger), champion.current(workspace)
    if reigning and reigning.run_id == manifest.run_id:
        return reigning, verdict
    version = champion.next_version(tracking.register(workspace, manifest), reigning)
    manifest = replace(manifest, version=version)
    champion.enthrone(workspace, manifest)
    return manifest, verdict


def p95_ms(model: Bundle, rows: pd.DataFrame, calls: int = 60) -> float:
    """The processor's milliseconds within which 95 of 100 single rows are predicted.

    Not the clock's: a busy machine must not turn a good model away.
    """
    spent = []
    for place in range(calls + 5):
        row = rows.iloc[[place % len(rows)]]
        start = time.process_time()
        model.predict(row)
        spent.append(time.process_time() - start)
    return float(np.quantile(spent[5:], 0.95) * 1000)  # the first calls warm the caches up


def _floors(gate: Gate, judged: Evaluation) -> list[Check]:
    found = []
    for metric, bar in gate.floors.items():
        value = judged.metrics.get(metric)
        if value is None:
            sentence = f"{metric} is not defined on {judged.rows} rows held out"
            found.append(Check("floor", False, sentence))
        else:
            sentence = f"{metric} is {figure(value)}, the bar is {_bar(metric, bar)}"
            found.append(Check("floor", _reaches(metric, value, bar), sentence))
    return found


def _baseline(gate: Gate, judged: Evaluation, spread: chance.Spread) -> list[Check]:
    if gate.baseline is None:
        return []
    margins = {"log_loss": 0.0} if "log_loss" in judged.metrics else {}
    margins[gate.metric] = gate.baseline.margin
    found = []
    for metric, margin in margins.items():
        value, guess = judged.metrics.get(metric), judged.baseline.get(metric)
        if value is None or guess is None:
            continue
        better = gain(metric, value, guess)
        word = "better" if better >= 0 else "worse"
        bar = f"the bar is {_told(metric, margin)}" if margin else "any gain passes"
        sentence = (
            f"{metric} is {figure(value)} where guessing gets {figure(guess)}: "
            f"{word} by {_told(metric, abs(better))}, {bar}"
        )
        if metric in spread:
            low, high = (_told(metric, edge) for edge in spread[metric])
            sentence += f" ({judged.rows} rows are few: {low} to {high} would be no surprise)"
        found.append(Check("baseline", better > 0 and better >= margin, sentence))
    return found


def _champion(
    workspace: Workspace,
    gate: Gate,
    params: Params,
    challenger: Bundle,
    parts: Split,
    outputs: np.ndarray,
) -> list[Check]:
    if gate.champion is None:
        return [Check("champion", None, "gate.yml compares with no champion")]
    if not (workspace.champion / "MANIFEST.json").is_file():
        return [Check("champion", None, "there is no champion yet")]
    try:
        old = champion_outputs(workspace, challenger.manifest, parts.holdout)
    except ProjectError as error:
        way = "`champion: null` in gate.yml lets one promotion pass without the comparison"
        sentence = f"the champion cannot be compared: {error.sentence} ({way})"
        return [Check("champion", False, sentence)]
    truth = evaluate.encode(parts.holdout[params.target], challenger.manifest.classes)
    metrics = dict.fromkeys([gate.metric, *(["log_loss"] if challenger.manifest.classes else [])])
    reigning = bundle.read(workspace.champion, verify=False)
    return [
        compare(metric, gate, params, truth, outputs, old, reigning.threshold) for metric in metrics
    ]


def champion_outputs(workspace: Workspace, new: Manifest, rows: pd.DataFrame) -> np.ndarray:
    """What the champion, run by its own code, says of the rows, in the challenger's classes."""
    old = bundle.read(workspace.champion)
    if (new.task, new.target) != (old.task, old.target):
        sentence = f"it predicts {old.target} ({old.task}), not {new.target} ({new.task})"
        raise ProjectError(sentence, "compare models of one task", Exit.CANNOT)
    found = champion.scores(workspace.champion, rows, kept=workspace.build / "scores")
    if not new.classes:
        return found[["prediction"]].to_numpy(dtype=float)
    names = [f"probability_{label(name)}" for name in new.classes]
    return found.reindex(columns=names, fill_value=0.0).to_numpy(dtype=float)


def compare(
    metric: str,
    gate: Gate,
    params: Params,
    truth: np.ndarray,
    new: np.ndarray,
    old: np.ndarray,
    old_threshold: float | None = None,
) -> Check:
    """Whether resampling the same rows for both, each with its threshold, shows a loss."""
    assert gate.champion
    settings, measure = gate.champion, METRICS[params.task][metric]
    random, gains = np.random.default_rng(params.seed), []
    cut = params.threshold if old_threshold is None else old_threshold

    def pair(rows: np.ndarray) -> list[float | None]:
        both = ((new[rows], params.threshold), (old[rows], cut))
        return [evaluate.value_of(measure, truth[rows], *each) for each in both]

    for _ in range(settings.resamples):
        one, other = pair(random.integers(0, len(truth), len(truth)))
        if one is not None and other is not None:
            gains.append(gain(metric, one, other))
    one, other = pair(np.arange(len(truth)))
    if not gains or one is None or other is None:
        return Check("champion", None, f"{metric} is not defined on these {len(truth)} rows")
    worse = float(np.mean(np.array(gains) < -settings.tolerance))
    more = f" by more than {_told(metric, settings.tolerance)}" if settings.tolerance else ""
    low, high = np.quantile(gains, [0.025, 0.975])
    sentence = (
        f"{metric} is {figure(one)} against the champion's {figure(other)} on the same "
        f"{len(truth)} rows: worse{more} in {worse:.0%} of "
        f"{settings.resamples} resamples (95 % interval of the gain {_told(metric, low)} "
        f"to {_told(metric, high)})"
    )
    return Check("champion", worse < settings.confidence, sentence)


def _slices(gate: Gate, judged: Evaluation) -> list[Check]:
    asked, metric, found = gate.slices, gate.metric, []
    for part in judged.slices:
        if part.rows < asked.minimum or part.value is None:
            continue
        place = f"{metric} is {figure(part.value)} where {part.column} is {part.name}"
        if asked.floor is not None:
            sentence = f"{place} ({part.rows} rows), the bar is {_bar(metric, asked.floor)}"
            found.append(Check("slice", _reaches(metric, part.value, asked.floor), sentence))
        if asked.tolerance is not None and part.guess is not None:
            worse = -gain(metric, part.value, part.guess)
            sentence = (
                f"{place} ({part.rows} rows) and {figure(part.guess)} by guessing: worse than that "
                f"by more than {_told(metric, asked.tolerance)} is too bad"
            )
            found.append(Check("slice", worse <= asked.tolerance, sentence))
    return found


def _latency(gate: Gate, found: float) -> list[Check]:
    if gate.latency is None:
        return []
    bar = gate.latency.p95_ms
    spent = f"at most {found:.1f} ms of processor"
    sentence = f"95 % of single rows take {spent}, the bar is {bar:g} ms"
    return [Check("latency", found <= bar, sentence)]


def _reaches(metric: str, value: float, bar: float) -> bool:
    return value >= bar if metric in SCORES else value <= bar


def _bar(metric: str, bar: float) -> str:
    return f"at least {bar:g}" if metric in SCORES else f"at most {bar:g}"


def _told(metric: str, amount: float) -> str:
    return f"{amount:.4g}" if metric in SCORES else f"{amount:.2%}"

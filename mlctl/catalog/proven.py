"""Shows what came of testing a platform: faults with the command that tries them again, and what releases will meet."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlctl.catalog.proof import SHOWN, Proof, Tell, again
from mlctl.catalog.replay import Replay
from mlctl.catalog.trial import Trial
from mlctl.tools.console import Console


def progress(console: Console) -> Tell:
    """Return what tells of each case that is done: all where somebody looks closely, else every tenth."""

    def tell(name: str, number: int, of: int) -> None:
        if number == of or number % 10 == 0:
            console.say(f"{number}/{of} cases")
        else:
            console.detail(f"{number}/{of} {name}")

    return tell


def show_proof(found: Proof, source: str, as_json: bool, console: Console) -> None:
    """Print the outcome, or JSON alone."""
    if as_json:
        console.document(json.dumps(_json(found), indent=2, ensure_ascii=False))
        return
    for line in _lines(found, source):
        console.result(line)


def _lines(found: Proof, source: str) -> Iterator[str]:
    for one in found.outcomes:
        if one.faults:
            yield f"{one.name}: {one.told}"
            yield from (f"  {line}" for fault in one.faults[:SHOWN] for line in fault.splitlines())
            yield f"  again: {again(one, source)}"
    if found.drift:
        yield "the golden tree differs:"
        yield from (f"  {line}" for line in found.drift[:SHOWN])
        yield from (f"  … {len(found.drift) - SHOWN} lines more",) if len(found.drift) > SHOWN else ()
        yield "  accept it: mlctl platform test --regold"
    yield from _predicted(found.replays)
    for one in found.errands:
        yield f"{one.name}: {one.told}"
        yield f"  {', '.join(f'{step} {seconds:.0f} s' for step, seconds in one.steps)} of processor"
    bad = sum(bool(one.faults) for one in found.outcomes)
    rules = sum(one.rules for one in found.trials)
    yield (
        f"{len(found.trials)} combinations rendered twice, {rules} promises looked at, "
        f"{len(found.replays)} upgrades replayed, {len(found.errands)} run; "
        f"{bad} with faults{', golden tree written' if found.regolded else ''}"
    )


def _predicted(replays: tuple[Replay, ...]) -> Iterator[str]:
    """Yield what the projects of each release will meet."""
    if replays:
        yield f"{'from':<24} {'changes':>7} {'conflicts':>9} {'lost':>5}  promises broken by it"
    for one in replays:
        row = f"{one.name:<24} {one.changes:>7} {len(one.conflicts):>9} {len(one.lost):>5}"
        yield f"{row}  {', '.join(one.broken) or '-'}"


def _json(found: Proof) -> dict[str, object]:
    return {
        "schema": "mlctl.platform-test/1",
        "sound": found.sound,
        "cases": [_case(one) for one in found.trials],
        "upgrades": [
            {"name": r.name, "version": r.version, "kind": r.kind, "how": r.how, "changes": r.changes,
             "conflicts": list(r.conflicts), "lost": list(r.lost), "broken": list(r.broken), "faults": list(r.faults)}
            for r in found.replays
        ],
        "runs": [
            {"name": r.name, "choices": r.told, "steps": dict(r.steps), "faults": list(r.faults)}
            for r in found.errands
        ],
        "golden": list(found.drift),
    }  # fmt: skip


def _case(one: Trial) -> dict[str, object]:
    return {"name": one.name, "choices": one.told, "files": len(one.tree), "rules": one.rules,
            "awaiting": one.awaiting, "faults": list(one.faults)}  # fmt: skip

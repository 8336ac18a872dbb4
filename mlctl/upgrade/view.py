"""Shows a plan, an upgrade and its end."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from mlctl.tools.console import Console
from mlctl.tools.errors import printable
from mlctl.upgrade.plan import Action, Change, Plan, Step

if TYPE_CHECKING:
    from mlctl.upgrade.adopt import Adoption
    from mlctl.upgrade.recover import Outcome
    from mlctl.upgrade.run import Result


def show(result: Result, as_json: bool, console: Console) -> None:
    """Print what an upgrade did or would do, or JSON alone."""
    plan = result.plan
    if as_json:
        console.document(json.dumps(_json(result), indent=2, ensure_ascii=False))
        return
    for note in plan.notes:
        console.say(f"note: {printable(note)}")
    for line in plan.log if not plan.idle else ():
        console.say(f"  | {line}")
    if plan.diff:
        console.document(plan.diff.rstrip("\n"))
    for change in () if plan.diff else plan.changes:
        console.result(_line(change))
    console.result(_sum(result))
    for line in _next(result):
        console.say(line)


def show_outcome(outcome: Outcome, as_json: bool, console: Console) -> None:
    """Print how a begun upgrade ended, or JSON alone."""
    if as_json:
        value = {
            "schema": "mlctl.upgrade/1", "done": outcome.done, "from": outcome.start, "to": outcome.end,
            "commit": outcome.commit or None, "left": list(outcome.left), "kept": list(outcome.kept),
        }  # fmt: skip
        console.document(json.dumps(value, indent=2, ensure_ascii=False))
        return
    for path in outcome.left:
        console.say(f"note: '{printable(path)}' holds later work and was left alone")
    for path in outcome.kept:
        console.say(f"note: your half-done resolution is kept as {printable(path)}")
    if outcome.commit:
        same = outcome.start == outcome.end
        way = f"changed at {outcome.end}" if same else f"upgraded {outcome.start} → {outcome.end}"
        console.result(f"{way}, committed as {outcome.commit[:10]}")
    elif outcome.start == outcome.end:
        console.result(f"took the change at {outcome.end} back")
    else:
        console.result(f"took the upgrade {outcome.start} → {outcome.end} back")


def show_adoption(made: Adoption, as_json: bool, console: Console) -> None:
    """Print that a repository is a project now, or JSON alone."""
    if as_json:
        value = {
            "schema": "mlctl.adopt/1", "project": str(made.root), "platform": made.source, "version": made.version,
            "from": made.tool or None, "files": list(made.paths), "absent": made.absent, "notes": list(made.notes),
        }  # fmt: skip
        console.document(json.dumps(value, indent=2, ensure_ascii=False))
        return
    for note in made.notes:
        console.say(f"note: {printable(note)}")
    tool = f", as {made.tool} recorded it" if made.tool else ""
    console.result(f"adopted {printable(made.source)} {made.version}{tool}: wrote {', '.join(made.paths)}")
    if made.absent:
        more = f"{made.absent} more file{'s' * (made.absent > 1)}"
        console.say(f"the next `mlctl upgrade` offers {more} of the template, not here yet")
    console.say("commit .mlctl, then run `mlctl upgrade`")


def _line(change: Change) -> str:
    path = printable(change.path)
    moved = f"{printable(change.from_path)} → " if change.from_path else ""
    why = f"   {printable(change.why)}" if change.why else ""
    return f"{change.action:<17}{moved}{path}{why}"


def _sum(result: Result) -> str:
    plan = result.plan
    if plan.idle:
        there = ", ".join(f"{step.name} {step.end.name}" for step in plan.steps if step.end)
        return f"up to date: {there if len(plan.steps) > 1 else f'{plan.source} {plan.end.name}'}"
    counts = Counter(change.action for change in plan.changes)
    told = ", ".join(f"{number} {action}" for action, number in sorted(counts.items()))
    moved = any(step.start != step.end for step in plan.steps)
    verb = ("upgraded" if moved else "changed") if result.applied else ("would upgrade" if moved else "would change")
    done = f", committed as {result.commit[:10]}" if result.commit else ", staged" if result.applied else ""
    if result.applied and not plan.clean:
        verb, done = ("upgrade" if moved else "change"), ", the rest staged: it waits for you"
    return f"{verb} {_way(plan)}: {told}{done}"


def _way(plan: Plan) -> str:
    """Return which layers go where: those that stay are left out."""
    ways = [f"{step.name} " * (len(plan.steps) > 1) + _step(step) for step in plan.steps if step.start != step.end]
    return ", ".join(ways) if ways else f"at {plan.end.name}"


def _step(step: Step) -> str:
    if not step.start:
        return f"comes at {step.end.name if step.end else ''}"
    return f"{step.start.name} → {step.end.name}" if step.end else "leaves"


def _next(result: Result) -> list[str]:
    plan = result.plan
    if not result.applied or result.commit:
        return []
    if not plan.clean:
        number = sum(change.action is Action.CONFLICTED for change in plan.changes)
        files = "a file" if number == 1 else f"{number} files"
        return [f"resolve {files}, `git add`, then `mlctl upgrade --continue`; or go back: `mlctl upgrade --abort`"]
    return ["look at `git diff --cached`, then `git commit`; or go back: `mlctl upgrade --abort`"]


def _json(result: Result) -> dict[str, object]:
    plan: Plan = result.plan
    return {
        "schema": "mlctl.upgrade/1",
        "project": plan.project,
        "from": {"version": plan.start.name, "tree": plan.start.tree},
        "to": {"version": plan.end.name, "tree": plan.end.tree},
        "layers": [_layer(step) for step in plan.steps],
        "clean": plan.clean,
        "result": plan.tree,
        "applied": result.applied,
        "commit": result.commit or None,
        "notes": list(plan.notes),
        "changelog": list(plan.log),
        "changes": [_change(change) for change in plan.changes],
    }


def _layer(step: Step) -> dict[str, object]:
    ends = {"from": step.start, "to": step.end}
    told = {key: {"version": end.name, "tree": end.tree} if end else None for key, end in ends.items()}
    return {"name": step.name, "platform": step.source, **told}


def _change(change: Change) -> dict[str, str]:
    found = {"path": change.path, "action": str(change.action)}
    if change.from_path:
        found["from_path"] = change.from_path
    if change.why:
        found["why"] = change.why
    return found

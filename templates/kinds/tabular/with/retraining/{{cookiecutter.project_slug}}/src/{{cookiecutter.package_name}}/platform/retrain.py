"""Training anew: what `train`, `promote` and `publish` do, by the same functions, in one go."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from . import champion, travel
from .bundle import Manifest
from .config import Workspace
from .datasets import Data
from .errors import ProjectError
from .gate import RejectionError, Verdict, promote
from .storage import Store
from .train import train

SCHEMA, EVIDENCE = "retrain/1", "monitor/1"
Outcome = Literal["promoted", "rejected", "nothing to do"]


@dataclass(frozen=True)
class Retraining:
    """What came of it; `before` and `after` are the champions."""

    outcome: Outcome
    why: str
    before: Manifest | None
    after: Manifest | None
    verdict: Verdict | None = None
    published: str | None = None

    def document(self) -> dict[str, Any]:
        """The outcome as JSON holds it."""
        found: dict[str, Any] = {"schema": SCHEMA, "outcome": self.outcome, "why": self.why}
        found |= {"before": _told(self.before), "after": _told(self.after)}
        found |= {"published": self.published}
        return found | {"gate": self.verdict.document() if self.verdict else None}


def retrain(
    workspace: Workspace,
    there: Store | None = None,
    drift: Path | None = None,
    data: Data | None = None,
) -> Retraining:
    """
    Train, ask the gate, promote, and publish if there is a store.

    What is published reigns: it is fetched first, so that the gate compares with it. `drift` is
    what `monitor --json` wrote: without drift of this very champion there is nothing to do.
    """
    before = _reigning(there, workspace)
    calm = reason_to_wait(drift, before) if drift else ""
    if calm:
        return Retraining("nothing to do", calm, before, before)
    found = train(workspace, data).manifest
    if before and found.digest == before.digest:
        why = "code, data and settings are those of the champion, and so is what they make"
        return Retraining("nothing to do", why, before, before)
    try:
        after, verdict = promote(workspace, data)
    except RejectionError as error:
        why = "; ".join(error.verdict.reasons)
        return Retraining("rejected", why, before, before, error.verdict)
    why = f"{after.name} version {after.version} is the champion"
    if there:
        travel.publish(there, workspace.champion)
        why += f", published in {there.uri}"
    return Retraining("promoted", why, before, after, verdict, there.uri if there else None)


def reason_to_wait(path: Path, now: Manifest | None) -> str:
    """Why what the monitor wrote asks for no training; empty where it does."""
    found = _evidence(path)
    sentence, model = str(found.get("sentence", "")), found.get("model") or {}
    if found["verdict"] != "drift":
        return f"the monitor says: {sentence}"
    if found.get("rehearsal"):
        return f"the monitor only rehearsed: {sentence}"
    if now and model.get("digest") != now.digest:
        return f"the drift was found in version {model.get('version')}, and {now.version} reigns"
    return ""


def save(found: Retraining, path: Path) -> None:
    """Write the outcome as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found.document(), indent=2) + "\n")


def _reigning(there: Store | None, workspace: Workspace) -> Manifest | None:
    """The published champion, put in place; where nothing is published, the one that is there."""
    if there and there.exists(travel.LATEST):
        return travel.pull(there, workspace)
    return champion.current(workspace)


def _evidence(path: Path) -> dict[str, Any]:
    hint = "let `monitor --json FILE` write it"
    try:
        found = json.loads(path.read_text())
    except OSError:
        raise ProjectError(f"there is no file {path}", hint) from None
    except ValueError:
        raise ProjectError(f"{path} is not JSON", hint) from None
    if not isinstance(found, dict) or found.get("schema") != EVIDENCE or "verdict" not in found:
        raise ProjectError(f"{path} is no {EVIDENCE} of a monitor", hint)
    return found


def _told(manifest: Manifest | None) -> dict[str, str] | None:
    return {"version": manifest.version, "digest": manifest.digest} if manifest else None

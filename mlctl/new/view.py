"""Shows a project that was made."""

from __future__ import annotations

import json
import os
import shlex
from collections import Counter

from mlctl.new.scaffold import Scaffold
from mlctl.tools.console import Console
from mlctl.tools.errors import printable


def show(made: Scaffold, as_json: bool, console: Console) -> None:
    """Print what was made and what to type next, or JSON alone."""
    if as_json:
        console.document(json.dumps(_json(made), indent=2, ensure_ascii=False))
        return
    for note in made.notes:
        console.say(f"note: {note}")
    if made.dry:
        for path in made.paths:
            console.result(path)
        console.say(f"would make {_where(made)}: {len(made.paths)} files; nothing was written")
        return
    over = "".join(f" and {printable(place.name)}" for place in made.places[1:])
    console.result(f"made {_where(made)} from {made.kind or made.source} {made.version}{over}: {_counts(made)}")
    if made.units:
        console.result(f"  of   {', '.join(made.units)}")
    steps = " && ".join([f"cd {shlex.quote(_where(made))}", *made.next[:1]])
    console.result(f"  next {steps}")
    for line in made.next[1:]:
        console.result(f"       {line}")


def _where(made: Scaffold) -> str:
    place = os.path.relpath(made.target)
    return place if not place.startswith("../..") else str(made.target)


def _counts(made: Scaffold) -> str:
    """Return the number of files with the biggest folders named."""
    tops = Counter(path.partition("/")[0] for path in made.paths if "/" in path)
    folders = ", ".join(f"{name}/ {count}" for name, count in tops.most_common(3))
    done = ["locked"] if made.locked else []
    done += [f"committed as {made.commit[:10]}"] if made.commit else []
    return f"{len(made.paths)} files" + (f" ({folders})" if folders else "") + "".join(f", {word}" for word in done)


def _json(made: Scaffold) -> dict[str, object]:
    return {
        "schema": "mlctl.new/1",
        "project": str(made.target),
        "kind": made.kind,
        "platform": made.source,
        "version": made.version,
        "units": list(made.units),
        "layers": [{"name": place.name, "platform": place.source} for place in made.places],
        "files": list(made.paths),
        "commit": made.commit,
        "locked": made.locked,
        "notes": list(made.notes),
        "next": list(made.next),
        "dry_run": made.dry,
    }

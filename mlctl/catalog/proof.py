"""The bar for a platform: all cases, its golden tree, its history replayed, and its defaults run end to end."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from mlctl.catalog.cases import cases
from mlctl.catalog.errand import Errand, errand
from mlctl.catalog.replay import EDITED, UNTOUCHED, Replay, history, replay
from mlctl.catalog.trial import Trial, golden, trial
from mlctl.core.platform import FOLDER, Platform
from mlctl.core.units import Catalog, catalog, needed
from mlctl.tools.files import replace

GOLDEN = "golden.txt"
SHOWN = 20


@dataclass(frozen=True)
class Wish:
    """What a test shall do: `only` names the cases, `last` how many releases are replayed."""

    regold: bool = False
    run: bool = False
    only: str = ""
    last: int = 5
    jobs: int = 0


class Outcome(Protocol):
    """What came of one case of any sort."""

    @property
    def name(self) -> str:
        """How the case is called."""

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, in words."""


@dataclass(frozen=True)
class Proof:
    """What came of it all; `drift` are the lines by which the golden tree differs."""

    platform: Platform
    trials: tuple[Trial, ...]
    replays: tuple[Replay, ...]
    errands: tuple[Errand, ...]
    drift: tuple[str, ...]
    regolded: bool

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All that came of it, in order."""
        return (*self.trials, *self.replays, *self.errands)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.drift and not any(one.faults for one in self.outcomes)


Tell = Callable[[str, int, int], None]


def prove(platform: Platform, root: Path, wish: Wish, tell: Tell) -> Proof:
    """Return what comes of testing `platform`, which lies at `root`; `tell` hears of each case that is done."""
    platform.tree.load()
    found = [one for one in cases(platform) if wish.only in one.name]
    there = catalog(platform)
    kinds = there.kinds
    whole = str(_source(platform, root))
    replays = [(version, kind, how) for version in history(platform, root, wish.last) for kind in kinds
               for how in (UNTOUCHED, EDITED) if wish.only in f"{version}/{kind}/{how}"]  # fmt: skip
    runs = [(kind, name) for kind in kinds for name in ("", *swaps(there), *extras(there))] if wish.run else []
    errands = [one for one in runs if wish.only in f"run/{'/'.join(filter(None, one))}"]
    work: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [(errand, (whole, *one)) for one in errands]
    work += [(replay, (whole, *one)) for one in replays]
    work += [(trial, (platform, case)) for case in found]
    done = list(_all(work, wish.jobs or os.cpu_count() or 1, tell))
    trials = [one for one in done if isinstance(one, Trial)]
    drift = () if wish.only else tuple(_drift(root / GOLDEN, golden(trials), wish.regold))
    return Proof(
        platform, tuple(trials), tuple(one for one in done if isinstance(one, Replay)),
        tuple(one for one in done if isinstance(one, Errand)), drift, wish.regold,
    )  # fmt: skip


def swaps(there: Catalog) -> list[str]:
    """Return the components that could stand where a default one fills a port."""
    ports = {there.components[name].provides for name in there.defaults} - {""}
    return [name for name, one in there.components.items() if one.provides in ports and name not in there.defaults]


def extras(there: Catalog) -> list[str]:
    """Return the components of no port that a default project lacks."""
    here = needed(there, set(there.defaults))
    return [name for name, one in there.components.items() if not one.provides and name not in here]


def _source(platform: Platform, root: Path) -> Path:
    """Return the folder that is named as the platform: the repository's top where the platform is a folder in it."""
    inside = root.name == FOLDER and not (root / ".git").exists() and (root.parent / ".git").exists()
    return root.parent if platform.tree.folder or inside else root


def _all(work: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]], jobs: int, tell: Tell) -> Iterator[Any]:
    """Yield the results in the order of `work`, from as many processes as `jobs`."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        futures: list[Future[Any]] = [pool.submit(act, *given) for act, given in work]
        for number, one in enumerate(as_completed(futures), 1):
            tell(one.result().name, number, len(futures))
        yield from (one.result() for one in futures)


def _drift(path: Path, now: str, regold: bool) -> Iterator[str]:
    """Yield the lines by which what is rendered differs from the golden tree; write it instead where `regold`."""
    if regold:
        replace(path, now.encode())
    elif not path.exists():
        yield f"there is no {GOLDEN} yet: `mlctl platform test --regold` writes it"
    else:
        then = path.read_text(encoding="utf-8").splitlines()
        lines = difflib.unified_diff(then, now.splitlines(), GOLDEN, "work tree", lineterm="", n=0)
        yield from (line for line in lines if line[:1] in "+-" and not line.startswith(("+++", "---")))


def again(only: str, root: str) -> str:
    """Return the command that tries one case again."""
    return f"mlctl platform test --only {only}{f' -p {root}' if root else ''}"

"""The bar for a platform: all cases, its golden tree, its history replayed, and its components run end to end."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from mlctl.catalog.cases import cases, runs
from mlctl.catalog.errand import Errand, errand, named
from mlctl.catalog.replay import EDITED, UNTOUCHED, Replay, history, replay
from mlctl.catalog.trial import Trial, golden, trial
from mlctl.core.platform import FOLDER, Platform
from mlctl.core.units import catalog
from mlctl.tools.errors import Invalid, printable
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
    def told(self) -> str:
        """Its choices, as flags of `mlctl new`."""

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
Work = tuple[str, Callable[..., Any], tuple[Any, ...]]


class NoCase(Invalid):
    """A name that no case has."""

    def __init__(self, only: str, run: bool) -> None:
        hint = "drop `--only`, or name a kind" if run else "drop `--only`, or add `--run` for the cases that are run"
        super().__init__(f"no case's name holds '{printable(only)}'", hint)


def prove(platform: Platform, root: Path, wish: Wish, tell: Tell) -> Proof:
    """Return what comes of testing `platform`, which lies at `root`; `tell` hears of each case that is done.

    Raises `NoCase` where `wish.only` names none.
    """
    platform.tree.load()
    work = _chosen(list(_work(platform, root, wish)), wish.only)
    if wish.only and not work:
        raise NoCase(wish.only, wish.run)
    done = list(_all(work, wish.jobs or os.cpu_count() or 1, tell))
    trials = [one for one in done if isinstance(one, Trial)]
    drift = () if wish.only else tuple(_drift(root / GOLDEN, golden(trials), wish.regold))
    return Proof(
        platform, tuple(trials), tuple(one for one in done if isinstance(one, Replay)),
        tuple(one for one in done if isinstance(one, Errand)), drift, wish.regold,
    )  # fmt: skip


def _work(platform: Platform, root: Path, wish: Wish) -> Iterator[Work]:
    """Yield all that there is to do, with its name, what takes longest first."""
    whole = str(_source(platform, root))
    if wish.run:
        yield from ((named(case), errand, (platform, whole, case)) for case in runs(platform))
    kinds = catalog(platform).kinds
    for one in product(history(platform, root, wish.last), kinds, (UNTOUCHED, EDITED)):
        yield "/".join(one), replay, (whole, *one)
    yield from ((case.name, trial, (platform, case)) for case in cases(platform))


def _chosen(work: Sequence[Work], only: str) -> Sequence[Work]:
    """Return the work of that very name, else all whose name holds it."""
    return [one for one in work if one[0] == only] or [one for one in work if only in one[0]]


def _source(platform: Platform, root: Path) -> Path:
    """Return the folder that is named as the platform: the repository's top where the platform is a folder in it."""
    inside = root.name == FOLDER and not (root / ".git").exists() and (root.parent / ".git").exists()
    return root.parent if platform.tree.folder or inside else root


def _all(work: Sequence[Work], jobs: int, tell: Tell) -> Iterator[Any]:
    """Yield the results in the order of `work`, from as many processes as `jobs`."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        futures: list[Future[Any]] = [pool.submit(act, *given) for _, act, given in work]
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


def again(one: Outcome, root: str) -> str:
    """Return the command that tries one case again."""
    run = "--run " if isinstance(one, Errand) else ""
    return f"mlctl platform test {run}--only {one.name}{f' -p {root}' if root else ''}"

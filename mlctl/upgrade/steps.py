"""Path by path, forward or back: a file and its slot change places, and what comes out is looked at."""

from __future__ import annotations

import os
from pathlib import Path

from mlctl.tools import swap
from mlctl.upgrade.journal import Journal, Step, digest, slots
from mlctl.upgrade.project import Project


class Third(Exception):
    """A path holds neither what it held nor what it shall hold."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


def forward(project: Project, made: Journal, strict: bool = False) -> list[str]:
    """Bring every path to its state after; return those left alone, or raise the first as `Third` where `strict`."""
    left = _all(project, made, [(step, step.before, step.after) for step in made.steps], strict)
    for step in made.steps:
        if not step.after:
            swap.prune((project.top / step.path).parent, project.top)
    return left


def backward(project: Project, made: Journal) -> list[str]:
    """Bring every path back to its state before, and take its folders away; return those left alone."""
    left = _all(project, made, [(step, step.after, step.before) for step in made.steps], False)
    for folder in reversed(made.folders):
        swap.vacate(project.top / folder)
    return left


def _all(project: Project, made: Journal, moves: list[tuple[Step, str, str]], strict: bool) -> list[str]:
    """Make the moves, those that take a path away first: a folder may have to become a file."""
    left = []
    folder = slots(project, made.id)
    for step, have, want in sorted(moves, key=lambda move: bool(move[2])):
        try:
            _move(project, folder / step.slot, project.top / step.path, have, want, made.modes)
        except Third:
            if strict:
                raise Third(step.path) from None
            left.append(step.path)
    return left


def _move(project: Project, slot: Path, place: Path, have: str, want: str, modes: bool) -> None:
    """Bring one path from `have` to `want`; the file that it gives up goes into the slot, looked at before it is."""
    now = digest(place, modes)
    if now == want or (now == "folder" and not want):
        return
    if now == "folder" and not have:
        swap.prune_all(place)
        now = digest(place, modes)
    if now != have or (want and digest(slot, modes) != want):
        raise Third("")
    if have and want:
        swap.exchange(slot, place)
        if digest(slot, modes) != have:
            swap.exchange(slot, place)
            raise Third("")
    elif want:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            swap.appear(slot, place)
        except FileExistsError:
            raise Third("") from None
    else:
        os.rename(place, slot)
        if digest(slot, modes) != have:
            swap.appear(slot, place)
            raise Third("")

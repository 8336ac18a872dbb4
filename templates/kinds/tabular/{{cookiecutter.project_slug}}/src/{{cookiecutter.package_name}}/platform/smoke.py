"""Smoke: all fits together, whatever the rows; nothing is said of quality, nothing is promoted."""

from dataclasses import replace

import numpy as np

from . import bundle, champion, tracking
from .bundle import Manifest
from .config import Workspace
from .datasets import Data, rehearsal
from .errors import Exit, ProjectError


def rehearse(workspace: Workspace, data: Data) -> Manifest:
    """The challenger of made-up rows, champion of a rehearsal and of nothing else."""
    refuse_made_up(workspace, data)
    smoke(workspace, data)
    manifest = bundle.read(workspace.challenger)
    manifest = replace(manifest, version=tracking.register(workspace, manifest))
    champion.enthrone(workspace, manifest)
    return manifest


def refuse_made_up(workspace: Workspace, data: Data) -> None:
    """Raise where a model of made-up rows would be champion of more than a rehearsal."""
    if data.smoke and not workspace.rehearsal:
        hint = "train on the data that datasets.yml names as `training`"
        raise ProjectError("a model of made-up rows is never promoted", hint, Exit.REJECTED)


def smoke(workspace: Workspace, data: Data | None = None) -> int:
    """The number of rows the challenger could score; raises where the plumbing leaks."""
    data = data or rehearsal(workspace.root)
    challenger = bundle.load(workspace.challenger)
    outputs = challenger.outputs(data.rows)
    whole = not challenger.manifest.classes or np.allclose(outputs.sum(axis=1), 1)
    if not np.isfinite(outputs).all() or not whole:
        hint = "look at features.py and model.py"
        raise ProjectError("the challenger predicts what is no number", hint, Exit.REJECTED)
    return len(outputs)

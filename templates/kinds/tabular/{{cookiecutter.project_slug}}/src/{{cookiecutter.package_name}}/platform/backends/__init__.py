"""Where heavy work runs: on this machine, or on the cluster that a file in this folder leads to."""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Backend:
    """Where joblib's tasks run, and how many at once."""

    name: str
    width: int = 1


LOCAL = Backend("this machine")


@contextmanager
def backend() -> Iterator[Backend]:
    """
    Run joblib's tasks where the environment says: the first file here whose SETTING is set.

    Nothing is started: a cluster that nobody names is told of, and not made up.
    """
    unset = []
    for name in sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py")):
        module = importlib.import_module(f"{__name__}.{name}")
        if address := os.environ.get(module.SETTING):
            with module.connect(address) as found:
                yield found
            return
        unset.append(module.SETTING)
    told = f"{LOCAL.name} ({' and '.join(unset)} is not set)" if unset else LOCAL.name
    yield Backend(told)

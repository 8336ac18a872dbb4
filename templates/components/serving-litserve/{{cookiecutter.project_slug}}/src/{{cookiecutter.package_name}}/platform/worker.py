"""The model in a worker process of LitServe; what it counts travels back with each answer."""

import signal
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from litserve import LitAPI
from starlette.exceptions import HTTPException

from .metrics import Metrics, set_up_logging

if TYPE_CHECKING:
    from .inference import Model

Count = tuple[str, tuple[str, ...], float]
Answer = tuple[int, Any, list[Count]]  # the status, the body or the reason, what was counted


class Worker(LitAPI):  # type: ignore[misc]
    """One copy of the model; it answers one request after another."""

    def __init__(self, folder: Path) -> None:
        super().__init__(api_path="/worker")
        self.folder = folder
        self.model: Model | None = None

    def setup(self, _: str) -> None:
        from .inference import Model

        set_up_logging()
        self.counts = Counts()
        self.model = Model(self.folder, self.counts)  # type: ignore[arg-type]
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process tells it when to end
        signal.signal(signal.SIGTERM, self._end)

    def decode_request(self, request: Any) -> Any:
        return request

    def predict(self, asked: tuple[str, bytes]) -> Answer:
        act, raw = asked
        try:
            status, told = 200, getattr(self.model, act)(raw)
        except HTTPException as error:
            status, told = error.status_code, error.detail
        return status, told, self.counts.taken()

    def encode_response(self, output: Answer) -> Any:
        return output

    def _end(self, *_: object) -> NoReturn:
        if self.model is not None:
            self.model.close()  # what waits for the prediction log is written
        sys.exit(0)


class Counts:
    """Stands for the metrics in a worker: it remembers counts until an answer takes them along."""

    def __init__(self) -> None:
        self.found: deque[Count] = deque()  # the log counts in a thread of its own

    def __getattr__(self, name: str) -> "Counter":
        return Counter(name, (), self.found)

    def start_at_zero(self, *_: object) -> None:
        """Nothing: the process that exports the metrics does that."""

    def taken(self) -> list[Count]:
        """What was counted since the last answer."""
        return [self.found.popleft() for _ in range(len(self.found))]


class Counter:
    """Stands for one instrument."""

    def __init__(self, name: str, words: tuple[str, ...], found: "deque[Count]") -> None:
        self.name, self.words, self.found = name, words, found

    def labels(self, *words: str) -> "Counter":
        return Counter(self.name, words, self.found)

    def inc(self, amount: float = 1) -> None:
        self.found.append((self.name, self.words, amount))


def replay(metrics: Metrics, counts: Sequence[Count]) -> None:
    """Count in the exported metrics what a worker counted."""
    for name, words, amount in counts:
        instrument = getattr(metrics, name)
        (instrument.labels(*words) if words else instrument).inc(amount)

"""The loaded model and its two answers: to `/predict` and to the Open Inference Protocol."""

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from . import bundle, oip
from .errors import ProjectError
from .metrics import Metrics
from .openapi import document
from .request import Parser, Rows, frame, problems
from .schema import Request, label

log = logging.getLogger("serve")


class Model:
    """A bundle that answers requests; raises HTTPException for those it refuses."""

    def __init__(self, folder: Path, metrics: Metrics) -> None:
        self.bundle = bundle.load(folder)
        self.metrics = metrics
        self.name, self.version = self.bundle.manifest.name, str(self.bundle.manifest.version)
        request, task = self.bundle.request, self.bundle.manifest.task
        self.classes = [label(name) for name in request.classes]
        self.parser = Parser(request.columns)
        self.inputs = oip.inputs(request.columns)
        self.outputs = oip.outputs(task, request.classes)
        self.document = document(self.name, self.version, task, request)
        self.categories = {
            column.name: frozenset(column.categories)
            for column in request.columns
            if column.categories and not column.closed
        }
        self._rehearse(request)
        metrics.start_at_zero(self.classes, list(self.categories))

    def _rehearse(self, request: Request) -> None:
        """Score the example row: ready means able, and the first caller shall not wait longer."""
        try:
            self._scores(self.parser.rows([request.example()]))
        except ValidationError as error:
            where, why = problems(error)[0]["loc"][-1], problems(error)[0]["msg"]
            sentence = f"requests may not hold the example of column {where}: {why.lower()}"
            raise ProjectError(sentence, "mend the data or the contract, and train again") from None

    def predict(self, raw: bytes) -> bytes:
        """The answer to `{"instances": [...]}`."""
        try:
            rows = self.parser.body(raw)
        except ValidationError as error:
            raise HTTPException(422, problems(error)) from None  # type: ignore[arg-type]
        scores = self.answer(rows)
        labels, *probabilities = scores.values()
        predictions: list[dict[str, Any]] = [{"prediction": found} for found in labels]
        for prediction, row in zip(predictions, zip(*probabilities, strict=True), strict=False):
            prediction["probabilities"] = dict(zip(self.classes, row, strict=True))
        return self._json({"predictions": predictions})

    def infer(self, raw: bytes) -> bytes:
        """The answer to an inference request of the protocol."""
        try:
            request, rows = oip.parse(raw, self.parser)
            wanted = oip.wanted(request, self.outputs)
        except oip.OipError as error:
            raise HTTPException(400, str(error)) from None
        identity = {} if request.id is None else {"id": request.id}
        return self._json(identity | {"outputs": oip.tensors(wanted, self.answer(rows))})

    def metadata(self) -> dict[str, Any]:
        """The model as the protocol describes it."""
        return {
            "name": self.name,
            "versions": [self.version],
            "platform": "sklearn_skops",
            "inputs": self.inputs,
            "outputs": self.outputs,
        }

    def answer(self, rows: Rows) -> dict[str, list[Any]]:
        """The scores of the rows, column by column; counted, and a failure is a 500."""
        try:
            scores = self._scores(rows)
        except Exception:
            log.exception("the model failed")
            self.metrics.failures.inc()
            raise HTTPException(500, "the model failed on this request") from None
        self._count(rows, scores["prediction"])
        return scores

    def _scores(self, rows: Rows) -> dict[str, list[Any]]:
        scores = self.bundle.predict(frame(self.parser.columns, rows))
        if not np.isfinite(scores.select_dtypes("number").to_numpy()).all():
            raise ValueError("the model answered with a number that is not finite")
        return {str(name): values for name, values in scores.to_dict("list").items()}

    def _count(self, rows: Rows, predictions: list[Any]) -> None:
        if not self.classes:
            self.metrics.predictions.labels("value").inc(len(predictions))
        for name, n in Counter(map(label, predictions) if self.classes else ()).items():
            self.metrics.predictions.labels(name).inc(n)
        for column, known in self.categories.items():
            if unseen := sum(v is not None and v not in known for v in rows[column]):
                self.metrics.unseen.labels(column).inc(unseen)
        for column, values in rows.items():
            if missing := values.count(None):
                self.metrics.missing.labels(column).inc(missing)

    def _json(self, answer: dict[str, Any]) -> bytes:
        named = {"model_name": self.name, "model_version": self.version} | answer
        return json.dumps(named, allow_nan=False).encode()

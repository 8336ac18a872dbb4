"""
The loaded model and its two answers: to `/predict` and to the Open Inference Protocol v2.

The protocol (KServe, MLServer, Triton) has one tensor per column, in and out, of the shape [rows]
or [rows, 1], with null for a missing value. The outputs are the columns of a batch: `prediction`,
and a FP64 `probability_<class>` per class in classification.
"""

import json
import logging
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from . import bundle, predlog
from .errors import ProjectError
from .explain import MOST_ROWS, Explainer
from .histograms import Histograms
from .metrics import Metrics
from .request import ID, MAX_ROWS, STRICT, Parser, Rows, frame, names, notes, problems
from .schema import Column, Request, label

log = logging.getLogger("serve")
INTEGERS = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
NUMBERS = ("FP16", "FP32", "FP64")
# The first is the one the metadata names; the others are what clients make of their own arrays.
DATATYPES: dict[str, tuple[str, ...]] = {
    "integer": ("INT64", *INTEGERS[:3], *INTEGERS[4:], *NUMBERS),
    "number": ("FP64", *NUMBERS[:2], *INTEGERS),
    "boolean": ("BOOL",),
    "string": ("BYTES",),
    "date": ("BYTES",),
    "datetime": ("BYTES",),
}
Parameters = dict[str, str | int | float | bool]


class Model:
    """A bundle that answers requests; raises HTTPException for those it refuses."""

    def __init__(self, folder: Path, metrics: Metrics) -> None:
        self.bundle = bundle.load(folder)
        self.metrics = metrics
        self.name, self.version = self.bundle.manifest.name, str(self.bundle.manifest.version)
        request, task = self.bundle.request, self.bundle.manifest.task
        self.classes = [label(name) for name in request.classes]
        beside = notes(request)
        self.parser = Parser(request.columns, beside)
        self.few = Parser(request.columns, beside, MOST_ROWS)
        self.explainer = Explainer(self.bundle)
        self.about = request.entity.name if request.entity else ""
        self.inputs = inputs(request.columns)
        self.outputs = outputs(task, request.classes)
        self.categories = {
            column.name: frozenset(column.categories)
            for column in request.columns
            if column.categories and not column.closed
        }
        self.log = self._log()
        logged = [column.name for column in request.columns if self.log and column.loggable]
        self.histograms = Histograms(folder / "reference.json", logged)
        self._rehearse(request)
        metrics.start_at_zero(self.classes, list(self.categories), *self.histograms.all())

    def _log(self) -> predlog.Log | None:
        """The log that PREDICTION_LOG_URI asks for."""
        store, writer = predlog.store(), predlog.writer(self.bundle, "http")
        if store is None:
            return None
        log.info("predictions are logged in %s", store.uri)
        return predlog.Log(store, writer, self.metrics.logged.inc, self.metrics.lost.inc)

    def close(self) -> None:
        """Write what waits for the prediction log."""
        if self.log:
            self.log.close()

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
        rows = _body(self.parser, raw)
        ids = identities(rows, fresh())
        scores = self.answer(rows, ids)
        labels, *probabilities = scores.values()
        predictions: list[dict[str, Any]] = [
            {"id": name, "prediction": found} for name, found in zip(ids, labels, strict=True)
        ]
        for prediction, row in zip(predictions, zip(*probabilities, strict=True), strict=False):
            prediction["probabilities"] = dict(zip(self.classes, row, strict=True))
        return self._json({"predictions": predictions})

    def explain(self, raw: bytes) -> bytes:
        """The answer to `{"instances": [...]}` that says why each row is scored as it is."""
        rows = frame(self.few.columns, _body(self.few, raw))
        with self._counted():
            found = [each.document() for each in self.explainer.explain(rows)]
            return self._json({"explanations": found})

    def infer(self, raw: bytes) -> bytes:
        """The answer to an inference request of the protocol."""
        try:
            request, rows = parse(raw, self.parser)
            asked = wanted(request, self.outputs)
        except OipError as error:
            raise HTTPException(400, str(error)) from None
        name = request.id or fresh()
        scores = self.answer(rows, identities(rows, name))
        return self._json({"id": name, "outputs": tensors(asked, scores)})

    def metadata(self) -> dict[str, Any]:
        """The model as the protocol describes it."""
        return metadata(self.name, self.version, self.inputs, self.outputs)

    def answer(self, rows: Rows, ids: list[str]) -> dict[str, list[Any]]:
        """The scores of the rows, column by column; counted, logged, and a failure is a 500."""
        with self._counted():
            scores = self._scores(rows)
        self._count(rows, scores)
        if self.log:
            self.log.write(predlog.Batch(ids, rows, scores, rows.get(self.about)))
        return scores

    @contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            log.exception("the model failed")
            self.metrics.failures.inc()
            raise HTTPException(500, "the model failed on this request") from None

    def _scores(self, rows: Rows) -> dict[str, list[Any]]:
        scores = self.bundle.predict(frame(self.parser.columns, rows))
        if not np.isfinite(scores.select_dtypes("number").to_numpy()).all():
            raise ValueError("the model answered with a number that is not finite")
        return {str(name): values for name, values in scores.to_dict("list").items()}

    def _count(self, rows: Rows, scores: dict[str, list[Any]]) -> None:
        predictions = scores["prediction"]
        if not self.classes:
            self.metrics.predictions.labels("value").inc(len(predictions))
        for name, n in Counter(map(label, predictions) if self.classes else ()).items():
            self.metrics.predictions.labels(name).inc(n)
        for column, known in self.categories.items():
            if unseen := sum(v is not None and v not in known for v in rows[column]):
                self.metrics.unseen.labels(column).inc(unseen)
        for asked in self.parser.columns:
            if missing := rows[asked.name].count(None):
                self.metrics.missing.labels(asked.name).inc(missing)
        for key, n in self.histograms.features(rows).items():
            self.metrics.features.labels(*key).inc(n)
        for key, n in self.histograms.outputs(scores).items():
            self.metrics.scores.labels(*key).inc(n)

    def _json(self, answer: dict[str, Any]) -> bytes:
        named = {"model_name": self.name, "model_version": self.version} | answer
        return json.dumps(named, allow_nan=False).encode()


def metadata(name: str, version: str, inputs: list[Any], outputs: list[Any]) -> dict[str, Any]:
    """A model as the protocol describes it."""
    return {
        "name": name,
        "versions": [version],
        "platform": "sklearn_skops",
        "inputs": inputs,
        "outputs": outputs,
    }


def fresh() -> str:
    """A name that no other request has."""
    return secrets.token_hex(12)


def identities(rows: Rows, name: str) -> list[str]:
    """The ids of the rows: the caller's own, else the request's with the row's number."""
    count = len(next(iter(rows.values())))
    own = rows.get(ID) or [None] * count
    return [said or (name if count == 1 else f"{name}/{place}") for place, said in enumerate(own)]


def _body(parser: Parser, raw: bytes) -> Rows:
    try:
        return parser.body(raw)
    except ValidationError as error:
        raise HTTPException(422, problems(error)) from None  # type: ignore[arg-type]


class OipError(ValueError):
    """A request that breaks the protocol or the model's contract, said in one sentence."""


class Tensor(BaseModel):
    model_config = STRICT
    name: str
    shape: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=2)]
    datatype: str
    parameters: Parameters | None = None
    data: list[Any]


class Output(BaseModel):
    model_config = STRICT
    name: str
    parameters: Parameters | None = None


class InferRequest(BaseModel):
    model_config = STRICT
    id: str | None = None
    parameters: Parameters | None = None
    inputs: Annotated[list[Tensor], Field(min_length=1)]
    outputs: list[Output] | None = None


_REQUEST = TypeAdapter(InferRequest)


def parse(raw: bytes, parser: Parser) -> tuple[InferRequest, Rows]:
    """The request and its columns of checked values; raises OipError."""
    try:
        request = _REQUEST.validate_json(raw)
    except ValidationError as error:
        raise _refusal("body", error) from None
    rows = _rows(request.inputs, parser.columns + parser.notes)
    try:
        return request, parser.rows(rows)
    except ValidationError as error:
        raise _refusal("row", error) from None


def _refusal(what: str, error: ValidationError) -> OipError:
    first, *others = problems(error)
    where = " ".join(map(str, [what, *first["loc"][1:]]))
    more = f" (and {len(others)} more)" if others else ""
    return OipError(f"{where}: {first['msg']}{more}")


def _rows(tensors: Sequence[Tensor], columns: Sequence[Column]) -> list[dict[str, Any]]:
    if twice := [name for name, n in Counter(t.name for t in tensors).items() if n > 1]:
        raise OipError(f"the input tensor {twice[0]!r} is given twice")
    lengths = {tensor.shape[0] for tensor in tensors}
    if len(lengths) > 1:
        raise OipError(f"the input tensors disagree on the number of rows: {sorted(lengths)}")
    if lengths.pop() > MAX_ROWS:
        raise OipError(f"a request may hold {MAX_ROWS} rows at most")
    known = {name: column for column in columns for name in names(column)}
    values = [_values(tensor, known.get(tensor.name)) for tensor in tensors]
    labels = [tensor.name for tensor in tensors]
    return [dict(zip(labels, row, strict=True)) for row in zip(*values, strict=True)]


def _values(tensor: Tensor, column: Column | None) -> list[Any]:
    if column and tensor.datatype not in DATATYPES[column.type]:
        expected = DATATYPES[column.type][0]
        raise OipError(f"the tensor {tensor.name!r} is {tensor.datatype}, expected {expected}")
    if tensor.shape[1:] not in ([], [1]):
        raise OipError(f"the tensor {tensor.name!r} has shape {tensor.shape}, expected [rows]")
    flat = [v[0] if isinstance(v, list) and len(v) == 1 else v for v in tensor.data]
    if len(flat) != prod(tensor.shape):
        raise OipError(
            f"the tensor {tensor.name!r} has shape {tensor.shape} but {len(flat)} values"
        )
    return flat


def outputs(task: str, classes: Sequence[Any]) -> list[dict[str, Any]]:
    """The metadata of the output tensors."""
    found = {"prediction": _label_type(task, classes)}
    if task != "regression":
        found |= {f"probability_{label(name)}": "FP64" for name in classes}
    return [{"name": name, "datatype": kind, "shape": [-1]} for name, kind in found.items()]


def inputs(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The metadata of the input tensors."""
    return [
        {"name": column.header, "datatype": DATATYPES[column.type][0], "shape": [-1]}
        for column in columns
    ]


def wanted(request: InferRequest, metadata: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The output tensors the request asks for: all of them unless it names some."""
    if not request.outputs:
        return list(metadata)
    known = {tensor["name"]: tensor for tensor in metadata}
    for output in request.outputs:
        if output.name not in known:
            raise OipError(f"no output tensor is called {output.name!r}: {', '.join(known)}")
    return [known[output.name] for output in request.outputs]


def tensors(
    metadata: Sequence[Mapping[str, Any]], scores: Mapping[str, list[Any]]
) -> list[dict[str, Any]]:
    """The output tensors of the scores, column by column."""
    return [
        {**tensor, "shape": [len(scores[tensor["name"]])], "data": scores[tensor["name"]]}
        for tensor in metadata
    ]


def _label_type(task: str, classes: Sequence[Any]) -> str:
    if task == "regression":
        return "FP64"
    if all(isinstance(label, bool) for label in classes):
        return "BOOL"
    return "INT64" if all(type(label) is int for label in classes) else "BYTES"

"""Open Inference Protocol v2 (KServe, MLServer, Triton): one tensor per column, in and out.

Tensors have the shape [rows] or [rows, 1] and carry a missing value as null. The outputs are the
columns of a batch: `prediction`, and a FP64 `probability_<class>` per class in classification.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from .request import MAX_ROWS, STRICT, Parser, Rows, names, problems
from .schema import Column, label

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
    rows = _rows(request.inputs, parser.columns)
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

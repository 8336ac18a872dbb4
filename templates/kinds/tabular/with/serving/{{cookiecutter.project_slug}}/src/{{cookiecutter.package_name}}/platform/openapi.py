"""The OpenAPI document, by hand: a strict model and not FastAPI parses the bodies."""

from collections.abc import Mapping, Sequence
from typing import Any

from . import inference
from .explain import MOST_ROWS
from .request import MAX_ROWS, json_schema, names, notes, value_schema
from .schema import Column, Request, label

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_NUMBER: Json = {"type": "number"}
_BOOL: Json = {"type": "boolean"}


def document(name: str, version: str, task: str, schema: Request) -> Json:
    """The OpenAPI 3.1 document of the service of one model."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": version,
            "description": f"Predicts `{schema.target}` ({task}), by plain JSON and by the Open "
            "Inference Protocol v2. Times without an offset are UTC.",
        },
        "paths": _plain(name, version, task, schema) | _protocol(name, version, task, schema),
    }


def _plain(name: str, version: str, task: str, schema: Request) -> Json:
    status = _object(status=_TEXT)
    facts = _object(
        name=_TEXT, version=_TEXT, task=_TEXT, digest=_TEXT, created_at=_TEXT,
        git_commit={"type": ["string", "null"]}, python=_TEXT,
        versions={"type": "object", "additionalProperties": _TEXT},
    )  # fmt: skip
    example = {"instances": [schema.example()]}
    errors = _errors(_plain_error, 413, 415, 500, 503) | {"422": _invalid()}
    answer, reasons = (
        _prediction(name, version, task, schema.classes),
        _reasons(name, version, schema),
    )
    return {
        "/predict": _post(
            "predict", "Predict rows", _rows(schema, MAX_ROWS), example, _ok(answer) | errors
        ),
        "/explain": _post(
            "explain", "Explain rows", _rows(schema, MOST_ROWS), example, _ok(reasons) | errors
        ),
        "/healthz": _get("healthz", "The process answers", _ok(status)),
        "/readyz": _get("readyz", "The model is loaded", _ok(status) | _errors(_plain_error, 503)),
        "/version": _get("version", "The model served", _ok(facts)),
        "/metrics": _get(
            "metrics",
            "Prometheus metrics",
            {"200": {"description": "OK", "content": {"text/plain": {"schema": _TEXT}}}},
        ),
    }


def _protocol(name: str, version: str, task: str, schema: Request) -> Json:
    gone, error = _errors(_oip_error, 404), _errors(_oip_error, 400, 404, 413, 415, 500, 503)
    live, ready = _object(live=_BOOL), _object(live=_BOOL, ready=_BOOL)
    server = _object(name=_TEXT, version=_TEXT, extensions={"type": "array", "items": _TEXT})
    model_ready = _object(name=_TEXT, ready=_BOOL)
    not_ready = {"503": _answer("The model is not loaded", model_ready)}
    paths = {
        "/v2": _get("v2", "Server metadata", _ok(server)),
        "/v2/health/live": _get("v2_live", "Server live", _ok(live)),
        "/v2/health/ready": _get(
            "v2_ready", "Server ready", _ok(ready) | {"503": _answer("Not ready", ready)}
        ),
    }
    for suffix, tail in (("", ""), ("/versions/{model_version}", "_version")):
        base = "/v2/models/{model_name}" + suffix
        given = [_path("model_name", name)]
        given += [_path("model_version", version)] if suffix else []
        paths |= {
            base: _get(f"v2_model{tail}", "Model metadata", _ok(_metadata()) | gone, given),
            f"{base}/ready": _get(
                f"v2_model_ready{tail}", "Model ready", _ok(model_ready) | gone | not_ready, given
            ),
            f"{base}/infer": _post(
                f"v2_infer{tail}",
                "Infer",
                _infer_body(schema, task),
                _infer_example(schema.columns),
                _ok(_inference(task, schema.classes)) | error,
                given,
            ),
        }
    return paths


def _rows(schema: Request, most: int) -> Json:
    items = json_schema(schema.columns, notes(schema))
    return _object(instances={"type": "array", "minItems": 1, "maxItems": most, "items": items})


def _prediction(name: str, version: str, task: str, classes: Sequence[Any]) -> Json:
    row: Json = {"id": _TEXT, "prediction": _decided(classes)}
    if task != "regression":
        probability = {"type": "number", "minimum": 0, "maximum": 1}
        row["probabilities"] = _object(**{label(name): probability for name in classes})
    return _object(
        model_name={"const": name},
        model_version={"const": version},
        predictions={"type": "array", "minItems": 1, "items": _object(**row)},
    )


def _decided(classes: Sequence[Any]) -> Json:
    return {"enum": list(classes)} if classes else _NUMBER


def _reasons(name: str, version: str, schema: Request) -> Json:
    value = {"type": ["string", "number", "boolean", "null"]}
    contribution = _object(
        column=_one([column.header for column in schema.columns]),
        value=value | {"description": "What the row holds"},
        typical=value | {"description": "What training saw; null where it is personal"},
        contribution=_NUMBER | {"description": "What the column adds to the output"},
        error={"type": "number", "minimum": 0, "description": "Its standard error"},
        sentence=_TEXT,
    )
    outputs = [f"probability_{label(name)}" for name in schema.classes] or ["prediction"]
    explanation = _object(
        prediction=_decided(schema.classes),
        explained=_one(outputs),
        base=_NUMBER | {"description": "The average output for typical rows"},
        output=_NUMBER | {"description": "The base and all contributions"},
        contributions={"type": "array", "items": contribution},
    )
    return _object(
        model_name={"const": name},
        model_version={"const": version},
        explanations={"type": "array", "minItems": 1, "items": explanation},
    )


def _infer_body(schema: Request, task: str) -> Json:
    tensors = [_tensor(column) for column in schema.columns]
    named = [
        {"contains": {"properties": {"name": _one(names(column))}}} for column in schema.columns
    ]
    asked = [tensor["name"] for tensor in inference.outputs(task, schema.classes)]
    beside = [f"`{note.header}` {note.description}" for note in notes(schema)]
    more = f"More tensors may be added: {', '.join(beside)}." if beside else ""
    return _object(
        ["id", "parameters", "outputs"],
        id={"type": ["string", "null"]},
        parameters=_PARAMETERS,
        inputs={
            "description": "One tensor per column, in any order. JSON Schema cannot say that the "
            f"tensors agree on the number of rows, so this shows one; up to {MAX_ROWS} are taken. "
            + more,
            "type": "array",
            "minItems": len(tensors),
            "maxItems": len(tensors),
            "items": {"anyOf": tensors},
            "allOf": named,
        },
        outputs={
            "type": ["array", "null"],
            "items": _object(["parameters"], name=_one(asked), parameters=_PARAMETERS),
        },
    )


def _tensor(column: Column) -> Json:
    return _object(
        ["parameters"],
        name=_one(names(column)),
        shape={"enum": [[1], [1, 1]]},
        datatype=_one(inference.DATATYPES[column.type]),
        parameters=_PARAMETERS,
        data={"type": "array", "minItems": 1, "maxItems": 1, "items": value_schema(column)},
    )


def _infer_example(columns: Sequence[Column]) -> Json:
    return {
        "id": "1",
        "inputs": [
            {
                "name": column.header,
                "shape": [1],
                "datatype": inference.DATATYPES[column.type][0],
                "data": [column.example],
            }
            for column in columns
        ],
    }


def _inference(task: str, classes: Sequence[Any]) -> Json:
    names = [tensor["name"] for tensor in inference.outputs(task, classes)]
    shape = {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 1}
    return _object(
        model_name=_TEXT,
        model_version=_TEXT,
        id=_TEXT,
        outputs={
            "type": "array",
            "minItems": 1,
            "items": _object(name=_one(names), datatype=_TEXT, shape=shape, data={"type": "array"}),
        },
    )


def _metadata() -> Json:
    shape = {"type": "array", "items": {"type": "integer"}}
    tensors = {"type": "array", "items": _object(name=_TEXT, datatype=_TEXT, shape=shape)}
    versions = {"type": "array", "items": _TEXT}
    return _object(name=_TEXT, versions=versions, platform=_TEXT, inputs=tensors, outputs=tensors)


_PARAMETERS: Json = {
    "type": ["object", "null"],
    "additionalProperties": {"type": ["string", "number", "boolean"]},
}


def _object(optional: Sequence[str] = (), /, **properties: Json) -> Json:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


def _one(values: Sequence[str]) -> Json:
    return {"type": "string", "enum": list(values)}


def _path(name: str, value: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": _one([value])}


def _answer(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ok(schema: Json) -> Json:
    return {"200": _answer("OK", schema)}


_REASONS = {
    400: "The request breaks the protocol or the model's contract",
    404: "No such model or version",
    413: "The body is too large",
    415: "The body is not JSON",
    500: "The model failed on this request",
    503: "The model is not loaded yet",
}
_plain_error = _object(detail=_TEXT)
_oip_error = _object(error=_TEXT)


def _errors(schema: Json, *statuses: int) -> Json:
    return {str(status): _answer(_REASONS[status], schema) for status in statuses}


def _invalid() -> Json:
    where = {"type": "array", "items": {"type": ["string", "integer"]}}
    problem = _object(loc=where, msg=_TEXT, type=_TEXT)
    return _answer(
        "Rows break the model's contract; `loc` names the row and the field",
        _object(detail={"type": "array", "minItems": 1, "items": problem}),
    )


def _get(
    name: str, summary: str, responses: Mapping[str, Json], parameters: Sequence[Json] = ()
) -> Json:
    operation = {"operationId": name, "summary": summary, "responses": dict(responses)}
    return {"get": operation | ({"parameters": list(parameters)} if parameters else {})}


def _post(
    name: str,
    summary: str,
    body: Json,
    example: Json,
    responses: Mapping[str, Json],
    parameters: Sequence[Json] = (),
) -> Json:
    operation = _get(name, summary, responses, parameters)["get"]
    content = {"application/json": {"schema": body, "example": example}}
    return {"post": operation | {"requestBody": {"required": True, "content": content}}}

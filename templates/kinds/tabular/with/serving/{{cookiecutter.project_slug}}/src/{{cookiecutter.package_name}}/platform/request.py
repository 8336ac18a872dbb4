"""What a request may hold, from request.json: a strict model, its JSON schema, its frame."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic_core import PydanticCustomError

from .schema import Column, Request, Type

MAX_ROWS = 1_000
MAX_PROBLEMS = 20
STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
INT64 = 2**63

# pandas counts nanoseconds in 64 bits: 292 years around 1970, and as many between two dates.
# Within these years no date and no difference overflows. The calendar stands in the pattern, so
# that the OpenAPI document says exactly what is accepted.
_YEAR = "(?:18[5-9][0-9]|19[0-9]{2}|20[0-9]{2}|21[0-3][0-9]|2140)"
_LEAP = (
    "(?:18(?:5[26]|6[048]|7[26]|8[048]|9[26])|19(?:0[48]|[2468][048]|[13579][26])"
    "|20(?:[02468][048]|[13579][26])|21(?:0[48]|[13][26]|2[048]|40))"
)
_DAY = (
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_OFFSET = "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
DATE = f"(?:{_YEAR}-{_DAY}|{_LEAP}-02-29)"
DATETIME = f"{DATE}[T ]{_TIME}{_OFFSET}?"


Rows = dict[str, list[Any]]  # the values of each column; all the lists have one length
ID = "prediction_id"


class Parser:
    """Turns a request body, or plain rows, into columns of checked values; `notes` may be None."""

    def __init__(
        self, columns: Sequence[Column], notes: Sequence[Column] = (), most: int = MAX_ROWS
    ) -> None:
        self.columns, self.notes = tuple(columns), tuple(notes)
        # Fields are numbered because a column may be called `schema`, `class` or `model_config`.
        fields: dict[str, Any] = {
            f"f{i}": (_type(column), _field(column, ... if i < len(self.columns) else None))
            for i, column in enumerate(self.columns + self.notes)
        }
        row: Any = create_model("Row", __config__=STRICT, **fields)
        rows: Any = Annotated[list[row], Field(min_length=1, max_length=most)]
        body: Any = create_model("Body", __config__=STRICT, instances=(rows, ...))
        self._rows: TypeAdapter[list[BaseModel]] = TypeAdapter(rows)
        self._body: TypeAdapter[Any] = TypeAdapter(body)

    def body(self, raw: bytes) -> Rows:
        """The columns of a JSON body `{"instances": [...]}`; raises pydantic's ValidationError."""
        return self._columns(self._body.validate_json(raw).instances)

    def rows(self, rows: Sequence[dict[str, Any]]) -> Rows:
        """The columns of rows that are Python values already, held to the same rules."""
        return self._columns(self._rows.validate_python(rows))

    def _columns(self, rows: list[BaseModel]) -> Rows:
        values = [row.__dict__ for row in rows]
        return {
            column.name: [value[f"f{i}"] for value in values]
            for i, column in enumerate(self.columns + self.notes)
        }


def notes(request: Request) -> tuple[Column, ...]:
    """What a row may say beside its features: an id of its own, and whom it is about."""
    about = "names the row in the answer and, as it stands, in the prediction log"
    found = [Column(ID, "string", description=about, example="order-1")]
    if request.entity:
        about = "says whom the row is about; only a keyed hash of it is logged"
        found.append(replace(request.entity, description=about, example=None))
    taken = {name for column in request.columns for name in names(column)}
    return tuple(column for column in found if taken.isdisjoint(names(column)))


def problems(error: ValidationError) -> list[dict[str, Any]]:
    """What is wrong, as FastAPI tells it: `loc` names the row and the field; no value is echoed."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {"loc": ["body", *each["loc"]], "msg": each["msg"], "type": each["type"]}
        for each in found[:MAX_PROBLEMS]
    ]


def names(column: Column) -> tuple[str, ...]:
    """The names a request may use: the header of the files first, then the name in Python."""
    return tuple(dict.fromkeys((column.header, column.name)))


def frame(columns: Sequence[Column], rows: Rows) -> pd.DataFrame:
    """The frame the model reads, in the form of `schema.typed`."""
    return pd.DataFrame({column.name: _array(column, rows[column.name]) for column in columns})


def json_schema(columns: Iterable[Column], notes: Iterable[Column] = ()) -> dict[str, Any]:
    """The JSON schema of one row, as exact as the model is."""
    columns, notes = tuple(columns), tuple(notes)
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": [column.header for column in columns if len(names(column)) == 1],
        "properties": {name: value_schema(c) for c in columns + notes for name in names(c)},
    }
    either: list[dict[str, Any]] = [
        {"oneOf": [{"required": [name]} for name in names(column)]}
        for column in columns
        if len(names(column)) > 1
    ]
    either += [{"not": {"required": [*names(note)]}} for note in notes if len(names(note)) > 1]
    return schema | ({"allOf": either} if either else {})


def value_schema(column: Column) -> dict[str, Any]:
    """The JSON schema of one value."""
    schema: dict[str, Any] = {"type": column.type} | _LIMITS.get(column.type, dict)()
    if column.minimum is not None:
        schema["minimum"] = column.minimum
    if column.maximum is not None:
        schema["maximum"] = column.maximum
    if column.closed and column.categories:
        schema["enum"] = [*column.categories, *([None] if column.nullable else [])]
    if column.nullable:
        schema["type"] = [schema["type"], "null"]
    if column.description:
        schema["description"] = column.description
    return schema | ({} if column.example is None else {"examples": [column.example]})


_LIMITS: dict[str, Callable[[], dict[str, Any]]] = {
    "integer": lambda: {"minimum": -INT64, "maximum": INT64 - 1, "format": "int64"},
    "date": lambda: {"type": "string", "format": "date", "pattern": f"^{DATE}$"},
    "datetime": lambda: {"type": "string", "pattern": f"^{DATETIME}$"},
}


def _field(column: Column, default: Any) -> Any:
    return Field(default, validation_alias=AliasChoices(*names(column)))


def _type(column: Column) -> Any:
    kind = _TYPES[column.type]
    if column.closed and column.categories:
        kind = Annotated[kind, AfterValidator(_member(column.categories))]
    if column.minimum is not None:
        kind = Annotated[kind, Field(ge=column.minimum)]
    if column.maximum is not None:
        kind = Annotated[kind, Field(le=column.maximum)]
    return kind | None if column.nullable else kind


def _whole(value: Any) -> Any:
    return int(value) if type(value) is float and value.is_integer() else value


def _member(categories: Sequence[Any]) -> Callable[[Any], Any]:
    allowed, shown = frozenset(categories), ", ".join(map(repr, categories))

    def check(value: Any) -> Any:
        if value not in allowed:
            raise PydanticCustomError(
                "category", "Input should be one of {shown}", {"shown": shown}
            )
        return value

    return check


def _date(text: str) -> dt.datetime:
    if not re.fullmatch(DATE, text):
        raise PydanticCustomError("date", "Input should be a date YYYY-MM-DD from 1850 to 2140")
    return dt.datetime.fromisoformat(text)


def _datetime(text: str) -> dt.datetime:
    if not re.fullmatch(DATETIME, text):
        form = "YYYY-MM-DDTHH:MM:SS[Z|+HH:MM|-HH:MM]"
        raise PydanticCustomError("datetime", f"Input should be a time {form} from 1850 to 2140")
    moment = dt.datetime.fromisoformat(text)
    # Frames hold naive times in UTC: an offset is converted, a naive time is taken as it is.
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


_TYPES: dict[Type, Any] = {
    "integer": Annotated[int, BeforeValidator(_whole), Field(ge=-INT64, le=INT64 - 1)],
    "number": float,
    "string": str,
    "boolean": bool,
    "date": Annotated[str, AfterValidator(_date)],
    "datetime": Annotated[str, AfterValidator(_datetime)],
}


def _array(column: Column, values: list[Any]) -> "np.ndarray[Any, Any]":
    if column.type == "string":
        return np.array([np.nan if value is None else value for value in values], dtype=object)
    if column.type in ("date", "datetime"):
        return np.array(values, dtype="datetime64[us]").astype("datetime64[ns]")
    exact = {"integer": "int64", "boolean": "bool"}.get(column.type, "float64")
    return np.array(values, dtype="float64" if column.nullable else exact)

"""The interface for machines as an OpenAPI 3.1 document, made from the models that read and write it.

Keeps true: what is not in OPERATIONS is not in the document, and a test compares OPERATIONS with the route table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from blocker.admin.api_models import AcknowledgementIn, AcknowledgementOut, Problem, ReportIn, ReportOut
from blocker.cases.tokens import Machine

VERSION = "1"
NUMBER = "^R-[0-9]{4}-[0-9]{6,9}$"


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: whose token it takes, what it takes and what it answers; `again` is the status of a repetition."""

    method: str
    path: str
    name: str
    summary: str
    machine: Machine
    takes: type[BaseModel] | None
    gives: type[BaseModel]
    done: int
    again: int | None = None


OPERATIONS: Sequence[Operation] = (
    Operation(
        "post",
        "/api/v1/reports",
        "report",
        "Report an address",
        Machine.SOURCE,
        ReportIn,
        ReportOut,
        done=201,
        again=200,
    ),
    Operation(
        "get", "/api/v1/reports/{number}", "state", "What became of a report", Machine.SOURCE, None, ReportOut, done=200
    ),
    Operation(
        *("post", "/api/v1/acknowledgements", "acknowledge", "Say which version is in force", Machine.PROVIDER),
        *(AcknowledgementIn, AcknowledgementOut),
        done=201,
        again=200,
    ),
)

_PROBLEMS = {
    400: "The body is no JSON.",
    401: "A valid token of the right kind is needed.",
    404: "There is no such report of this sender's.",
    413: "The body is too long.",
    415: "The body is not application/json.",
    422: "The body is JSON of another form.",
    429: "Too many in a minute; Retry-After says when to go on.",
    503: "The store or the list cannot be read now; nothing was recorded. Send it again.",
}


def document() -> Mapping[str, Any]:
    """Return the document as JSON values."""
    models: set[type[BaseModel]] = {
        Problem,
        *(row.takes for row in OPERATIONS if row.takes),
        *(row.gives for row in OPERATIONS),
    }
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for row in OPERATIONS:
        paths.setdefault(row.path, {})[row.method] = _operation(row)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Redhand desk",
            "version": VERSION,
            "summary": "Reports of what was seen, and of what is in force.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                kind: {"type": "http", "scheme": "bearer", "description": f"The token of a {kind}."} for kind in Machine
            },
        },
    }


def _operation(row: Operation) -> Mapping[str, Any]:
    answers: dict[str, Any] = {str(row.done): _answer("Done.", row.gives)}
    if row.again is not None:
        answers[str(row.again)] = _answer("It was recorded before: nothing was changed.", row.gives)
    expected = {400, 401, 413, 415, 422, 503} if row.takes else {401, 404, 503}
    if row.takes is ReportIn:
        expected |= {429}
    for status in sorted(expected):
        answers[str(status)] = _answer(_PROBLEMS[status], Problem, "application/problem+json")
    made: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.summary,
        "security": [{row.machine: []}],
        "responses": answers,
    }
    if row.takes is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(row.takes)}}}
    if "{number}" in row.path:
        schema = {"type": "string", "pattern": NUMBER}
        made["parameters"] = [{"name": "number", "in": "path", "required": True, "schema": schema}]
    return made


def _answer(text: str, model: type[BaseModel], media: str = "application/json") -> Mapping[str, Any]:
    return {"description": text, "content": {media: {"schema": _ref(model)}}}


def _ref(model: type[BaseModel]) -> Mapping[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}

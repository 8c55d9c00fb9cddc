"""The desk's interface for machines: providers say what is in force, sources what was seen. Bearer tokens and JSON.

Keeps true: no cookie or session of a person counts here, and no token counts anywhere else; what is wrong with a body
is said field by field (RFC 9457), and no line of a log says who sent it; a source learns of its own reports alone.
What bodies look like stands in api_models.py, and as a document in openapi.py.
"""

import asyncio
import json
from collections.abc import Awaitable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from blocker.admin.api_models import AcknowledgementIn, AcknowledgementOut, Problem, ReportIn, ReportOut
from blocker.admin.desk import DESK, Desk
from blocker.admin.openapi import document
from blocker.cases.intake.intake import Intake
from blocker.cases.intake.reports import NewReport
from blocker.cases.isps.acknowledgements import Acknowledgement, Acknowledgements
from blocker.cases.tokens import Machine, Tokens
from blocker.errors import FormError, RedhandError

MINUTE = 60.0
SECONDS = 15.0
"""A body that takes longer to arrive is cut off."""

_Body = TypeVar("_Body", bound=BaseModel)
_Found = TypeVar("_Found")


class _RefusedError(Exception):
    """A request that gets a problem for an answer."""

    def __init__(
        self, status: HTTPStatus, detail: str, errors: list[dict[str, Any]] | None = None, **headers: str
    ) -> None:
        self.problem = Problem(title=status.phrase, status=status, detail=detail, errors=errors or [])
        self.headers = headers


async def acknowledge(request: web.Request) -> web.Response:
    """Record that a version is in force: 201 the first time, 200 when it was recorded before."""
    desk = request.app[DESK]
    try:
        isp = await _machine(request, Machine.PROVIDER)
        body = await _read(request, AcknowledgementIn)
        report = Acknowledgement(
            list=body.list,
            serial=body.serial,
            digest=body.digest,
            in_force_at=body.in_force_at,
            resolver=body.resolver,
        )
        first = await _stored(Acknowledgements(desk.road.store).record(isp, report, desk.road.now()))
    except _RefusedError as refused:
        return _refuse(refused)
    return _answer(AcknowledgementOut(recorded=True), HTTPStatus.CREATED if first else HTTPStatus.OK)


async def report(request: web.Request) -> web.Response:
    """Take a report: 201 the first time, 200 when its reference was received before."""
    desk = request.app[DESK]
    try:
        source = await _machine(request, Machine.SOURCE)
        _pace(desk, source)
        body, now = await _read(request, ReportIn), desk.road.now()
        if body.seen_at > now:
            raise _wrong({"seen_at": "this instant is still to come"})
        new = NewReport(source=source, **body.model_dump())
        received = await _stored(desk.intake.receive(new, now, desk.moments(desk.languages["en"]).local(now).year))
    except FormError as error:
        return _refuse(_wrong(error.problems))
    except _RefusedError as refused:
        return _refuse(refused)
    told = await _told(desk.intake, source, received.number)
    return _answer(told, HTTPStatus.CREATED if received.fresh else HTTPStatus.OK)


async def state(request: web.Request) -> web.Response:
    """Say what became of a report, to whoever sent it."""
    try:
        source = await _machine(request, Machine.SOURCE)
        return _answer(await _told(request.app[DESK].intake, source, request.match_info["number"]), HTTPStatus.OK)
    except _RefusedError as refused:
        return _refuse(refused)


async def describe(_request: web.Request) -> web.Response:
    """Send the interface's own document."""
    return web.json_response(document())


async def _told(intake: Intake, source: str, number: str) -> ReportOut:
    found = await _stored(intake.report(number))
    if found is None or found.source != source:
        raise _RefusedError(HTTPStatus.NOT_FOUND, "There is no such report of yours.")
    first = await _stored(intake.report(found.of)) if found.of else None
    own = first is not None and first.source == source
    return ReportOut(number=found.number, state=found.state.value, of=found.of if own else None)


async def _machine(request: web.Request, kind: Machine) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    tokens = Tokens(request.app[DESK].road.store, kind)
    found = await _stored(tokens.whose(token.strip())) if scheme.lower() == "bearer" and token else None
    if found is None:
        raise _RefusedError(HTTPStatus.UNAUTHORIZED, "A valid token is needed.", WWW_Authenticate="Bearer")
    return found


async def _read(request: web.Request, model: type[_Body]) -> _Body:
    if request.content_type != "application/json":
        raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
    try:
        async with asyncio.timeout(SECONDS):
            body = await request.read()
        json.loads(body)  # what is no JSON at all is told apart from JSON of another form
        return model.model_validate_json(body)
    except TimeoutError:
        raise _RefusedError(HTTPStatus.REQUEST_TIMEOUT, "The body took too long.") from None
    except ValidationError as error:
        wrong = {"/".join(map(str, each["loc"])): each["msg"] for each in error.errors(include_url=False)}
        raise _wrong(wrong) from None
    except (ValueError, RecursionError):
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "The body is no JSON.") from None


def _pace(desk: Desk, source: str) -> None:
    wait = desk.paces.wait(source, asyncio.get_running_loop().time())
    if wait:
        raise _RefusedError(HTTPStatus.TOO_MANY_REQUESTS, "Too many in a minute.", Retry_After=str(max(1, round(wait))))


async def _stored(work: Awaitable[_Found]) -> _Found:
    try:
        return await work
    except FormError:
        raise
    except RedhandError:
        raise _RefusedError(
            HTTPStatus.SERVICE_UNAVAILABLE, "The store cannot be used now; nothing was recorded."
        ) from None


def _wrong(problems: Mapping[str, str]) -> _RefusedError:
    errors = [{"pointer": f"/{field}", "detail": text} for field, text in problems.items()]
    return _RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Some fields are not as they should be.", errors)


def _answer(model: BaseModel, status: HTTPStatus) -> web.Response:
    return web.Response(text=model.model_dump_json(), status=status, content_type="application/json")


def _refuse(refused: _RefusedError) -> web.Response:
    response = web.Response(
        text=refused.problem.model_dump_json(),
        status=refused.problem.status,
        content_type="application/problem+json",
    )
    response.headers.update({name.replace("_", "-"): value for name, value in refused.headers.items()})
    return response

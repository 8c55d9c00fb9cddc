"""The desk's interface for machines: ISPs report here which version is in force. Bearer tokens, JSON, nothing else.

Keeps true: no cookie or session of a person counts here, and no token counts anywhere else; what is wrong with a report
is said in words, and no line of a log says who sent it.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from aiohttp import web

from blocker.admin.desk import DESK
from blocker.cases.acknowledgements import Acknowledgement, Acknowledgements

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}\Z")
_MOST = 2**53


async def acknowledge(request: web.Request) -> web.Response:
    """Record that a version is in force: 201 the first time, 200 when it was recorded before."""
    reports, now = Acknowledgements(request.app[DESK].road.store), request.app[DESK].road.now()
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    isp = await reports.whose(token.strip()) if kind.lower() == "bearer" and token else None
    if isp is None:
        return _answer(HTTPStatus.UNAUTHORIZED, {"error": "a valid token is needed"})
    try:
        report = _read(await request.json())
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": f"not an acknowledgement: {error}"})
    first = await reports.record(isp, report, now)
    return _answer(HTTPStatus.CREATED if first else HTTPStatus.OK, {"recorded": True})


def _read(value: Mapping[str, Any]) -> Acknowledgement:
    report = Acknowledgement(
        list=value["list"],
        serial=value["serial"],
        digest=value["digest"],
        in_force_at=datetime.fromisoformat(value["in_force_at"]),
        resolver=value["resolver"],
    )
    if set(value) != {"list", "serial", "digest", "in_force_at", "resolver"}:
        raise ValueError("it has other fields than list, serial, digest, in_force_at, resolver")
    if not _NAME.match(report.list) or not _NAME.match(report.resolver):
        raise ValueError("list and resolver are short lower-case names")
    if not _DIGEST.match(report.digest):
        raise ValueError("digest is a SHA-256 in hexadecimal")
    if type(report.serial) is not int or not 0 < report.serial < _MOST:
        raise ValueError("serial is a positive whole number")
    if report.in_force_at.utcoffset() is None:
        raise ValueError("in_force_at has an offset from UTC")
    return report


def _answer(status: HTTPStatus, value: Mapping[str, Any]) -> web.Response:
    response = web.json_response(value, status=status)
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response

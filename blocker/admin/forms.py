"""What a browser sent: form bodies, read strictly, and brought into the shape that a step's fields take.

Keeps true that a handler only ever sees text: UTF-8, at most MAX_BODY bytes and MAX_FIELDS fields, without control
characters; and, where a route takes one, a single file after them, not read yet, whose name nobody learns. What a
field's value must be is decided by blocker/cases/forms.py.
"""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import http, web

from blocker.admin.moments import Moments
from blocker.blocklist.entry import Scope
from blocker.cases.forms import Field, Kind
from blocker.errors import FormError

MAX_BODY = 64 * 1024
"""Bytes of a form; the longest honest one is a report with some hundred names and addresses."""

MULTIPART = "multipart/form-data"
MAX_FIELDS = 60
MAX_DIGITS = 16
SECONDS = 15.0
"""A body that takes longer to arrive is cut off."""

CHUNK = 256 * 1024
"""Bytes of a file that are read at once."""

LANGUAGE = "language"
"""The field by which any form may ask for another language."""

_SPACES = {"\t", "\n"}


async def read(request: web.Request) -> dict[str, str]:
    """Return the fields of a posted form; of a field that came twice, the last.

    Raises:
        web.HTTPException: 400, 408, 413 or 415 for what is not a form of ours.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(SECONDS):
            body = await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    try:
        return decode(body)
    except ValueError as error:
        raise web.HTTPBadRequest from error


async def read_with_file(request: web.Request) -> tuple[dict[str, str], aiohttp.BodyPartReader]:
    """Return the fields of a multipart form and the file that follows them (RFC 7578); what follows that is not read.

    Raises:
        web.HTTPException: 400, 408 or 413 for what is not a form of ours.
    """
    try:
        async with asyncio.timeout(SECONDS):
            return await _fields_before_file(await request.multipart())
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    except (ValueError, RuntimeError, KeyError, AssertionError, http.HttpProcessingError) as error:
        raise web.HTTPBadRequest from error  # whatever aiohttp's reader stumbles over


async def _fields_before_file(parts: aiohttp.MultipartReader) -> tuple[dict[str, str], aiohttp.BodyPartReader]:
    fields: dict[str, str] = {}
    room = MAX_BODY
    for _ in range(MAX_FIELDS):
        part = await parts.next()
        if not isinstance(part, aiohttp.BodyPartReader) or part.name is None:
            raise web.HTTPBadRequest
        if part.filename is not None:
            return fields, part
        value = b""
        while chunk := await part.read_chunk():
            value, room = value + chunk, room - len(chunk)
            if room < 0:
                raise web.HTTPRequestEntityTooLarge(MAX_BODY, MAX_BODY - room)
        fields[part.name] = _clean(value.decode())
    raise web.HTTPBadRequest


async def file_chunks(part: aiohttp.BodyPartReader) -> AsyncIterator[bytes]:
    """Yield a file as it arrives.

    Raises:
        web.HTTPException: 400 or 408 if it does not arrive whole, or if nothing comes for SECONDS.
    """
    try:
        while True:
            async with asyncio.timeout(SECONDS):
                chunk = await part.read_chunk(CHUNK)
            if not chunk and part.at_eof():
                return
            yield chunk
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    except (ValueError, AssertionError, aiohttp.ClientError, http.HttpProcessingError) as error:
        raise web.HTTPBadRequest from error


def decode(body: bytes) -> dict[str, str]:
    """Read a urlencoded body (WHATWG URL §5).

    Raises:
        ValueError: if it is not UTF-8 or has too many fields.
    """
    pairs = parse_qsl(
        body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_FIELDS
    )
    return {name: _clean(value) for name, value in pairs}


def _clean(value: str) -> str:
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(character for character in lines if character in _SPACES or unicodedata.category(character) != "Cc")


def same_site(headers: Mapping[str, str], origin: str) -> bool:
    """True unless the browser says that another site's page made this POST.

    Our pages send `Referrer-Policy: no-referrer`, with which browsers write `Origin: null` (Fetch §3.1): so
    Sec-Fetch-Site is asked first, and a null origin alone decides nothing. The form's token decides in any case.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return headers.get("Origin", origin) in {origin, "null"}


def turn(form: Mapping[str, str]) -> int:
    """Return which turn of the case the form was made for.

    Raises:
        web.HTTPBadRequest: if it does not say.
    """
    text = form.get("turn", "")
    if not (text.isascii() and text.isdigit() and len(text) < MAX_DIGITS):
        raise web.HTTPBadRequest
    return int(text)


def entered(fields: Sequence[Field], form: Mapping[str, str], moments: Moments) -> dict[str, str]:
    """Return what was entered for a step's fields, with what the page itself promised to fill in.

    An instant without an offset is one of the page's calendar, and an empty one is now; a name without a scope has the
    one chosen for all of them.

    Raises:
        FormError: without a problem, for a form that only asks to be shown again in another language.
    """
    if LANGUAGE in form:
        raise FormError({})
    data = {}
    for field in fields:
        value = form.get(field.name, "")
        if field.kind is Kind.INSTANT:
            value = moments.typed(value)
        elif field.kind is Kind.NAMES:
            value = "\n".join(_scoped(line, form.get(f"{field.name}-scope", "")) for line in value.splitlines())
        data[field.name] = value
    return data


def _scoped(line: str, scope: str) -> str:
    return f"{line} {scope}" if len(line.split()) == 1 and scope in tuple(Scope) else line


def status_of(error: FormError) -> HTTPStatus:
    """Return the status of a page that shows a form again: for its mistakes, or because that was asked for."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if error.problems else HTTPStatus.OK

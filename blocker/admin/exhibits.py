"""Sealed evidence at the desk: files that come in with a form, and files that somebody opens.

Keeps true: a file is only read from the net once its step could be taken with the rest of the form; nothing leaves
without its event in the ledger, written first. What a file must be is decided by blocker/cases/evidence.py.
"""

from collections.abc import Mapping

from aiohttp import web

from blocker.admin import forms
from blocker.admin.desk import DESK, UPLOAD
from blocker.admin.pages import actor_of, find_case
from blocker.cases.case import Case
from blocker.cases.forms import Kind, clean
from blocker.cases.inquiry import NO_KEYS
from blocker.cases.transition import Transition
from blocker.cases.workflow import legal
from blocker.errors import IllegalStepError, OperationError


async def uploaded(request: web.Request, case: Case, step: Transition, data: Mapping[str, str]) -> dict[str, str]:
    """Keep the file that a step's form brings and return its SHA-256 under the field's name; nothing if it has none.

    Raises:
        web.HTTPUnsupportedMediaType: a file where none belongs, or a form without one where one does.
        FormError: the rest of the form is wrong, or the file is not sealed as it must be; nothing was kept.
        IllegalStepError: no keys are configured that evidence is encrypted to.
        OperationError: the disk failed.
    """
    desk, part = request.app[DESK], request.get(UPLOAD)
    field = next((field for field in step.fields if field.kind is Kind.FILE), None)
    if (field is None) is not (part is None):
        raise web.HTTPUnsupportedMediaType
    if field is None or part is None:
        return {}
    if not desk.road.evidence.recipients:
        raise IllegalStepError(NO_KEYS)
    may = step in legal(case, actor_of(request), desk.road.now())
    if not may or not part.filename:  # the step itself says why it is refused, or that a file is missing
        return {field.name: ""}
    clean([each for each in step.fields if each is not field], data)
    return {field.name: await desk.road.evidence.take(field.name, forms.file_chunks(part))}


async def open_evidence(request: web.Request) -> web.StreamResponse:
    """Record who opens which evidence, then send it as it is kept: sealed."""
    found, sha256 = await find_case(request), request.match_info["evidence"]
    road = request.app[DESK].road
    await road.act(found.id, "open-evidence", actor_of(request), {"evidence": sha256}, turn=found.turn)
    path = road.evidence.find(sha256)
    if path is None:
        raise OperationError(
            "This evidence is in the ledger, but its file is not in the folder. Restore it from a copy."
        )
    response = web.FileResponse(path)
    response.content_type = "application/octet-stream"
    response.headers["Content-Disposition"] = f'attachment; filename="{sha256[:16]}.age"'
    return response

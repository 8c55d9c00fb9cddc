"""The one route table: what there is, and for whom. Whatever is not in it does not exist; no roles means nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from blocker.admin import acts, machine, pages, signing
from blocker.admin.auth import ACCESS
from blocker.admin.desk import ANYONE, MACHINE
from blocker.cases.case import Role

EVERYBODY = frozenset({ANYONE, Role.OFFICER, Role.APPROVER})
STAFF = frozenset({Role.OFFICER, Role.APPROVER})
OFFICERS = frozenset({Role.OFFICER})
MACHINES = frozenset({MACHINE})

CASE = r"/cases/{case:[0-9]{4}-[0-9]{6}}"


@dataclass(frozen=True, slots=True)
class Route:
    """One row; a GET answers HEAD too."""

    method: str
    path: str
    roles: frozenset[str]
    handler: Handler


ROUTES: Sequence[Route] = (
    Route("GET", "/health", EVERYBODY, pages.health),
    Route("GET", "/static/{name}", EVERYBODY, pages.asset),
    Route("GET", "/sign-in", EVERYBODY, signing.sign_in_page),
    Route("POST", "/sign-in", EVERYBODY, signing.sign_in),
    Route("POST", "/sign-out", STAFF, signing.sign_out),
    Route("POST", "/language", EVERYBODY, signing.speak),
    Route("GET", "/", STAFF, pages.home),
    Route("GET", "/cases", STAFF, pages.cases),
    Route("GET", "/cases/new", OFFICERS, pages.new_case),
    Route("POST", "/cases", OFFICERS, acts.report),
    Route("GET", CASE, STAFF, pages.case),
    # Which of the two roles may take an act stands in the workflow's table, not here a second time.
    Route("POST", CASE + "/{act:[a-z-]+}", STAFF, acts.act),
    Route("GET", CASE + "/letters/{letter:[A-Z0-9-]+}", STAFF, pages.letter),
    Route("GET", CASE + "/letters/{letter:[A-Z0-9-]+}/text", STAFF, pages.letter_text),
    Route("GET", "/list", STAFF, pages.listing),
    Route("POST", "/list", STAFF, pages.look_up),
    Route("POST", "/api/v1/acknowledgements", MACHINES, machine.acknowledge),
)


def install(app: web.Application, routes: Sequence[Route] = ROUTES) -> None:
    """Put the table's routes into an application, and their roles where the gate looks for them."""
    access: dict[object, frozenset[str]] = {}
    for row in routes:
        for method in ("GET", "HEAD") if row.method == "GET" else (row.method,):
            access[app.router.add_route(method, row.path, row.handler)] = row.roles
    app[ACCESS] = access

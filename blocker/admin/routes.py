"""The one route table: what there is, and for whom. Whatever is not in it does not exist; no roles means nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from blocker.admin import (
    accounts,
    acts,
    answering,
    exhibits,
    finding,
    ledger,
    list_page,
    machine,
    onboardings,
    own,
    pages,
    providers,
    readers,
    reporting,
    settings_page,
    signing,
    statistics,
    today,
)
from blocker.admin.auth import ACCESS, BARE, FRESH, UPLOADING
from blocker.admin.desk import ANYONE, LINK, MACHINE
from blocker.cases.case import Role

PEOPLE = frozenset(Role) - {Role.SYSTEM}
EVERYBODY = PEOPLE | {ANYONE}
STRANGERS = frozenset({ANYONE})
STAFF = frozenset({Role.OFFICER, Role.APPROVER})
OFFICERS = frozenset({Role.OFFICER})
READERS = STAFF | {Role.OVERSEER, Role.AUDITOR}
"""Who may read every case."""
VIEWERS = STAFF | {Role.OVERSEER}
"""Who may open evidence."""
KEEPERS = frozenset({Role.ADMINISTRATOR, Role.OVERSEER})
"""Who keeps accounts, each office its own."""
WATCHERS = frozenset({Role.OVERSEER, Role.AUDITOR})
CONTACTS = frozenset({Role.ISP})
AUDITORS = frozenset({Role.AUDITOR})
MACHINES = frozenset({MACHINE})
LINKS = frozenset({LINK})

REPORT = "R-[0-9]+-[0-9]+"
ACCOUNT = "/accounts/{account:[a-z]{1,20}-[0-9]{1,10}}"
ISP = "/isps/{isp:[a-z0-9-]{1,40}}"
CASE = r"/cases/{case:[0-9]{4}-[0-9]{6}}"


@dataclass(frozen=True, slots=True)
class Route:
    """One row; a GET answers HEAD too."""

    method: str
    path: str
    roles: frozenset[str]
    handler: Handler
    uploads: bool = False
    """True if its form may bring a file."""
    bare: bool = False
    """True if an account that has no second factor yet may use it outside a trial."""
    fresh: bool = False
    """True if it asks for somebody who signed in a short while ago: it changes what proves an account."""


ROUTES: Sequence[Route] = (
    Route("GET", "/health", EVERYBODY, pages.health, bare=True),
    Route("GET", "/static/{name}", EVERYBODY | LINKS, pages.asset, bare=True),
    Route("GET", "/answer/{link}", LINKS, answering.show),
    Route("POST", "/answer/{link}", LINKS, answering.answer),
    Route("GET", "/sign-in", EVERYBODY, signing.sign_in_page, bare=True),
    Route("POST", "/sign-in", STRANGERS, signing.sign_in),
    Route("GET", "/sign-in/code", STRANGERS, signing.code_page),
    Route("POST", "/sign-in/code", STRANGERS, signing.code),
    Route("POST", "/sign-in/passkey", STRANGERS, signing.passkey),
    Route("POST", "/sign-out", PEOPLE, signing.sign_out, bare=True),
    Route("POST", "/language", EVERYBODY, signing.speak, bare=True),
    Route("GET", "/invitation", STRANGERS, signing.invitation_page),
    Route("POST", "/invitation", STRANGERS, signing.invitation),
    Route("GET", "/account", PEOPLE, own.account, bare=True),
    Route("GET", "/account/app", PEOPLE, own.app_page, bare=True, fresh=True),
    Route("POST", "/account/app", PEOPLE, own.app, bare=True, fresh=True),
    Route("POST", "/account/app/end", PEOPLE, own.drop_app, fresh=True),
    Route("GET", "/account/passkey", PEOPLE, own.passkey_page, bare=True, fresh=True),
    Route("POST", "/account/passkey", PEOPLE, own.passkey, bare=True, fresh=True),
    Route("POST", "/account/passkeys/{passkey:(?:[0-9a-f]{2}){1,1023}}/end", PEOPLE, own.drop_passkey, fresh=True),
    Route("POST", "/account/recovery", PEOPLE, own.recovery, fresh=True),
    Route("POST", "/account/sessions/{session:[0-9a-f]{16}}/end", PEOPLE, own.end_session),
    Route("GET", "/", PEOPLE, pages.home),
    Route("GET", "/today", STAFF, today.today),
    Route("GET", "/cases", READERS, finding.cases),
    Route("POST", "/cases/search", READERS, finding.search),
    Route("GET", "/cases/new", OFFICERS, reporting.new_case),
    Route("POST", "/cases", OFFICERS, acts.report),
    Route("GET", CASE, READERS, pages.case),
    Route("POST", CASE + "/search", OFFICERS, acts.search),
    # Which of these roles may take an act stands in the workflow's table, not here a second time.
    Route("POST", CASE + "/{act:[a-z-]+}", VIEWERS, acts.act, uploads=True),
    Route("POST", CASE + "/evidence/{evidence:[0-9a-f]{64}}", VIEWERS, exhibits.open_evidence),
    Route("GET", CASE + "/letters/{letter:[A-Z0-9-]+}", READERS, pages.letter),
    Route("GET", CASE + "/letters/{letter:[A-Z0-9-]+}/text", READERS, pages.letter_text),
    Route("GET", CASE + "/isps/{isp:[a-z0-9-]{1,40}}", READERS, providers.order),
    Route("GET", "/matrix", READERS, providers.matrix),
    Route("GET", "/isps", READERS, providers.isps),
    Route("GET", ISP + "/letters/{letter:[A-Z0-9-]+}", READERS, onboardings.letter),
    Route("GET", ISP + "/letters/{letter:[A-Z0-9-]+}/text", READERS, onboardings.text),
    Route("POST", ISP + "/letters/{letter:[A-Z0-9-]+}/acts/{act:[a-z-]+}", OFFICERS, onboardings.act),
    Route("GET", "/list", READERS, list_page.listing),
    Route("POST", "/list", READERS, list_page.look_up),
    Route("GET", "/accounts", KEEPERS | AUDITORS, accounts.accounts),
    Route("POST", "/accounts", KEEPERS, accounts.propose_opening),
    Route("POST", ACCOUNT + "/sessions/end", KEEPERS, accounts.end_sessions),
    Route("POST", ACCOUNT + "/{power:[a-z]{1,10}}", KEEPERS, accounts.propose),
    Route("POST", "/proposals/{proposal:[0-9]{1,9}}/{verdict:approve|refuse}", KEEPERS, accounts.decide),
    Route("GET", "/settings", KEEPERS | AUDITORS, settings_page.settings),
    Route("POST", "/settings", KEEPERS, settings_page.propose),
    Route("POST", "/settings/{proposal:[0-9]{1,9}}/{verdict:approve|refuse}", KEEPERS, settings_page.decide),
    Route("GET", "/settings/letters/{letter:[A-Z0-9-]+}", KEEPERS | AUDITORS, settings_page.letter),
    Route("GET", "/settings/letters/{letter:[A-Z0-9-]+}/text", KEEPERS | AUDITORS, settings_page.letter_text),
    Route("GET", "/oversight", WATCHERS, ledger.oversight),
    Route("GET", "/ledger", WATCHERS, ledger.ledger),
    Route("GET", "/ledger/head", WATCHERS, ledger.head),
    Route("GET", "/directives", CONTACTS, readers.directives),
    Route("GET", "/directives/{letter:[A-Z0-9-]+}", CONTACTS, readers.directive),
    Route("POST", "/directives/{letter:[A-Z0-9-]+}/acts/{act:[a-z-]+}", CONTACTS, readers.report),
    Route("GET", "/directives/{letter:[A-Z0-9-]+}/text", CONTACTS, readers.directive_text),
    Route("GET", "/sign-ins", AUDITORS, readers.sign_ins),
    Route("GET", "/reports", READERS, reporting.reports),
    Route("GET", f"/reports/{{number:{REPORT}}}", READERS, reporting.report),
    Route("POST", f"/reports/{{number:{REPORT}}}/{{decision:[a-z-]+}}", OFFICERS, reporting.decide),
    Route("GET", "/referrals", READERS, reporting.referrals),
    Route("POST", "/platforms/{platform:[a-z0-9-]{1,40}}/checked", OFFICERS, reporting.checked),
    Route("GET", "/statistics", PEOPLE, statistics.show),
    Route("GET", "/statistics.csv", PEOPLE, statistics.as_csv),
    Route("GET", "/statistics.json", PEOPLE, statistics.as_json),
    Route("POST", "/api/v1/reports", MACHINES, machine.report),
    Route("GET", f"/api/v1/reports/{{number:{REPORT}}}", MACHINES, machine.state),
    Route("POST", "/api/v1/acknowledgements", MACHINES, machine.acknowledge),
    Route("GET", "/api/v1/openapi.json", EVERYBODY, machine.describe),
)


def install(app: web.Application, routes: Sequence[Route] = ROUTES) -> None:
    """Put the table's routes into an application, and their roles where the gate looks for them."""
    access: dict[object, frozenset[str]] = {}
    uploading: set[object] = set()
    bare: set[object] = set()
    fresh: set[object] = set()
    for row in routes:
        for method in ("GET", "HEAD") if row.method == "GET" else (row.method,):
            route = app.router.add_route(method, row.path, row.handler)
            access[route] = row.roles
            if row.uploads:
                uploading.add(route)
            if row.bare:
                bare.add(route)
            if row.fresh:
                fresh.add(route)
    app[ACCESS], app[UPLOADING], app[BARE], app[FRESH] = access, uploading, bare, fresh

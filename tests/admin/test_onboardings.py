"""An onboarding directive at the desk, over real HTTP: what its provider, staff and the overseer see and record."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from blocker.cases.isps.onboardings import Onboardings
from blocker.cases.isps.order import current
from tests.admin.running import Browser, Running
from tests.admin.walking import walked

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(desk: Running, officer: Browser, approver: Browser) -> AsyncIterator[tuple[str, str]]:
    """A case in force, and the onboarding directive of isp-a, which left and came back since."""
    case = await walked(desk, officer, approver, until="approve-directive", names="joined.providers.example")
    road, isps = desk.desk.road, desk.desk.road.terms.isps
    for told in (isps[1:], isps):
        road.agreed = replace(road.agreed, terms=road.terms.model_copy(update={"isps": told}))
        await desk.carry_out()
    (number,) = await Onboardings(road.store).of("isp-a")
    yield case, number


async def test_its_contact_reads_it_and_records_receipt_and_application_for_all_at_once(
    desk: Running, contact: Browser, told: tuple[str, str]
) -> None:
    case, number = told
    page = await contact.get("/directives")
    assert f'href="/directives/{number}"' in page.text
    assert "directives in it: " in page.words
    page = await contact.get(f"/directives/{number}")
    assert "joined.providers.example" in page.words
    assert "sent, no receipt yet" in page.words
    wrong = await contact.post(
        f"/directives/{number}/acts/isp-received", {"received_at": "2001-01-01T00:00", "how": "-"}
    )
    assert wrong.status == 422
    assert "this lies before the directive" in wrong.words
    assert (await contact.post(f"/directives/{number}/acts/isp-overdue", {})).status == 403
    assert (await contact.post(f"/directives/{number}/acts/isp-query", {})).status == 404
    received = {"received_at": "", "how": "Ticket 9"}
    spoken = await contact.post(f"/directives/{number}/acts/isp-received", {**received, "language": "en"})
    assert (spoken.status, "Ticket 9" in spoken.text, "no receipt yet" in spoken.words) == (200, True, True)
    done = await contact.post(f"/directives/{number}/acts/isp-received", received)
    assert (done.status, done.location) == (303, f"/directives/{number}")
    done = await contact.post(f"/directives/{number}/acts/isp-applied", {"applied_at": "", "where": "dns1, dns2"})
    assert done.status == 303
    await desk.carry_out()
    found = await desk.desk.road.store.case(case)
    assert found is not None
    order = next(each for each in current(found.served) if each.isp == "isp-a")
    assert (order.onboarding, order.where) == (number, "dns1, dns2")
    assert (await contact.get(f"/directives/{number}/text")).status == 200


async def test_staff_and_overseer_see_it_with_its_provider_and_in_the_ledger(
    officer: Browser, overseer: Browser, auditor: Browser, told: tuple[str, str]
) -> None:
    case, number = told
    address = f"/isps/isp-a/letters/{number}"
    for reader in (officer, overseer, auditor):
        assert f'href="{address}"' in (await reader.get("/isps")).text
        assert "joined.providers.example" in (await reader.get(address)).words
        assert (await reader.get(f"{address}/text")).status == 200
        assert (await reader.get(f"/isps/isp-b/letters/{number}")).status == 404
    page = await overseer.get("/oversight")
    assert "Onboarding directive issued to a provider" in (await auditor.get("/ledger?case=isp-a")).words
    assert page.status == 200
    assert number in (await officer.get(f"/cases/{case}/isps/isp-a")).words
    assert (await overseer.post(f"{address}/acts/isp-received", {"received_at": "", "how": "-"})).status == 403
    assert (await officer.post(f"{address}/acts/isp-received", {"received_at": "", "how": "-"})).status == 409

"""What each event about a provider makes of its case: the orders that went out, and what came of each of them.

As in changes.py, everything stands in the event; a report about an order changes that order alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from blocker.cases.case import Case, Event
from blocker.cases.isps.order import Order, Probe, Query, Served, current
from blocker.cases.step import Step

AtServed = Callable[[Served, Event], Mapping[str, Any]]


def told_isps(step: Step) -> Mapping[str, str]:
    """T10d, T12d: the providers of that day."""
    return {"isps": " ".join(isp.id for isp in step.context.letterhead.isps)}


def ordered(case: Case, event: Event, order: Order, isps: Iterable[str], **more: Any) -> tuple[Served, ...]:
    """Return the case's orders with a new one to each of `isps`; what these had still to do is superseded."""
    told = tuple(isps)
    carrier, _, serial = event.data.get("source", "").partition(" ")
    signed: dict[str, Any] = {"list": carrier, "serial": int(serial)} if serial else {}
    before = (
        replace(each, superseded_at=event.at_utc) if each.isp in told and each.open else each for each in case.served
    )
    new = (Served(isp=isp, order=order, issued_at=event.at_utc, **signed, **more) for isp in told)
    return (*before, *new)


def blocked(case: Case, event: Event) -> tuple[Served, ...]:
    """T10d: every provider is to block."""
    return ordered(case, event, Order.BLOCK, event.data["isps"].split())


def restored(case: Case, event: Event, *, at_once: bool = False) -> tuple[Served, ...]:
    """T12d: every provider that was to block, and is still one, is to restore access."""
    directed = {each.isp for each in current(case.served)}
    told = (isp for isp in event.data["isps"].split() if isp in directed)
    return ordered(case, event, Order.RESTORE, told, at_once=at_once)


def joined(case: Case, event: Event) -> Mapping[str, Any]:
    """Tij: one provider more is to block."""
    return {"served": ordered(case, event, Order.BLOCK, [event.data["isp"]], onboarding=event.data["onboarding"])}


def at_provider(change: AtServed) -> Callable[[Case, Event], Mapping[str, Any]]:
    """Return the change of a case whose last order to the event's provider becomes what `change` says."""

    def changed(case: Case, event: Event) -> Mapping[str, Any]:
        isp = event.data["isp"]
        last = max((number for number, each in enumerate(case.served) if each.isp == isp), default=None)
        if last is None:
            raise RuntimeError("something was recorded of a provider that was never told")
        new = replace(case.served[last], **change(case.served[last], event))
        return {"served": (*case.served[:last], new, *case.served[last + 1 :])}

    changed.__doc__ = change.__doc__
    return changed


def received(_served: Served, event: Event) -> Mapping[str, Any]:
    """Ti: its hours run from here; a lateness that was counted without a receipt counts no longer."""
    return {"delivered_at": datetime.fromisoformat(event.data["received_at"]), "overdue_at": None}


def queried(served: Served, event: Event) -> Mapping[str, Any]:
    """Tiq: whoever asks about an order has received it."""
    query = Query(event.at_utc, event.data["about"], event.data["query"])
    return {"query": query, "delivered_at": served.delivered_at or event.at_utc}


def granted(served: Served, event: Event) -> Mapping[str, Any]:
    """Tig: the clock rests from the query to its answer."""
    return {"query": served.query and replace(served.query, granted_by=event.actor)}


def answered(served: Served, event: Event) -> Mapping[str, Any]:
    """Tia: a clock that rested runs on."""
    if served.query is None:
        raise RuntimeError("an answer without a query")
    rested = int((event.at_utc - served.query.at).total_seconds()) if served.query.granted_by else 0
    query = replace(served.query, answered_at=event.at_utc, answer=event.data["answer"])
    return {"query": query, "rested": served.rested + rested}


def applied(served: Served, event: Event) -> Mapping[str, Any]:
    """Tid: what was applied had been received."""
    at = datetime.fromisoformat(event.data["applied_at"])
    return {"applied_at": at, "where": event.data["where"], "delivered_at": served.delivered_at or at}


def impossible(served: Served, event: Event) -> Mapping[str, Any]:
    """Tin: the reason is kept; the clock runs on, and nothing follows by itself."""
    delivered = served.delivered_at or event.at_utc
    return {"cannot": event.data["why"], "cannot_at": event.at_utc, "delivered_at": delivered}


def not_delivered(_served: Served, event: Event) -> Mapping[str, Any]:
    """Tiu."""
    return {"alarmed_at": event.at_utc}


def overdue(_served: Served, event: Event) -> Mapping[str, Any]:
    """Tio."""
    return {"overdue_at": event.at_utc}


def probed(_served: Served, event: Event) -> Mapping[str, Any]:
    """Tip: the last look is the one that counts."""
    return {"probe": Probe(event.at_utc, int(event.data["asked"]), int(event.data["led"]))}


def left(_served: Served, event: Event) -> Mapping[str, Any]:
    """Til: nothing is expected of a provider that is none any more."""
    return {"superseded_at": event.at_utc}

"""What must hold of every order to a provider, in the words of the law: a part of invariants.py."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from blocker.cases.case import Event

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
SILENT = timedelta(hours=48)
AT_ONCE = {"T13", "T13s", "T15"}
"""After these a provider has an hour to restore access."""
WITHDRAWALS = {"T12", *AT_ONCE, "T19l", "T22"}


def providers(events: Sequence[Event]) -> Iterator[str]:
    """Each provider's hours run from its own receipt: late is who is, and nobody is waited for who is not told."""
    orders: dict[str, _Order] = {}
    reason = ""
    for event in events:
        isp, told = event.data.get("isp", ""), event.data
        reason = event.transition if event.transition in WITHDRAWALS else reason
        if event.transition in {"T10d", "T12d"}:
            at_once = event.transition == "T12d" and reason in AT_ONCE
            for each in told["isps"].split():
                if event.transition == "T10d" or each in orders:
                    orders[each] = _Order(event.at_utc, HOUR if at_once else DAY)
        elif event.transition == "Tij":
            orders[isp] = _Order(event.at_utc, DAY)
        elif event.transition in {"T11", "T16", "T16a"}:
            waiting = [each for each, order in sorted(orders.items()) if not order.settled(event.at_utc)]
            yield from (f"event {event.seq} does not wait for {each}" for each in waiting)
        elif isp in orders:
            if event.transition == "Tio" and orders[isp].due >= event.at_utc:
                yield f"event {event.seq} counts {isp} as late before its own time is over"
            orders[isp].hear(event)


@dataclass(slots=True)
class _Order:
    """One order to one provider, followed event by event."""

    issued: datetime
    time: timedelta
    received: datetime | None = None
    done: bool = False
    rested: timedelta = timedelta()
    asked: datetime | None = None
    granted: bool = False

    @property
    def due(self) -> datetime:
        return self.issued + SILENT if self.received is None else self.received + self.time + self.rested

    def settled(self, now: datetime) -> bool:
        return self.done or (now > self.due and not (self.granted and self.asked is not None))

    def hear(self, event: Event) -> None:
        step, told = event.transition, event.data
        if step in {"Ti", "Tic"}:
            self.received = datetime.fromisoformat(told["received_at"])
        elif step in {"Tiq", "Tin"}:
            self.received = self.received or event.at_utc
        elif step in {"Tid", "Til"}:
            self.done = True
        if step == "Tiq":
            self.asked, self.granted = event.at_utc, False
        elif step == "Tig":
            self.granted = True
        elif step == "Tia" and self.asked is not None:
            self.rested += event.at_utc - self.asked if self.granted else timedelta()
            self.asked = None

"""Asks the DNS what lies at, below and beside a case's names: a few questions to one resolver, all at once.

Keeps true: silence, failure and rubbish are told apart from a denial; the whole takes at most PATIENCE seconds. What it
means is left to collateral.py.
"""

import asyncio
import secrets
from collections.abc import Iterable

from blocker.addresses import Address
from blocker.cases.case import CaseName
from blocker.cases.collateral import TRIED_BELOW, Heard
from blocker.dns.answers import encode_query, encode_question
from blocker.dns.ask import exchange
from blocker.dns.codes import Rcode, Type
from blocker.dns.walk import Message, Section, name_at
from blocker.errors import UpstreamError, WireError
from blocker.names import DomainName

PATIENCE = 6.0
AT_ONCE = 20
UNSET = "not checked: no resolver is set (admin.resolver)"
SILENT = "not checked: the resolver did not answer"


async def hear(resolver: Address | None, names: Iterable[CaseName]) -> dict[DomainName, Heard | str]:
    """Return for each name what the DNS said of it, or the sentence that says why that is not known."""
    asked = [each.name for each in names]
    if resolver is None:
        return dict.fromkeys(asked, UNSET)
    room = asyncio.Semaphore(AT_ONCE)
    heard = await asyncio.gather(*(_hear(resolver, name, room) for name in asked))
    return dict(zip(asked, heard, strict=True))


async def _hear(resolver: Address, name: DomainName, room: asyncio.Semaphore) -> Heard | str:
    nobodys = f"x{secrets.token_hex(8)}"  # a label that nobody can have made
    beside = f"{nobodys}.{name.partition('.')[2]}"
    below = [f"{label}.{name}" for label in (*TRIED_BELOW, nobodys)]
    questions = [(str(name), Type.MX), *((each, Type.A) for each in (str(name), beside, *below))]
    try:
        async with asyncio.timeout(PATIENCE):
            mail, own, aside, *lower = await asyncio.gather(*(_ask(resolver, *each, room) for each in questions))
    except (OSError, EOFError, UpstreamError, WireError):  # TimeoutError is an OSError
        return SILENT
    there = [each for each, answer in zip(below, lower, strict=True) if _answers(answer)]
    return Heard(
        mail=tuple(sorted(_hosts(mail))),
        alias=next((one.target for one in own.records if one.type == Type.CNAME and one.target), ""),
        below=tuple(each for each in there if not each.startswith(nobodys)),
        anything_below=any(each.startswith(nobodys) for each in there),
        anything_beside=_answers(aside),
    )


async def _ask(resolver: Address, name: str, qtype: int, room: asyncio.Semaphore) -> Message:
    async with room:
        message = await exchange(resolver, encode_query(encode_question(name, qtype)))
    if message.rcode not in {Rcode.NOERROR, Rcode.NXDOMAIN}:
        raise UpstreamError("the resolver could not say")
    return message


def _answers(message: Message) -> bool:
    return any(one.section is Section.ANSWER for one in message.records)


def _hosts(message: Message) -> Iterable[str]:
    """Yield the exchange of each MX record (RFC 1035 §3.3.9); a null MX (RFC 7505) names none."""
    for one in message.records:
        if one.section is Section.ANSWER and one.type == Type.MX and (host := name_at(message, one.data + 2)):
            yield host

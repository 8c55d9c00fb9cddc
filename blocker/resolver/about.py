"""What we tell about ourselves, in the class that servers do it in (RFC 4892)."""

from blocker.blocklist.index import Header
from blocker.dns.answers import Answer, record, strings
from blocker.dns.codes import Class, Rcode, Type
from blocker.dns.wire import Query

NAMES = {"version.server", "version.redhand", "version.bind"}


def about_us(query: Query, software: str, header: Header | None) -> Answer:
    """Return the answer to a question of class CH: our version, and which list is in force."""
    if query.name not in NAMES:
        return Answer(Rcode.REFUSED)
    if query.qtype not in {Type.TXT, Type.ANY}:
        return Answer()
    facts = (header.serial, header.environment) if header else ("none", "none")
    data = strings(software, f"serial {facts[0]}", f"environment {facts[1]}")
    return Answer(Rcode.NOERROR, (1, 0, 0), record(Type.TXT, 0, data, klass=Class.CH))

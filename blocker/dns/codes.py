"""The numbers of the DNS that Redhand has something to say about (IANA "Domain Name System Parameters")."""

import re
from enum import IntEnum

_UNNAMED = re.compile(r"TYPE([0-9]{1,5})\Z")


class Type(IntEnum):
    """Types of records and questions; any other number is as good, and is written TYPE123 (RFC 3597)."""

    A = 1
    NS = 2
    CNAME = 5
    SOA = 6
    PTR = 12
    HINFO = 13
    MX = 15
    TXT = 16
    AAAA = 28
    SRV = 33
    NAPTR = 35
    DNAME = 39
    OPT = 41
    DS = 43
    SSHFP = 44
    RRSIG = 46
    NSEC = 47
    DNSKEY = 48
    NSEC3 = 50
    TLSA = 52
    SMIMEA = 53
    CDS = 59
    CDNSKEY = 60
    OPENPGPKEY = 61
    SVCB = 64
    HTTPS = 65
    SPF = 99
    TKEY = 249
    TSIG = 250
    IXFR = 251
    AXFR = 252
    MAILB = 253
    MAILA = 254
    ANY = 255
    URI = 256
    CAA = 257


class Class(IntEnum):
    """Classes: the Internet, and Chaos, in which servers tell about themselves."""

    IN = 1
    CH = 3


class Rcode(IntEnum):
    """Response codes; those above 15 need an OPT record (RFC 6891 §6.1.3)."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5
    YXDOMAIN = 6
    BADVERS = 16


class Ede(IntEnum):
    """Extended DNS errors (RFC 8914 §4)."""

    STALE_ANSWER = 3
    FORGED_ANSWER = 4
    NOT_READY = 14
    CENSORED = 16
    PROHIBITED = 18
    STALE_NXDOMAIN = 19
    NOT_AUTHORITATIVE = 20
    NO_REACHABLE_AUTHORITY = 22
    NETWORK_ERROR = 23


WEB_TYPES = frozenset({Type.A, Type.AAAA, Type.HTTPS, Type.SVCB, Type.CNAME, Type.DNAME})
"""The types that lead a browser to a web site; a block of only some of them is none."""

_META = range(128, 256)  # types that only questions have (RFC 6895 §3.1)
_MOST = 65535


def is_data(number: int) -> bool:
    """True if records of this type may stand at a name: not a type of questions alone, nor EDNS's own record."""
    return 0 < number <= _MOST and number not in _META and number != Type.OPT


def type_name(number: int) -> str:
    """Return the mnemonic of a type, or TYPE123."""
    try:
        return Type(number).name
    except ValueError:
        return f"TYPE{number}"


def type_number(name: str) -> int | None:
    """Return the number of a type written as a mnemonic or as TYPE123, or None if it is neither."""
    unnamed = _UNNAMED.match(name)
    if unnamed:
        return int(unnamed[1])
    return Type.__members__.get(name)

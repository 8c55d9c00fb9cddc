"""Who is at the other end: sessions kept on the server, in memory.

Keeps true that a cookie is only a random number (256 bits, nothing is derived from it), that a session gets a new one
when somebody signs in (a number planted before is worth nothing after), that it ends after 30 minutes without a
request and after 10 hours in any case, and that nobody fills the memory with sign-in pages. Sessions die with the
process: whoever stops the desk signs everybody out. Who an account is, is the business of blocker/cases/accounts.py.

Time is the caller's monotonic clock in seconds: a session is about a person at a keyboard, so it does not run faster
in a scaled trial.
"""

import hmac
import secrets
from dataclasses import dataclass, field, replace

IDLE = 30 * 60.0
"""Seconds without a request after which a session is over."""

LIFE = 10 * 3600.0
"""Seconds after sign-in after which a session is over, busy or not: one working day."""

STRANGERS = 1000
"""At most so many sessions of people who have not signed in; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser: its secret, the token that its forms carry, and who has signed in with it, if anybody."""

    token: str
    csrf: str
    began: float
    seen: float
    account: str | None = None
    language: str | None = None
    opened: dict[str, str] = field(default_factory=dict, compare=False)
    """The cases that this session opened, by the number of the form that did: a form sent twice opens one."""

    def owns(self, csrf: str) -> bool:
        """True when a form was made for this very session (compared in constant time)."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode())


class Sessions:
    """All sessions of one desk."""

    def __init__(self) -> None:
        self._all: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._all)

    def new_number(self) -> str:
        """Return a number for a form that may be carried out only once."""
        return secrets.token_urlsafe(16)

    def find(self, token: str, now: float) -> Session | None:
        """Return the living session of a cookie, with this request counted as a sign of life."""
        session = self._all.pop(token, None)
        if session is None or now - session.seen > IDLE or now - session.began > LIFE:
            return None
        return self._keep(replace(session, seen=now))

    def open(self, now: float, *, language: str | None = None) -> Session:
        """Begin the session of somebody who has not signed in."""
        self._sweep(now)
        return self._keep(_fresh(now, None, language))

    def sign_in(self, before: Session, account: str, now: float) -> Session:
        """End the session that led to the sign-in and begin a new one, with a new token, for the account."""
        self.end(before)
        return self._keep(_fresh(now, account, before.language))

    def speak(self, session: Session, language: str) -> None:
        """Remember the language that somebody chose."""
        self._keep(replace(session, language=language))

    def end(self, session: Session) -> None:
        """End a session; its cookie is worth nothing from now on."""
        self._all.pop(session.token, None)

    def _keep(self, session: Session) -> Session:
        self._all.pop(session.token, None)  # to the end of the dict: the order is the order of the last request
        self._all[session.token] = session
        return session

    def _sweep(self, now: float) -> None:
        gone = [token for token, session in self._all.items() if now - session.seen > IDLE]
        strangers = [token for token, session in self._all.items() if session.account is None]
        for token in gone + strangers[: max(0, len(strangers) - STRANGERS + 1)]:
            self._all.pop(token, None)


def _fresh(now: float, account: str | None, language: str | None) -> Session:
    return Session(secrets.token_urlsafe(32), secrets.token_urlsafe(32), now, now, account, language)

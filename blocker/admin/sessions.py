"""Who is at the other end: sessions kept on the server, in memory.

Keeps true that a cookie is only a random number (256 bits, nothing is derived from it), that a session gets a new one
when somebody signs in or changes their factors (a number planted before is worth nothing after), that it ends after a
while without a request and after another in any case, that whoever has typed a password and still owes the second
factor is a stranger, and that nobody fills the memory with sign-in pages. Sessions die with the process: whoever stops
the desk signs everybody out. Who an account is, is the business of blocker/people.

Time is the caller's monotonic clock in seconds: a session is about a person at a keyboard, so it does not run faster
in a scaled trial.
"""

import hmac
import secrets
from dataclasses import dataclass, field, replace

FRESH = 10 * 60.0
"""Seconds after sign-in in which somebody may change what proves their account: no desk left open gives it away."""

HALFWAY = 5 * 60.0
"""Seconds that somebody who typed a password has for the second factor."""

STRANGERS = 1000
"""At most so many sessions of people who have not signed in; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser: its secret, the token that its forms carry, and who has signed in with it, if anybody."""

    token: str
    csrf: str
    id: str
    """What its owner and administrators call it by; it opens nothing."""
    began: float
    seen: float
    account: str | None = None
    language: str | None = None
    bare: bool = False
    """True if the account had no second factor when it signed in."""
    halfway: str | None = None
    """The account whose password was typed and whose second factor is still owed."""
    challenge: bytes = b""
    """What a passkey must sign, if one is asked for."""
    secret: bytes = b""
    """The secret of an app that is being enrolled."""
    opened: dict[str, str] = field(default_factory=dict, compare=False)
    """The cases that this session opened, by the number of the form that did: a form sent twice opens one."""

    def fresh(self, now: float) -> bool:
        """True while its person proved who they are a short while ago."""
        return now - self.began <= FRESH

    def owns(self, csrf: str) -> bool:
        """True when a form was made for this very session (compared in constant time)."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode())


class Sessions:
    """All sessions of one desk; `idle` and `life` are the seconds after which one ends."""

    def __init__(self, idle: float, life: float) -> None:
        self._idle = idle
        self.life = life
        self._all: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._all)

    def new_number(self) -> str:
        """Return a number for a form that may be carried out only once."""
        return secrets.token_urlsafe(16)

    def find(self, token: str, now: float) -> Session | None:
        """Return the living session of a cookie, with this request counted as a sign of life."""
        session = self._all.pop(token, None)
        if session is None or not self._lives(session, now):
            return None
        return self._keep(replace(session, seen=now))

    def of(self, account: str, now: float) -> tuple[Session, ...]:
        """Return the living sessions of an account, the one seen last first."""
        found = [each for each in self._all.values() if each.account == account and self._lives(each, now)]
        return tuple(reversed(found))

    def open(self, now: float, *, language: str | None = None) -> Session:
        """Begin the session of somebody who has not signed in."""
        self._sweep(now)
        return self._keep(_fresh(now, language))

    def half(self, before: Session, account: str, now: float) -> Session:
        """Begin the session of somebody who typed the password of an account and owes its second factor."""
        self.end(before)
        return self._keep(replace(_fresh(now, before.language), halfway=account))

    def sign_in(self, before: Session, account: str, now: float, *, bare: bool = False) -> Session:
        """End the session that led to the sign-in and begin a new one, with a new token, for the account."""
        self.end(before)
        return self._keep(replace(_fresh(now, before.language), account=account, bare=bare, opened=before.opened))

    def renew(self, before: Session, *, bare: bool) -> Session:
        """Go on in a session with a new token for the same account; it ends when the one before would have."""
        self.end(before)
        fresh = _fresh(before.seen, before.language)
        return self._keep(replace(fresh, began=before.began, account=before.account, bare=bare, opened=before.opened))

    def speak(self, session: Session, language: str) -> None:
        """Remember the language that somebody chose."""
        self._change(replace(session, language=language))

    def ask(self, session: Session, *, challenge: bytes = b"", secret: bytes = b"") -> None:
        """Remember what the next form of this session must answer; what was asked before counts no more."""
        self._change(replace(session, challenge=challenge, secret=secret))

    def challenge(self, session: Session) -> bytes:
        """Return what a passkey had to sign in this session, once: a challenge is answered once, rightly or not."""
        asked = self._all.get(session.token, session).challenge
        self.ask(session)
        return asked

    def end(self, session: Session) -> None:
        """End a session; its cookie is worth nothing from now on."""
        self._all.pop(session.token, None)

    def end_all(self, account: str, *, but: Session | None = None) -> None:
        """End every session of an account, those that still owe a factor too."""
        kept = but.token if but else None
        for token, session in list(self._all.items()):
            if account in {session.account, session.halfway} and token != kept:
                del self._all[token]

    def _lives(self, session: Session, now: float) -> bool:
        life = HALFWAY if session.halfway else self.life
        return now - session.seen <= self._idle and now - session.began <= life

    def _keep(self, session: Session) -> Session:
        self._all.pop(session.token, None)  # to the end of the dict: the order is the order of the last request
        self._all[session.token] = session
        return session

    def _change(self, session: Session) -> None:
        if session.token in self._all:  # one that was ended meanwhile stays ended
            self._all[session.token] = session

    def _sweep(self, now: float) -> None:
        gone = [token for token, session in self._all.items() if not self._lives(session, now)]
        strangers = [token for token, session in self._all.items() if session.account is None]
        for token in gone + strangers[: max(0, len(strangers) - STRANGERS + 1)]:
            self._all.pop(token, None)


def _fresh(now: float, language: str | None) -> Session:
    token, csrf, name = secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_hex(8)
    return Session(token, csrf, name, now, now, language=language)

"""A real mail server on a port of its own, with a certificate from an authority of the tests."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.certificates import Authority
from tests.ports import free_port

USER = "desk"


@dataclass(frozen=True)
class Received:
    """One message that the server took."""

    sender: str
    recipients: tuple[str, ...]
    message_id: str
    tls: bool


@dataclass
class Server:
    """The running server and what it saw; `options` are those of RFC 3461."""

    dsn: bool = False
    port: int = 0
    closed: bool = False
    """True for a server that puts everybody off."""
    received: list[Received] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]] if self.dsn else responses

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        if self.closed or address.startswith("later@"):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content)
        secure = server.transport is not None and server.transport.get_extra_info("ssl_object") is not None
        taken = Received(envelope.mail_from, tuple(envelope.rcpt_tos), message["Message-ID"], secure)
        self.received.append(taken)
        return f"250 OK queued as Q{len(self.received)}"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.passwords.append(data.password.decode())
        return AuthResult(success=data.login.decode() == USER)


class _Controller(Controller):
    """aiosmtpd's own, with STARTTLS if the test wants it, and options of MAIL and RCPT let through."""

    def __init__(self, handler: Server, authority: Authority, tls: str, *, auth: bool, port: int) -> None:
        self._more: dict[str, Any] = {"authenticator": handler.authenticate, "auth_required": auth}
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(authority.chain)
        if tls == "starttls":
            self._more |= {"tls_context": context, "require_starttls": True}
        super().__init__(handler, hostname="127.0.0.1", port=port, ssl_context=context if tls == "implicit" else None)

    def factory(self) -> SMTP:
        return _Lenient(self.handler, **self._more)


class _Lenient(SMTP):
    """RFC 3461's parameters, which aiosmtpd refuses before a handler can see them."""

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802
        address, _, options = arg.partition(" ")
        if options:
            self.event_handler.options.append(options.split(" "))
        await super().smtp_RCPT(address)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        words = arg.split(" ")
        ours = [word for word in words if word.startswith(("RET=", "ENVID="))]
        if ours:
            self.event_handler.options.append(ours)
        await super().smtp_MAIL(" ".join(word for word in words if word not in ours))


@contextmanager
def mail_server(
    authority: Authority,
    *,
    tls: str = "starttls",
    dsn: bool = False,
    auth: bool = False,
    port: int | None = None,
    closed: bool = False,
) -> Iterator[Server]:
    """Run a mail server until the block ends; it refuses nobody@ for good, later@ for now, or everybody (`closed`)."""
    server = Server(dsn=dsn, port=port or free_port(), closed=closed)
    controller = _Controller(server, authority, tls, auth=auth, port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()

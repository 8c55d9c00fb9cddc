"""Submission of letters to a mail server (RFC 6409), over TLS and never without.

Keeps true: no password and no letter is given to a server before its certificate was verified. A recipient that the
server refuses for good is told apart from everything that may go better later.
"""

import asyncio
import ssl
from email.utils import parseaddr

import aiosmtplib

from blocker.cases.channels import UndeliverableError
from blocker.cases.post.mail import printable
from blocker.desk_settings import SmtpSettings
from blocker.errors import OperationError

TIMEOUT = 30.0
"""Seconds that a mail server may take for one answer."""

_FOR_GOOD = 500
"""Answers from here on mean that trying again is no use (RFC 5321 §4.2.1)."""


class MailServer:
    """The mail server of one desk."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    async def send(self, number: str, sender: str, to: str, content: bytes) -> str:
        """Hand over one letter and return the server's answer.

        Raises:
            UndeliverableError: if the server refuses the recipient for good.
            OperationError: if it cannot be reached or trusted, or puts us off; try again later.
        """
        try:
            async with await self._client() as client:
                await client.ehlo()  # what was offered before TLS counts for nothing, and is forgotten
                # RFC 3461: a report of success too, with the letter's number, where the server can make one.
                reports = client.supports_extension("dsn")
                _, answer = await client.sendmail(
                    parseaddr(sender)[1],
                    [to],
                    content,
                    mail_options=["RET=HDRS", f"ENVID={number}"] if reports else [],
                    rcpt_options=["NOTIFY=SUCCESS,FAILURE"] if reports else [],
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            said = printable(", ".join(f"{each.code} {each.message}" for each in error.recipients))
            if all(each.code >= _FOR_GOOD for each in error.recipients):
                raise UndeliverableError(said) from error
            raise OperationError(f"the mail server puts the recipient off: {said}") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise OperationError(f"the mail server failed: {printable(str(error))}") from error
        return printable(f"250 {answer}")

    async def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        implicit = settings.tls == "implicit"
        tls, password = await asyncio.to_thread(self._secrets)
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=implicit,
            start_tls=not implicit,  # True, not None: a server without STARTTLS is an error
            tls_context=tls,
            username=settings.user,
            password=password,
            timeout=TIMEOUT,
        )

    def _secrets(self) -> tuple[ssl.SSLContext, str | None]:
        file, ca = self._settings.password_file, self._settings.ca
        try:
            tls = ssl.create_default_context(cafile=None if ca is None else str(ca))
            password = None if file is None else file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise OperationError(f"cannot read what the mail server's settings name: {error}") from error
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        return tls, password

"""One letter to the SMTP server, and every failure as what the outbox knows (RFC 5321)."""

import asyncio
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTPUTF8

import aiosmtplib

from routing.errors import DeliveryError, OutcomeUnknown, Refused, TryLater
from settings import EmailSettings

_TIMEOUT = 30.0
"""Seconds for one answer of the server: some look a sender up before they answer."""


class CannotSend(TryLater):
    """The server lets us send nothing; its words are for the administrator."""


class Client:
    """Sends letters, each over a connection of its own: they are few."""

    def __init__(self, settings: EmailSettings, password: str | None) -> None:
        self._settings = settings
        self._password = password
        self._context: ssl.SSLContext | None = None

    async def send(self, letter: EmailMessage) -> None:
        """Hand a letter to the server.

        Raises
        ------
        DeliveryError
            ``CannotSend`` when it lets us send nothing now, ``Refused`` when it will never take this letter,
            ``OutcomeUnknown`` when the letter went out and the answer was lost.
        """
        sender, to = letter["From"].addresses[0].addr_spec, letter["To"].addresses[0].addr_spec
        content = letter.as_bytes(policy=letter.policy if to.isascii() else SMTPUTF8)
        smtp = await self._connect()
        handed_over = False
        try:
            options = [] if to.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
            await smtp.mail(sender, options=options)
            await smtp.rcpt(to)
            handed_over = True
            await smtp.data(content)
        except aiosmtplib.SMTPResponseException as error:
            raise _verdict(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            kind = OutcomeUnknown if handed_over else TryLater
            raise kind(f"the SMTP server hung up ({type(error).__name__})") from error
        finally:
            await _quit(smtp)

    async def look(self) -> None:
        """Connect and sign in, and send nothing.

        Raises
        ------
        CannotSend
            If that does not work.
        """
        await _quit(await self._connect())

    async def _connect(self) -> aiosmtplib.SMTP:
        given = self._settings
        if given.security != "none" and self._context is None:
            # It reads the certificates of the authorities from files.
            self._context = await asyncio.to_thread(ssl.create_default_context)
        smtp = aiosmtplib.SMTP(
            hostname=given.server,
            port=given.port,
            use_tls=given.security == "tls",
            start_tls=given.security == "starttls",
            tls_context=self._context,
            local_hostname=given.sender.rpartition("@")[2],
            timeout=_TIMEOUT,
        )
        where = f"{given.server}:{given.port}"
        try:
            await smtp.connect()
            if given.user is not None:
                await smtp.login(given.user, self._password or "")
        except aiosmtplib.SMTPAuthenticationError as error:
            await _quit(smtp)
            raise CannotSend(
                f"{where} refuses bridges.email.user and SMTP_PASSWORD ({error.code})"
            ) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            await _quit(smtp)
            raise CannotSend(f"{where} cannot be used: {_words(error)}") from error
        return smtp


def _verdict(error: aiosmtplib.SMTPResponseException) -> DeliveryError:
    """4xx is for now, 5xx for ever (RFC 5321, 4.2.1)."""
    words = f"{error.code} {_words(error)}"
    return TryLater(words) if 400 <= error.code < 500 else Refused(words)


def _words(error: Exception) -> str:
    said = getattr(error, "message", None) or str(error) or type(error).__name__
    return " ".join(str(said).split())[:200]


async def _quit(smtp: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError):
        await smtp.quit()
    smtp.close()

"""A mail server for tests: aiosmtpd on a real socket, with the refusals and the faults of real ones on request."""

import asyncio
import ssl
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from .changes import Changes

T = TypeVar("T")


class MailStandIn:
    """Takes letters; ``user`` makes it ask for a name and password, ``certificate`` offer STARTTLS."""

    def __init__(self, user: str | None = None, certificate: Path | None = None) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str | None] = []
        """What the next letters' DATA is answered with; None takes the letter and loses the answer."""
        self.refused: dict[str, str] = {}
        """What a recipient is refused with."""
        self.password = "segreto$!" if user else None
        self._user = user
        self._certificate = certificate
        self._changes = Changes()
        self._server: asyncio.Server | None = None
        self._protocols: list[SMTP] = []
        self.port = 0

    @property
    def settings(self) -> dict[str, Any]:
        """The part of ``config.yaml`` that points here."""
        return {
            "server": "localhost",
            "port": self.port,
            "security": "starttls" if self._certificate else "none",
            "from": "urp@comune.example",
            "office": "ufficio@comune.example",
        } | ({"user": self._user} if self._user else {})

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the port of before if there was one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be gone: connections are cut."""
        assert self._server is not None
        self._server.close()
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.abort()
        self._protocols.clear()
        await self._server.wait_closed()

    def _protocol(self) -> SMTP:
        context = None
        if self._certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
        protocol = SMTP(
            self,
            enable_SMTPUTF8=True,
            hostname="mail.comune.example",
            tls_context=context,
            require_starttls=context is not None,
            auth_required=self._user is not None,
            auth_require_tls=False,
            authenticator=self._authenticate,
            loop=asyncio.get_running_loop(),
        )
        self._protocols.append(protocol)
        return protocol

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, given: Any
    ) -> AuthResult:
        wanted = LoginPassword((self._user or "").encode(), (self.password or "").encode())
        return AuthResult(success=given == wanted, handled=False)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, unless told otherwise."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take a letter, or do what the next of ``answers`` says."""
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer is None or answer.startswith("2"):
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            letter = message_from_bytes(content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
            self._changes.ring()
        if answer is None:
            server.transport.abort()
            return "421 gone"
        return answer

    def to(self, address: str) -> list[EmailMessage]:
        """The letters to an address."""
        return [letter for letter in self.letters if letter["To"].addresses[0].addr_spec == address]

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 20.0) -> T:  # noqa: ASYNC109
        """The predicate's first true value, looked at after each letter."""
        return await self._changes.wait_for(predicate, timeout, self._describe)

    def _describe(self) -> str:
        return f"letters {[(str(letter['To']), str(letter['Subject'])) for letter in self.letters]}"

"""A real mail server on this machine for tests: it takes, refuses, hangs up and asks for a log-in as it is told."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as SmtpSession
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "qc", "длинный пароль"


@dataclass
class Mailbox:
    """What arrived. ``answers``: for an addressee, what the server says to RCPT; ``after_data``: what it does with the
    message of an addressee: an answer, or "" to hang up."""

    answers: dict[str, str] = field(default_factory=dict)
    after_data: dict[str, str] = field(default_factory=dict)
    raw: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def messages(self) -> list[EmailMessage]:
        return [cast(EmailMessage, message_from_bytes(raw, policy=default)) for _, raw in self.raw]

    @property
    def addressees(self) -> list[str]:
        return [to for to, _ in self.raw]

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get(address, "250 OK")

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        to = envelope.rcpt_tos[-1]
        answer = self.after_data.get(to, "250 OK")
        if answer.startswith("250") or not answer:
            self.raw.append((to, bytes(cast(bytes, envelope.content))))
        if not answer:
            assert server.transport is not None
            server.transport.abort()
            await asyncio.sleep(0)
        return answer


def certificate(folder: Path, host: str = "localhost") -> tuple[Path, Path]:
    """(certificate, key) that signs itself, for 127.0.0.1 and a name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / "mail.crt", folder / "mail.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return files


def _authenticator(
    server: SMTP, session: SmtpSession, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    return AuthResult(success=data == LoginPassword(USER.encode(), PASSWORD.encode()), handled=False)


class _Server(Controller):
    @property
    def used_port(self) -> int:
        assert self.server is not None
        return int(self.server.sockets[0].getsockname()[1])  # type: ignore[attr-defined]

    def _trigger_server(self) -> None:
        """The library greets its own server to see that it runs, at the port it was told, which is 0 here."""
        with socket.create_connection(("127.0.0.1", self.used_port), 5):
            pass


@contextmanager
def mail_server(mailbox: Mailbox, *, tls: tuple[Path, Path] | None = None, at_once: bool = False) -> Iterator[int]:
    """The port of a running server. With ``tls`` it wants a log-in and STARTTLS, or ``at_once`` TLS from the start."""
    options: dict[str, Any] = {}
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        options = {"authenticator": _authenticator}
        if at_once:  # the library takes such a connection for one without protection
            options |= {"ssl_context": context, "auth_require_tls": False}
        else:
            options |= {"tls_context": context, "require_starttls": True, "auth_required": True}
    controller = _Server(mailbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.used_port
    finally:
        controller.stop()

"""The company's mail server, as the outbox needs it: hand over one message and say what became of it.

Every step of SMTP (RFC 5321) is taken by itself, because the step at which it ends decides what comes next: a refusal
for good (5yz), a refusal for now (4yz), or silence after the message was given, when nobody knows whether it arrived.
"""

from __future__ import annotations

import smtplib
import ssl
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from qc_workbench.config_post import MailServer
from qc_workbench.errors import NotConfigured, QcwError
from qc_workbench.reporting.mail_message import on_the_wire, sender_of

_DATA_GOES_ON: Final = 354


class MailError(QcwError):
    """The server can't be used now: nothing of what was to be sent has left."""


class Outcome(Enum):
    """What became of one message. ``UNKNOWN``: it was given and the answer never came."""

    SENT = auto()
    REFUSED = auto()
    DEFERRED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """``code``: of the catalogue (``error.<code>``); empty where the message was taken."""

    outcome: Outcome
    code: str = ""


class MailConnection:
    """One connection; messages go one after the other. A context manager: leaving says goodbye.

    Raises on entering: :class:`MailError` ``mail_unreachable``, ``mail_certificate``, ``mail_no_protection``,
    ``mail_login_refused``; :class:`NotConfigured` ``mail_password_unreadable``, ``mail_ca_unreadable``.
    """

    def __init__(self, settings: MailServer, home: Path) -> None:
        self._settings, self._home = settings, home
        self._sender = on_the_wire(sender_of(settings.sender)[1])
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def hand_over(self, to: str, message: bytes) -> Answer:
        """Give one message to the server. Never raises for what the server says about this one message.

        Raises :class:`MailError` when the server has to be found anew and is not there.
        """
        if self._smtp is None:
            self._open()
        smtp = self._smtp
        assert smtp is not None
        given = False
        try:
            for step in (partial(smtp.mail, self._sender), partial(smtp.rcpt, on_the_wire(to))):
                code, _ = step()
                if code // 100 != 2:
                    self._forget_message()
                    return _refusal(code)
            code, _ = smtp.docmd("data")
            if code != _DATA_GOES_ON:
                self._forget_message()
                return _refusal(code)
            given = True
            smtp.send(_stuffed(message))
            code, _ = smtp.getreply()
        except (OSError, smtplib.SMTPException):  # the connection is lost, or the server speaks no SMTP
            self._close()
            return Answer(Outcome.UNKNOWN, "mail_outcome_unknown") if given else Answer(Outcome.DEFERRED, "mail_lost")
        if code // 100 == 2:
            return Answer(Outcome.SENT)
        self._forget_message()
        return _refusal(code)

    def _forget_message(self) -> None:
        """Ready for the next one; a server that hangs up after a refusal is called again for it."""
        if self._smtp is None:
            return
        try:
            code, _ = self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            code = 0
        if code // 100 != 2:
            self._close()

    def _close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _open(self) -> None:
        settings = self._settings
        context, password = self._context(), self._password()
        where = {"host": settings.host, "port": settings.used_port}
        smtp: smtplib.SMTP | None = None
        try:
            # How this machine calls itself: asking the network for its name may take half a minute.
            own_name = self._sender.rpartition("@")[2]
            if settings.security == "tls":
                smtp = smtplib.SMTP_SSL(
                    settings.host, settings.used_port, own_name, timeout=settings.timeout_s, context=context
                )
            else:
                smtp = smtplib.SMTP(settings.host, settings.used_port, own_name, timeout=settings.timeout_s)
            smtp.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                smtp.starttls(context=context)
                smtp.ehlo()
            if settings.user:
                _log_in(smtp, settings.user, password)
        except QcwError:
            raise
        except ssl.SSLCertVerificationError as error:
            _drop(smtp)
            raise MailError("mail_certificate", **where, detail=error.verify_message) from error
        except smtplib.SMTPNotSupportedError as error:
            _drop(smtp)
            raise MailError("mail_no_protection" if settings.security == "starttls" and not _is_protected(smtp)
                            else "mail_no_login", **where) from error  # fmt: skip
        except smtplib.SMTPAuthenticationError as error:
            _drop(smtp)
            raise MailError("mail_login_refused", **where, user=settings.user, status=error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            _drop(smtp)
            raise MailError("mail_unreachable", **where, detail=type(error).__name__) from error
        self._smtp = smtp

    def _context(self) -> ssl.SSLContext:
        file = self._settings.ca_file
        try:
            return ssl.create_default_context(cafile=str(self._home / file) if file else None)
        except (OSError, ssl.SSLError) as error:
            raise NotConfigured("mail_ca_unreadable", file=file, detail=_detail(error)) from error

    def _password(self) -> str:
        if not self._settings.user:
            return ""
        file = self._settings.password_file
        try:
            return (self._home / file).read_text(encoding="utf-8-sig").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise NotConfigured("mail_password_unreadable", file=str(file), detail=_detail(error)) from error


def _log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """As the library does, which knows ASCII only; RFC 4616 has names and passwords in UTF-8."""
    if (user + password).isascii():
        smtp.login(user, password)
        return
    if not smtp.has_extn("auth"):
        raise smtplib.SMTPNotSupportedError
    told = b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, said = smtp.docmd("AUTH", f"PLAIN {told}")
    if code // 100 != 2:
        raise smtplib.SMTPAuthenticationError(code, said)


def _refusal(code: int) -> Answer:
    if code // 100 == 5:
        return Answer(Outcome.REFUSED, "mail_refused")
    return Answer(Outcome.DEFERRED, "mail_deferred")


def _stuffed(message: bytes) -> bytes:
    """The content of DATA: lines end in CRLF already; a line that begins with a dot gets another (RFC 5321, 4.5.2)."""
    body = message.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _is_protected(smtp: smtplib.SMTP | None) -> bool:
    return smtp is not None and isinstance(smtp.sock, ssl.SSLSocket)


def _drop(smtp: smtplib.SMTP | None) -> None:
    if smtp is not None:
        smtp.close()


def _detail(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__

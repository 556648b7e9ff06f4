"""Mail: put into the outbox in the same breath as what it is about, sent when the server takes it.

Each mail is sent once, as far as SMTP can promise it. The row says "being handed over" before and "sent" after; who is
killed in between, or loses the server after giving the message, leaves a mail of which nobody knows whether it
arrived. It is sent once more, under the same Message-ID, and never a third time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pipelines.alive import alone
from pipelines.mail_server import Answer, MailConnection, MailError, Outcome
from qc_workbench.domain.mail import (
    MOST_BYTES,
    PAUSES,
    TRIED_FOR,
    UNKNOWN_MOST,
    KeptMail,
    Mail,
    is_address,
    mail_id_of,
    next_try,
)
from qc_workbench.errors import NotConfigured, UsageError, WriteRefused
from qc_workbench.logs import event
from qc_workbench.reporting.mail_message import message_bytes
from qc_workbench.store import outbox
from qc_workbench.store.database import Statement
from qc_workbench.workspace import Workspace

#: Mails sent in one go; the rest in the next, so that nobody waits for an hour for the lock.
MOST_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of the mail whose turn it was. ``waiting``: what is still in the outbox, also for later.

    ``code``: why nothing could be sent at all (``error.<code>``); ``is_busy``: somebody else is sending.
    """

    sent: int = 0
    put_off: int = 0
    given_up: int = 0
    waiting: int = 0
    code: str = ""
    is_busy: bool = False


def queue_statement(mail: Mail, at: datetime, *, about: str = "") -> tuple[str, Statement]:
    """(id, statement): for a write that does something and queues the mail about it, both or neither.

    Raises :class:`UsageError` ``mail_address``, ``mail_too_large``, ``mail_empty``.
    """
    if not is_address(mail.to):
        raise UsageError("mail_address", address=mail.to)
    if not mail.subject.strip() or not mail.text.strip():
        raise UsageError("mail_empty")
    if mail.size_bytes > MOST_BYTES:
        raise UsageError("mail_too_large", size_mb=f"{mail.size_bytes / 1e6:.1f}", most_mb=f"{MOST_BYTES / 1e6:.1f}")
    return mail_id_of(mail, about), outbox.queued(mail, about, at)


def queue_mail(workspace: Workspace, mail: Mail, at: datetime, *, about: str = "") -> str:
    """Put a mail into the outbox and return its id. The same mail about the same thing is queued once.

    ``about`` names the thing with its moment (``day_page:2026-10-01``). Raises as :func:`queue_statement`.
    """
    mail_id, statement = queue_statement(mail, at, about=about)
    workspace.store.write(statement)
    return mail_id


def send_queued(
    workspace: Workspace, at: datetime, *, connect: Callable[..., MailConnection] = MailConnection
) -> SendReport:
    """Send what waits and whose turn has come at ``at``. What the server refuses for one mail holds up no other."""
    with alone(workspace.home / ".locks", "post") as is_alone:
        if not is_alone:
            return SendReport(is_busy=True)
        _settle_cut_off(workspace, at)
        mails = _due(workspace, at)
        if not workspace.settings.mail.is_set_up:
            return _counted(workspace, SendReport(code="mail_not_configured" if mails else ""))
        report = SendReport()
        if mails:
            report = _send(workspace, mails, at, connect)
        return _counted(workspace, report)


def send_test(workspace: Workspace, mail: Mail, at: datetime) -> None:
    """Hand one mail over now, past the outbox, and say what is wrong. Raises :class:`MailError`,
    :class:`NotConfigured`, :class:`UsageError`."""
    settings = workspace.settings.mail
    if not settings.is_set_up:
        raise NotConfigured("mail_not_configured")
    mail_id, _ = queue_statement(mail, at)
    with MailConnection(settings, workspace.home) as connection:
        answer = connection.hand_over(mail.to, message_bytes(mail, mail_id, settings.sender, at))
    if answer.outcome is not Outcome.SENT:
        raise MailError(answer.code)


def _send(
    workspace: Workspace, mails: list[KeptMail], at: datetime, connect: Callable[..., MailConnection]
) -> SendReport:
    settings = workspace.settings.mail
    sent = put_off = given_up = 0
    left = list(mails)
    try:
        with connect(settings, workspace.home) as connection:
            while left:
                answer = _hand_over(workspace, connection, left[0], at)
                mail = left.pop(0)
                if answer is None:
                    continue
                workspace.store.write(_noted(mail, answer, at))
                if answer.outcome is Outcome.SENT:
                    sent += 1
                elif _following(mail, answer, at) is None:
                    given_up += 1
                    event("mail.given_up", logging.WARNING, error=answer.code, attempt=mail.attempts + 1)
                else:
                    put_off += 1
                    event("mail.put_off", error=answer.code, attempt=mail.attempts + 1)
    except (MailError, NotConfigured) as error:
        # Nothing of what is left was given to the server; the one whose turn it was is no different.
        tried = [mail for mail in left if next_try(mail.queued_at, mail.attempts + 1, at) is not None]
        lost = [mail.mail_id for mail in left if mail not in tried]
        until = at + PAUSES[min(max((mail.attempts for mail in tried), default=0), len(PAUSES) - 1)]
        workspace.store.write(
            outbox.tried_in_vain([mail.mail_id for mail in left]),
            outbox.put_off([mail.mail_id for mail in tried], error.code, until),
            outbox.given_up(lost, error.code, at),
        )
        event("mail.no_server", logging.WARNING, error=error.code, count=len(left))
        return SendReport(sent, put_off + len(tried), given_up + len(lost), code=error.code)
    if sent:
        event("mail.sent", count=sent)
    return SendReport(sent, put_off, given_up)


def _hand_over(workspace: Workspace, connection: MailConnection, mail: KeptMail, at: datetime) -> Answer | None:
    """None: it does not wait any more, somebody has erased it."""
    with workspace.store.reading() as reader:
        words = outbox.words_of(reader, mail.mail_id)
    if words is None:
        return None
    try:
        message = message_bytes(words, mail.mail_id, workspace.settings.mail.sender, mail.queued_at)
    except (ValueError, UnicodeError):  # the library can't make a message of it, and won't tomorrow
        return Answer(Outcome.REFUSED, "mail_unwritable")
    try:
        workspace.store.apply(outbox.begun(mail.mail_id, at))
    except WriteRefused:
        return None
    try:
        return connection.hand_over(mail.to, message)
    except MailError:
        workspace.store.write(outbox.not_begun(mail.mail_id))
        raise


def _following(mail: KeptMail, answer: Answer, at: datetime) -> datetime | None:
    """When it is tried again; None: it is given up."""
    if answer.outcome is Outcome.REFUSED:
        return None
    if answer.outcome is Outcome.UNKNOWN and mail.unknown_outcomes + 1 >= UNKNOWN_MOST:
        return None
    return next_try(mail.queued_at, mail.attempts + 1, at)


def _noted(mail: KeptMail, answer: Answer, at: datetime) -> Statement:
    if answer.outcome is Outcome.SENT:
        return outbox.sent(mail.mail_id, at)
    is_unknown = answer.outcome is Outcome.UNKNOWN
    until = _following(mail, answer, at)
    if until is None:
        return outbox.given_up([mail.mail_id], answer.code, at, is_unknown=is_unknown)
    return outbox.put_off([mail.mail_id], answer.code, until, is_unknown=is_unknown)


def _settle_cut_off(workspace: Workspace, at: datetime) -> None:
    """Mail whose sender was killed in the middle: counted as given without an answer."""
    with workspace.store.reading() as reader:
        found = outbox.cut_off(reader)
    for mail in found:
        event("mail.cut_off", logging.WARNING, attempt=mail.attempts)
        how = outbox.given_up if mail.unknown_outcomes + 1 >= UNKNOWN_MOST else outbox.put_off
        workspace.store.write(how([mail.mail_id], "mail_outcome_unknown", at, is_unknown=True))


def _due(workspace: Workspace, at: datetime) -> list[KeptMail]:
    """Whose turn has come; what has become too old to be of use is given up instead."""
    with workspace.store.reading() as reader:
        found = outbox.due(reader, at, MOST_AT_ONCE)
    old = [mail for mail in found if mail.queued_at + TRIED_FOR <= at]
    if old:
        for mail in old:
            workspace.store.write(outbox.given_up([mail.mail_id], mail.last_error or "mail_too_old", at))
        event("mail.given_up", logging.WARNING, error="mail_too_old", count=len(old))
    return [mail for mail in found if mail not in old]


def _counted(workspace: Workspace, report: SendReport) -> SendReport:
    with workspace.store.reading() as reader:
        waiting = outbox.counts(reader).waiting
    return SendReport(report.sent, report.put_off, report.given_up, waiting, report.code)

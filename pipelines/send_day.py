"""The daily page as e-mail: into the outbox, once a day for each recipient.

Idempotent: who has been written to about a day is not written to again, whatever the numbers have become since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.build_today import read_today
from pipelines.post import queue_statement
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.access import AccessRole
from qc_workbench.domain.mail import Mail
from qc_workbench.reporting.day_mail import day_mail
from qc_workbench.reporting.document import Words
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.people import accounts
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DaySent:
    """``queued``: how many mails were put into the outbox now; ``already``: recipients who had it before."""

    day: date
    queued: int
    already: int


def recipients(workspace: Workspace, at: datetime) -> dict[str, str]:
    """Address -> language of everybody who gets the page: those of the settings, then accounts of the roles."""
    settings = workspace.settings
    default = settings.company.language
    found: dict[str, str] = {item.address.lower(): item.language or default for item in settings.day.recipients}
    roles = {AccessRole(role) for role in settings.day.roles}
    if roles:
        with workspace.store.reading() as reader:
            for account in accounts(reader):
                has_left = account.left_at is not None and account.left_at <= at
                address = settings.mail.address_of(account.login, account.person.agent_id)
                if account.person.roles & roles and not has_left and address:
                    found.setdefault(address.lower(), default)
    return found


def is_sent_on(workspace: Workspace, day: date) -> bool:
    """Whether the settings send the page of this day: one of their weekdays and no public holiday."""
    settings = workspace.settings
    return day.isoweekday() in settings.day.weekdays and not WorkingCalendar.of(settings.company).is_holiday(day)


def build_day_mail(workspace: Workspace, day: date, at: datetime, to: str, words: Words) -> Mail:
    """The mail that one recipient would get."""
    return day_mail(read_today(workspace, day, at), to, words)


def send_day(workspace: Workspace, day: date, at: datetime, words_of: Callable[[str], Words]) -> DaySent:
    """Queue the page of ``day`` for everybody who has not got it yet. ``words_of``: the catalogue of a language."""
    page = None
    queued = already = 0
    for address, language in recipients(workspace, at).items():
        page = page or read_today(workspace, day, at)
        mail_id, statement = queue_statement(day_mail(page, address, words_of(language)), at, about=f"day_page:{day}")
        line = audit_entry(at, "qcw", "report_exported", day.isoformat(), report="day", format="mail", mail_id=mail_id)
        if workspace.store.write(statement, line, key=f"day_page:{day}:{address}"):
            queued += 1
        else:
            already += 1
    return DaySent(day, queued, already)

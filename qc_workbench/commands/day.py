"""control, mail day: what a day's end does by itself, by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session
from qc_workbench.errors import UsageError

#: A day as it is typed: YYYY-MM-DD, today or yesterday.
Day = Annotated[str, typer.Argument(metavar="[YYYY-MM-DD|today|yesterday]", show_default=False)]


def day_named(session: Session, text: str) -> date:
    """Raises :class:`UsageError` ``day_invalid``."""
    today = session.as_of.astimezone(session.workspace.settings.company.zone).date()
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        return named.get(text) or date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("day_invalid", value=text) from error


def control(session: Session, day: Day = "today") -> Done:
    from pipelines.evening_control import take_evening_control
    from qc_workbench.domain.evening import Unkept

    t, which = session.t, day_named(session, day)
    report = take_evening_control(session.workspace, which, session.as_of)
    found = report.control
    totals = {kind.value: found.total(kind) for kind in Unkept} if found else {}
    lines = [t(f"control.{report.outcome.value}", day=t.day(which, "d MMMM y"))]
    lines += [f"{t(f'unkept.{kind}')}: {t.number(count)}" for kind, count in totals.items()]
    data = {"day": which.isoformat(), "outcome": report.outcome.value, "found": totals}
    return Done(data=data, lines=tuple(lines))


def mail_day(session: Session, day: Day = "today") -> Done:
    from pipelines.send_day import send_day
    from qc_workbench.ui.i18n import Translator

    workspace, which = session.workspace, day_named(session, day)
    zone = workspace.settings.company.zone
    sent = send_day(workspace, which, session.as_of, lambda language: Translator(language, zone))
    if not sent.queued + sent.already:
        raise UsageError("day_without_recipients")
    line = session.t("mail.day.queued", n=sent.queued, already=session.t.number(sent.already))
    return Done(data={"day": which.isoformat(), "queued": sent.queued, "already": sent.already}, lines=(line,))


COMMANDS = (Command(("control",), control), Command(("mail", "day"), mail_day))

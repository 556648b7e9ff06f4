"""mail: what leaves, and whether it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table, person
from qc_workbench.errors import UsageError, WriteRefused

if TYPE_CHECKING:
    from qc_workbench.domain.mail import KeptMail

#: Mails that the list shows.
_SHOWN: Final = 30


def mail(session: Session, given_up: Annotated[bool, typer.Option("--given-up", show_default=False)] = False) -> Done:
    from qc_workbench.store import outbox

    t = session.t
    with session.workspace.store.reading() as reader:
        found, counts = outbox.latest(reader, _SHOWN, given_up=given_up), outbox.counts(reader)
    data = {"waiting": counts.waiting, "given_up": counts.given_up, "mails": [_data(item) for item in found]}
    if not found:
        return Done(data=data, lines=(t("mail.none"),))
    columns = tuple(t(f"mail.column.{name}") for name in ("mail", "to", "subject", "queued", "state"))
    rows = tuple(
        (item.mail_id, item.to, item.subject, t.moment(item.queued_at), _state(session, item)) for item in found
    )
    lines = tuple(
        f"{code}: {t(f'error.{code}')}"
        for code in sorted({item.last_error for item in found if item.last_error})
        if code in _SAID_WITHOUT_MORE
    )
    next_step = t("mail.see_given_up") if counts.given_up and not given_up else None
    return Done(data=data, tables=(Table("", columns, rows),), lines=lines, next_step=next_step)


#: Errors of a mail whose sentence needs no server's name; the others are said by ``qcw doctor`` and ``qcw mail send``.
_SAID_WITHOUT_MORE: Final = frozenset(
    {"mail_refused", "mail_deferred", "mail_lost", "mail_outcome_unknown", "mail_too_old", "mail_unwritable"}
)


def _state(session: Session, item: KeptMail) -> str:
    t = session.t
    if item.sent_at is not None:
        return t("mail.sent_at", moment=t.moment(item.sent_at))
    state = t(f"mail_state.{item.state.value}")
    return f"{state} ({item.last_error})" if item.last_error else state


def _data(item: KeptMail) -> dict[str, object]:
    return {
        "mail_id": item.mail_id,
        "about": item.about,
        "to": item.to,
        "subject": item.subject,
        "state": item.state.value,
        "attempts": item.attempts,
        "queued_at": item.queued_at,
        "next_try_at": item.next_try_at,
        "sent_at": item.sent_at,
        "gave_up_at": item.gave_up_at,
        "code": item.last_error,
        "sha256": item.sha256,
    }


def send(session: Session) -> Done:
    from pipelines.post import send_queued

    t = session.t
    report = send_queued(session.workspace, session.started_at)
    lines = [t("mail.busy")] if report.is_busy else []
    if not report.is_busy:
        amounts = {name: t.number(getattr(report, name)) for name in ("sent", "put_off", "given_up", "waiting")}
        lines.append(t("mail.send_report", **amounts))
    if report.code == "mail_not_configured":
        lines.append(t("error.mail_not_configured"))
    data = {"sent": report.sent, "put_off": report.put_off, "given_up": report.given_up, "waiting": report.waiting,
            "code": report.code or None, "is_busy": report.is_busy}  # fmt: skip
    return Done(
        data=data,
        lines=tuple(lines),
        next_step=t("mail.see_given_up") if report.given_up else None,
        exit_code=1 if report.code or report.given_up else 0,
    )


def test(session: Session, address: Annotated[str, typer.Argument(metavar="ADDRESS", show_default=False)]) -> Done:
    from pipelines.post import send_test
    from qc_workbench.domain.mail import Mail
    from qc_workbench.store.calls import audit_entry

    t = session.t
    trial = Mail(address, t("mail.test_subject"), t("mail.test_text", home=session.workspace.home.name))
    send_test(session.workspace, trial, session.started_at)
    session.workspace.store.write(audit_entry(session.started_at, person(), "mail_tested", "workspace"))
    return Done(data={"sent": True, "address": address}, lines=(t("mail.sent_ok", address=address),))


def again(session: Session, mail_id: Annotated[str, typer.Argument(metavar="MAIL", show_default=False)]) -> Done:
    from qc_workbench.store import outbox
    from qc_workbench.store.calls import audit_entry
    from qc_workbench.store.database import Write

    at = session.started_at
    asked = outbox.asked_again(mail_id, at)
    noted = audit_entry(at, person(), "mail_queued_again", mail_id)
    try:
        session.workspace.store.apply(Write((*asked.statements, noted), require=asked.require))
    except WriteRefused as error:
        raise UsageError("mail_unknown", mail_id=mail_id) from error
    return Done(
        data={"mail_id": mail_id}, lines=(session.t("mail.again_done"),), next_step=session.t("mail.again_next")
    )


COMMANDS = (
    Command(("mail",), mail),
    Command(("mail", "send"), send),
    Command(("mail", "test"), test),
    Command(("mail", "again"), again),
)

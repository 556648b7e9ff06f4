"""The outbox forgets: a person who is erased, and what is older than the company keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.erasure import erase
from pipelines.post import queue_mail
from pipelines.progress import Silent
from pipelines.retention import apply_retention
from qc_workbench.domain.mail import Attachment, Mail
from qc_workbench.review.retention import Kind
from qc_workbench.store import outbox
from qc_workbench.workspace import Workspace
from tests.safekeeping.companies import kept_company
from tests.ui.sample_company import PHONE, PROMISE

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def left(workspace: Workspace) -> set[str]:
    with workspace.store.reading() as reader:
        return {mail.subject for mail in outbox.latest(reader, 100)}


def test_an_erasure_takes_the_mails_that_name_the_person_and_no_others(tmp_path: Path) -> None:
    workspace = kept_company(tmp_path / "company")
    to = "anna@example.com"
    dotted = f"{PHONE[:2]} ({PHONE[2:5]}) {PHONE[5:8]}-{PHONE[8:10]}-{PHONE[10:]}"
    for mail in (
        Mail(to, "number", f"Позвонить {dotted}"),
        Mail(to, "page", "см. письмо", f"<p>{PHONE}</p>"),
        Mail(to, "call", f"Разговор {PROMISE}, 2:10"),
        Mail(to, "table", "во вложении", attachments=(Attachment("a.csv", "text/csv", PHONE.encode()),)),
        Mail(to, "closed file", "во вложении", attachments=(Attachment("a.pdf", "application/pdf", b"%PDF"),)),
        Mail(to, "other call", f"Разговор {PROMISE}0"),
        Mail(to, "open file", "во вложении", attachments=(Attachment("b.csv", "text/csv", b"1;2"),)),
    ):
        queue_mail(workspace, mail, NOW)
    erase(workspace, [PHONE], by="q", now=NOW)
    assert left(workspace) == {"other call", "open file"}


def test_retention_takes_old_mail_that_nobody_waits_for(tmp_path: Path) -> None:
    workspace = kept_company(tmp_path / "company")
    workspace.settings_file.write_text("[retention]\nmail_months = 1\n", encoding="utf-8")
    workspace = Workspace.open(workspace.home)
    old = NOW - timedelta(days=60)
    ids = {
        name: queue_mail(workspace, Mail("anna@example.com", name, "x"), at)
        for name, at in {"sent": old, "given up": old, "waiting": old, "new": NOW}.items()
    }
    gave_up = outbox.given_up([ids["given up"]], "mail_refused", old)
    workspace.store.write(outbox.sent(ids["sent"], old), gave_up, outbox.sent(ids["new"], NOW))
    report = apply_retention(workspace, NOW, Silent(), dry_run=True)
    assert [item.count for item in report.kinds if item.kind is Kind.MAIL] == [2]
    assert len(left(workspace)) == 4
    apply_retention(workspace, NOW, Silent())
    assert left(workspace) == {"waiting", "new"}

"""Mail against a real server on this machine: what arrives, what is tried again, what never is."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import MIMEPart
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.doctor import State, examine
from pipelines.mail_server import MailConnection, MailError
from pipelines.post import queue_mail, send_queued, send_test
from qc_workbench.cli import application
from qc_workbench.domain.mail import TRIED_FOR, Attachment, KeptMail, Mail, MailState
from qc_workbench.errors import NotConfigured, UsageError
from qc_workbench.store import outbox
from qc_workbench.ui.i18n import catalogue
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace
from tests.mail_server import PASSWORD, USER, Mailbox, certificate, mail_server

NOW = datetime(2026, 10, 1, 16, 0, tzinfo=UTC)
LETTER = Mail(
    "anna@example.com",
    "Итоги дня: 1 октября",
    "Здравствуйте!\n\n.Строка с точки\nДо свидания",
    "<p>Здравствуйте!</p>",
    (Attachment("Отчёт за день.pdf", "application/pdf", b"%PDF\r\n.\r\n\x00\xff"),),
)


def settings(port: int, security: str = "none", more: str = "") -> str:
    return (
        f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "{security}"\nsender = "Контроль качества '
        f'<qc@example.com>"\ntimeout_s = 5\n{more}'
    )


def company(tmp_path: Path, text: str = "") -> Workspace:
    return new_workspace(tmp_path / "company", text)


def to(name: str, text: str = "Текст") -> Mail:
    return Mail(f"{name}@example.com", "Тема", text)


def kept(workspace: Workspace, mail_id: str) -> KeptMail:
    with workspace.store.reading() as reader:
        return outbox.mails_with_ids(reader, [mail_id])[mail_id]


def lines(part: MIMEPart) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_mail_arrives_as_it_was_written_and_once(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        workspace = company(tmp_path, settings(port))
        mail_id = queue_mail(workspace, LETTER, NOW, about="day:2026-10-01")
        assert queue_mail(workspace, LETTER, NOW + timedelta(hours=1), about="day:2026-10-01") == mail_id
        assert queue_mail(workspace, LETTER, NOW, about="day:2026-10-02") != mail_id
        assert send_queued(workspace, NOW).sent == 2
        assert send_queued(workspace, NOW + timedelta(minutes=5)).sent == 0
    assert len(mailbox.raw) == 2
    message = next(item for item in mailbox.messages if mail_id in str(item["Message-ID"]))
    assert str(message["From"]) == "Контроль качества <qc@example.com>"
    assert str(message["To"]) == "anna@example.com"
    assert str(message["Subject"]) == "Итоги дня: 1 октября"
    assert str(message["Message-ID"]) == f"<{mail_id}@example.com>"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert lines(plain) == "Здравствуйте!\n\n.Строка с точки\nДо свидания\n"
    assert lines(page) == "<p>Здравствуйте!</p>\n"
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("Отчёт за день.pdf", "application/pdf")
    assert attached.get_content() == b"%PDF\r\n.\r\n\x00\xff"
    assert all(byte < 128 for byte in mailbox.raw[0][1]), "seven bits: no server has to be asked"
    with workspace.store.reading() as reader:
        words = outbox.words_of(reader, mail_id)
        (mail,) = outbox.mails_about(reader, "day:2026-10-01")
    assert words is not None
    assert (words.attachments[0].name, words.attachments[0].content) == ("Отчёт за день.pdf", b""), "let go once sent"
    assert (mail.state, mail.sent_at, mail.sha256) == (MailState.SENT, NOW, LETTER.sha256)


@pytest.mark.parametrize("at_once", [False, True], ids=["starttls", "tls"])
def test_the_connection_is_protected_and_logged_in(tmp_path: Path, at_once: bool) -> None:
    home = tmp_path / "company"
    files, mailbox = certificate(home), Mailbox()
    with mail_server(mailbox, tls=files, at_once=at_once) as port:
        security = "tls" if at_once else "starttls"
        login = f'user = "{USER}"\nca_file = "mail.crt"\n'
        workspace = company(tmp_path, settings(port, security, login))
        with pytest.raises(NotConfigured, match="mail_password_unreadable"):
            send_test(workspace, to("anna"), NOW)
        (home / "mail-password").write_text(f"{PASSWORD}\n", encoding="utf-8")
        send_test(workspace, to("anna"), NOW)
        assert mailbox.addressees == ["anna@example.com"]

        for wrong in ("другой", "another"):
            (home / "mail-password").write_text(wrong, encoding="utf-8")
            with pytest.raises(MailError, match="mail_login_refused"):
                send_test(workspace, to("anna"), NOW)
        without_authority = company(tmp_path, settings(port, security, f'user = "{USER}"\n'))
        with pytest.raises(MailError, match="mail_certificate"):
            send_test(without_authority, to("anna"), NOW)
    assert len(mailbox.raw) == 1


def test_no_password_and_no_mail_go_to_a_server_without_protection(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        workspace = company(tmp_path, settings(port, "starttls"))
        with pytest.raises(MailError, match="mail_no_protection"):
            send_test(workspace, to("anna"), NOW)
    assert mailbox.raw == []


def test_a_server_that_is_away_is_tried_again_later_and_then_no_more(tmp_path: Path) -> None:
    workspace = company(tmp_path, settings(closed_port()))
    mail_ids = [queue_mail(workspace, to(name), NOW) for name in ("anna", "boris")]
    report = send_queued(workspace, NOW)
    assert (report.sent, report.put_off, report.code, report.waiting) == (0, 2, "mail_unreachable", 2)
    assert send_queued(workspace, NOW + timedelta(seconds=30)).put_off == 0, "not its turn yet"
    at, tries = NOW, 1
    while (mail := kept(workspace, mail_ids[0])).state is MailState.WAITING:
        assert mail.next_try_at is not None
        assert timedelta(minutes=1) <= mail.next_try_at - at <= timedelta(hours=1)
        at, tries = mail.next_try_at, tries + 1
        send_queued(workspace, at)
    assert (mail.state, mail.last_error, mail.attempts) == (MailState.GIVEN_UP, "mail_unreachable", tries)
    assert timedelta(days=2) < at - NOW < TRIED_FOR
    assert kept(workspace, mail_ids[1]).state is MailState.GIVEN_UP


def test_one_bad_addressee_holds_up_nobody(tmp_path: Path) -> None:
    mailbox = Mailbox(
        answers={"nobody@example.com": "550 No such user", "busy@example.com": "451 Try later"},
        after_data={"full@example.com": "552 Mailbox full", "slow@example.com": "452 Not now"},
    )
    with mail_server(mailbox) as port:
        workspace = company(tmp_path, settings(port))
        ids = {
            name: queue_mail(workspace, to(name), NOW + timedelta(seconds=place))
            for place, name in enumerate(["nobody", "anna", "full", "boris", "busy", "slow", "vera"])
        }
        report = send_queued(workspace, NOW + timedelta(minutes=1))
        assert (report.sent, report.put_off, report.given_up, report.waiting) == (3, 2, 2, 2)
        assert mailbox.addressees == ["anna@example.com", "boris@example.com", "vera@example.com"]
        states = {name: (kept(workspace, key).state, kept(workspace, key).last_error) for name, key in ids.items()}
        assert states["nobody"] == states["full"] == (MailState.GIVEN_UP, "mail_refused")
        assert states["busy"] == states["slow"] == (MailState.WAITING, "mail_deferred")
        mailbox.answers.clear()
        mailbox.after_data.clear()
        assert send_queued(workspace, NOW + timedelta(minutes=10)).sent == 2
        assert "nobody@example.com" not in mailbox.addressees, "what was refused for good is not repeated"


def test_a_mail_without_an_answer_is_sent_once_more_and_never_again(tmp_path: Path) -> None:
    mailbox = Mailbox(after_data={"anna@example.com": ""})
    with mail_server(mailbox) as port:
        workspace = company(tmp_path, settings(port))
        mail_id = queue_mail(workspace, to("anna"), NOW)
        queue_mail(workspace, to("boris"), NOW + timedelta(seconds=1))
        for minutes in (1, 10, 30, 90, 300):
            send_queued(workspace, NOW + timedelta(minutes=minutes))
    assert mailbox.addressees == ["anna@example.com", "boris@example.com", "anna@example.com"]
    first, second = (item for item in mailbox.messages if item["To"] == "anna@example.com")
    assert first["Message-ID"] == second["Message-ID"], "a mailbox can tell that it is the same"
    found = kept(workspace, mail_id)
    assert (found.state, found.last_error) == (MailState.GIVEN_UP, "mail_outcome_unknown")


class _Killed(BaseException):
    """As if the process were gone: nothing after it runs that would tidy up."""


def test_who_is_killed_before_noting_that_it_was_sent_sends_it_once_more(tmp_path: Path) -> None:
    mailbox = Mailbox()

    class KilledAfterwards(MailConnection):
        def hand_over(self, to: str, message: bytes) -> Any:
            super().hand_over(to, message)
            raise _Killed

    with mail_server(mailbox) as port:
        workspace = company(tmp_path, settings(port))
        mail_id = queue_mail(workspace, to("anna"), NOW)
        for minutes in (0, 1):
            with pytest.raises(_Killed):
                send_queued(workspace, NOW + timedelta(minutes=minutes), connect=KilledAfterwards)
        for minutes in (2, 60):
            send_queued(workspace, NOW + timedelta(minutes=minutes))
    assert len(mailbox.raw) == 2
    assert kept(workspace, mail_id).last_error == "mail_outcome_unknown"


def test_without_a_server_mail_waits_and_old_mail_is_not_sent_after_days(tmp_path: Path) -> None:
    workspace = company(tmp_path)
    mail_id = queue_mail(workspace, to("anna"), NOW)
    report = send_queued(workspace, NOW)
    assert (report.code, report.waiting) == ("mail_not_configured", 1)
    with pytest.raises(NotConfigured, match="mail_not_configured"):
        send_test(workspace, to("anna"), NOW)
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        workspace = company(tmp_path, settings(port))
        send_queued(workspace, NOW + timedelta(days=4))
        assert mailbox.raw == []
        assert kept(workspace, mail_id).last_error == "mail_too_old"
        again = CliRunner().invoke(application("en"), ["--home", str(workspace.home), "mail", "again", mail_id])
        assert again.exit_code == 0, again.output
        send_queued(workspace, datetime.now(UTC))
        assert mailbox.addressees == ["anna@example.com"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda mail: Mail("anna@example.com\nBcc: eve@example.com", mail.subject, mail.text),
        lambda mail: Mail("anna@example.com, eve@example.com", mail.subject, mail.text),
        lambda mail: Mail("Anna <anna@example.com>", mail.subject, mail.text),
        lambda mail: Mail("anna", mail.subject, mail.text),
        lambda mail: Mail(mail.to, " ", mail.text),
        lambda mail: Mail(mail.to, mail.subject, mail.text, "", (Attachment("a", "a/b", bytes(16 * 2**20)),)),
    ],
)
def test_what_is_no_mail_is_not_queued(tmp_path: Path, spoil: Callable[[Mail], Mail]) -> None:
    workspace = company(tmp_path)
    with pytest.raises(UsageError):
        queue_mail(workspace, spoil(LETTER), NOW)
    with workspace.store.reading() as reader:
        assert outbox.counts(reader).waiting == 0


def test_no_header_can_be_put_into_a_subject_or_a_file_name(tmp_path: Path) -> None:
    mailbox = Mailbox()
    evil = Mail(
        "anna@example.com",
        "Отчёт\r\nBcc: eve@example.com\r\n\r\nтело",
        "Текст\r\n.\r\nMAIL FROM:<eve@example.com>\r\nещё",
        attachments=(Attachment('../..\r\nX-Evil: 1\r\n\r\n".pdf', "text/x\r\nX-Evil: 2", b"x"),),
    )
    with mail_server(mailbox) as port:
        workspace = company(tmp_path, settings(port))
        queue_mail(workspace, evil, NOW)
        assert send_queued(workspace, NOW).sent == 1
    (message,) = mailbox.messages
    assert mailbox.addressees == ["anna@example.com"]
    assert not {"Bcc", "X-Evil"} & set(message.keys())
    (attached,) = message.iter_attachments()
    assert "X-Evil" not in attached
    assert "/" not in str(attached.get_filename())
    body = message.get_body(("plain",))
    assert body is not None
    assert lines(body) == "Текст\n.\nMAIL FROM:<eve@example.com>\nещё\n"


def test_the_commands_say_what_happened_and_what_to_do(tmp_path: Path) -> None:
    def qcw(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(application("en"), ["--home", str(workspace.home), *words])
        return done.exit_code, done.output + (done.stderr if done.stderr_bytes else "")

    workspace = company(tmp_path)
    assert "Set host and sender in [mail]" in qcw("mail", "test", "anna@example.com")[1]
    assert qcw("mail")[1].strip() == "No mail yet."
    mailbox = Mailbox(answers={"nobody@example.com": "550 No such user"})
    with mail_server(mailbox) as port:
        workspace = company(tmp_path, settings(port))
        assert qcw("mail", "test", "anna@example.com")[0] == 0
        for name in ("boris", "nobody"):
            queue_mail(workspace, to(name), datetime.now(UTC))
        code, said = qcw("mail", "send")
        assert (code, "Sent: 1." in said, "Could not be sent: 1." in said) == (1, True, True)
        code, said = qcw("mail", "--given-up")
        assert (code, "refused the mail for good" in said) == (0, True)
        assert qcw("mail", "again", "x")[0] == 2
        (check,) = [item for item in examine(workspace.home) if item.code == "mail"]
        assert check.state is State.OK
    (check,) = [item for item in examine(workspace.home) if item.code == "mail"]
    assert check.state is State.FAULT


def test_nothing_personal_goes_to_the_log(tmp_path: Path) -> None:
    mailbox = Mailbox(answers={"nobody@example.com": "550 No such user"})
    with mail_server(mailbox) as port:
        workspace = company(tmp_path, settings(port))
        for name in ("anna", "nobody"):
            queue_mail(workspace, to(name), datetime.now(UTC))
        CliRunner().invoke(application("en"), ["--home", str(workspace.home), "mail", "send"])
    (log,) = (workspace.home / "logs").glob("*.jsonl")
    written = log.read_text(encoding="utf-8")
    assert "mail.sent" in written
    assert "mail_refused" in written
    assert not any(word in written for word in ("anna", "nobody", "example.com", "Тема"))


def test_every_error_of_mail_has_its_words() -> None:
    root = Path(__file__).parent.parent.parent
    text = "".join((root / "pipelines" / f"{name}.py").read_text(encoding="utf-8") for name in ("post", "mail_server"))
    codes = set(re.findall(r'"(mail_[a-z_]+)"', text))
    assert len(codes) > 12
    assert [code for code in sorted(codes) if f"error.{code}" not in catalogue()] == []

"""Mail that leaves: what waits, what was sent, what was given up. Words of a mail are read only to send or show it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from qc_workbench.domain.mail import Attachment, KeptMail, Mail, mail_id_of
from qc_workbench.store.database import Reader, Row, Statement, Write, from_json, to_json

_COLUMNS: Final = (
    "mail_id, about, recipient, subject, sha256, queued_at, next_try_at, attempts, unknown_outcomes, last_error, "
    "sent_at, gave_up_at"
)
#: What was attached without its content: it has left, or nobody will send it.
_LET_GO: Final = """to_json(list_transform(from_json(attachments, '[{"name":"VARCHAR","content_type":"VARCHAR",
    "size_bytes":"BIGINT","sha256":"VARCHAR","content":"VARCHAR"}]'), lambda item: {'name': item.name,
    'content_type': item.content_type, 'size_bytes': item.size_bytes, 'sha256': item.sha256}))"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many mails wait and were given up; ``oldest_at``: since when the first waits."""

    waiting: int
    given_up: int
    oldest_at: datetime | None


def queued(mail: Mail, about: str, at: datetime) -> Statement:
    """Puts a mail into the outbox; one that is there is left as it is, whatever became of it."""
    attached = [
        {
            "name": item.name, "content_type": item.content_type, "size_bytes": len(item.content),
            "sha256": sha256(item.content).hexdigest(), "content": b64encode(item.content).decode("ascii"),
        }
        for item in mail.attachments
    ]  # fmt: skip
    row: dict[str, Any] = {
        "mail_id": mail_id_of(mail, about), "about": about, "recipient": mail.to, "subject": mail.subject,
        "text": mail.text, "html": mail.html, "attachments": to_json(attached), "sha256": mail.sha256,
        "queued_at": at, "next_try_at": at, "attempts": 0, "unknown_outcomes": 0,
    }  # fmt: skip
    names, marks = ", ".join(row), ", ".join("?" for _ in row)
    return Statement(f"insert or ignore into outbox ({names}) values ({marks})", tuple(row.values()))  # noqa: S608 - names of this module


def kept_mail(row: Row) -> KeptMail:
    values = {name: value for name, value in row.items() if name in KeptMail.__dataclass_fields__}
    return KeptMail(to=row["recipient"], **values)


def mails_about(reader: Reader, about: str) -> list[KeptMail]:
    """What was sent about one thing, the newest first."""
    rows = reader.rows(f"select {_COLUMNS} from outbox where about = ? order by queued_at desc, mail_id", about)  # noqa: S608 - names of this module
    return [kept_mail(row) for row in rows]


def mails_with_ids(reader: Reader, mail_ids: Sequence[str]) -> dict[str, KeptMail]:
    """These mails by their id; those that retention has removed are left out."""
    rows = reader.rows(
        f"select {_COLUMNS} from outbox where mail_id in (select unnest(?::varchar[]))",  # noqa: S608 - names of this module
        list(mail_ids),
    )
    return {row["mail_id"]: kept_mail(row) for row in rows}


def latest(reader: Reader, limit: int, *, given_up: bool = False) -> list[KeptMail]:
    """The newest mails, or of those that were given up."""
    condition = "gave_up_at is not null" if given_up else "true"
    rows = reader.rows(
        f"select {_COLUMNS} from outbox where {condition} order by queued_at desc, mail_id limit ?",  # noqa: S608 - names of this module
        limit,
    )
    return [kept_mail(row) for row in rows]


def counts(reader: Reader) -> Counts:
    row = reader.row(
        "select count(*) filter (sent_at is null and gave_up_at is null) as waiting, "
        "count(*) filter (gave_up_at is not null) as given_up, "
        "min(queued_at) filter (sent_at is null and gave_up_at is null) as oldest_at from outbox"
    )
    return Counts(**row) if row else Counts(0, 0, None)


def cut_off(reader: Reader) -> list[KeptMail]:
    """Those whose sender died or lost the server before it answered. To be asked by the one sender there is."""
    rows = reader.rows(f"select {_COLUMNS} from outbox where begun_at is not null order by queued_at, mail_id")  # noqa: S608 - names of this module
    return [kept_mail(row) for row in rows]


def due(reader: Reader, at: datetime, limit: int) -> list[KeptMail]:
    """Those whose turn has come, the oldest first."""
    rows = reader.rows(
        f"select {_COLUMNS} from outbox where next_try_at <= ? and sent_at is null and gave_up_at is null "  # noqa: S608 - names of this module
        "order by queued_at, mail_id limit ?",
        at,
        limit,
    )
    return [kept_mail(row) for row in rows]


def is_due(reader: Reader, at: datetime) -> bool:
    """Whether anything waits whose turn has come, or was cut off while it was handed over."""
    found = reader.value("select 1 from outbox where (next_try_at <= ? or begun_at is not null) limit 1", at)
    return found is not None


def words_of(reader: Reader, mail_id: str) -> Mail | None:
    """A mail with its words; what was attached has no content any more once it was sent."""
    row = reader.row("select recipient, subject, text, html, attachments from outbox where mail_id = ?", mail_id)
    if row is None:
        return None
    attached = tuple(
        Attachment(item["name"], item["content_type"], b64decode(item.get("content") or ""))
        for item in from_json(row["attachments"])
    )
    return Mail(row["recipient"], row["subject"], row["text"], row["html"], attached)


def mail_ids(reader: Reader) -> list[str]:
    return [row["mail_id"] for row in reader.rows("select mail_id from outbox order by mail_id")]


def deleted(mail_ids: Sequence[str]) -> Statement:
    return Statement("delete from outbox where mail_id in (select unnest(?::varchar[]))", (list(mail_ids),))


def begun(mail_id: str, at: datetime) -> Write:
    """It is handed over from now on. Refused (:class:`~qc_workbench.errors.WriteRefused`) where it no longer waits."""
    return Write(
        (Statement("update outbox set begun_at = ?, attempts = attempts + 1 where mail_id = ?", (at, mail_id)),),
        require=(
            Statement(
                "select 1 from outbox where mail_id = ? and next_try_at is not null and begun_at is null",
                (mail_id,),
            ),
        ),
    )


def not_begun(mail_id: str) -> Statement:
    """Nothing of it was given to the server: there was none."""
    return Statement("update outbox set begun_at = null, attempts = attempts - 1 where mail_id = ?", (mail_id,))


def sent(mail_id: str, at: datetime) -> Statement:
    return Statement(
        "update outbox set sent_at = ?, begun_at = null, next_try_at = null, last_error = null, "  # noqa: S608 - of this module
        f"attachments = {_LET_GO} where mail_id = ?",
        (at, mail_id),
    )


def put_off(mail_ids: Sequence[str], code: str, until: datetime, *, is_unknown: bool = False) -> Statement:
    """It is tried again. ``is_unknown``: it may have arrived."""
    return Statement(
        "update outbox set next_try_at = ?, begun_at = null, last_error = ?, unknown_outcomes = unknown_outcomes + ? "
        "where mail_id in (select unnest(?::varchar[]))",
        (until, code, int(is_unknown), list(mail_ids)),
    )


def given_up(mail_ids: Sequence[str], code: str, at: datetime, *, is_unknown: bool = False) -> Statement:
    return Statement(
        "update outbox set gave_up_at = ?, begun_at = null, next_try_at = null, last_error = ?, "
        "unknown_outcomes = unknown_outcomes + ? where mail_id in (select unnest(?::varchar[]))",
        (at, code, int(is_unknown), list(mail_ids)),
    )


def tried_in_vain(mail_ids: Sequence[str]) -> Statement:
    """The server could not be reached: an attempt of each of these."""
    return Statement(
        "update outbox set attempts = attempts + 1 where mail_id in (select unnest(?::varchar[]))", (list(mail_ids),)
    )


def asked_again(mail_id: str, at: datetime) -> Write:
    """A person wants a mail tried again that was given up: as if it had just been queued."""
    return Write(
        (
            Statement(
                "update outbox set gave_up_at = null, next_try_at = ?, queued_at = ?, attempts = 0, "
                "unknown_outcomes = 0 where mail_id = ?",
                (at, at, mail_id),
            ),
        ),
        require=(Statement("select 1 from outbox where mail_id = ? and gave_up_at is not null", (mail_id,)),),
    )


#: What retention may take: it was queued before a moment and nobody waits for it.
_OVER: Final = "queued_at < ? and (sent_at is not null or gave_up_at is not null)"


def to_forget(reader: Reader, before: datetime) -> Row:
    """``n``, ``oldest`` and ``newest`` of what :func:`forgotten_before` removes."""
    return reader.rows(
        f"select count(*) as n, min(queued_at) as oldest, max(queued_at) as newest from outbox where {_OVER}",  # noqa: S608 - of this module
        before,
    )[0]


def forgotten_before(moment: datetime) -> Statement:
    """Retention: what was queued before it goes, words and all. What still waits stays."""
    return Statement(f"delete from outbox where {_OVER}", (moment,))  # noqa: S608 - of this module

"""A mail that leaves, what becomes of it, and when it is tried again.

A mail has one addressee: whoever can't be reached holds up nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

#: What a mail may weigh in all, bytes, before it is coded for the way, which adds a third: servers often take 25 MB.
MOST_BYTES: Final = 15 * 2**20
#: How long a mail is tried, from when it was queued. A daily page of last week is of no use; RFC 5321 (4.5.4.1) lets
#: servers try for four or five days, people hear of a failure sooner here.
TRIED_FOR: Final = timedelta(days=3)
#: Pauses after the first, second, … attempt that failed for now; the last one from then on. RFC 5321 asks for half an
#: hour at least between servers; the own server of a company is mostly away for a minute.
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
#: Times that a mail may be cut off without an answer before it is given up: so it is sent once too often at most.
UNKNOWN_MOST: Final = 2

#: RFC 5321 takes more (quoted names); what people have is this. The domain may be Cyrillic.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{3,253}$)[^\W_](?:[\w-]*\w)?(?:\.[^\W_](?:[\w-]*\w)?)+")  # fmt: skip  # noqa: E501


class MailState(StrEnum):
    """``mail_state.<code>``. ``GIVEN_UP``: the server refused it for good, or it was tried in vain for three days."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail: ``content_type`` as in ``application/pdf``."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """``to``: one plain address. ``text`` is always there; ``html`` shows the same to those who see it."""

    to: str
    subject: str
    text: str
    html: str = ""
    attachments: Sequence[Attachment] = ()

    @property
    def size_bytes(self) -> int:
        written = sum(len(part.encode()) for part in (self.subject, self.text, self.html))
        return written + sum(len(item.content) for item in self.attachments)

    @property
    def sha256(self) -> str:
        """Of everything in it, each part with its length, so that no two mails share it."""
        parts = [self.to.encode(), self.subject.encode(), self.text.encode(), self.html.encode()]
        for item in self.attachments:
            parts += [item.name.encode(), item.content_type.encode(), item.content]
        digest = sha256()
        for part in parts:
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A row of the outbox without its words. ``about``: what it is for, see :func:`mail_id_of`. ``last_error``: a code
    (``error.<code>``) of the last attempt that failed. ``next_try_at`` is None once it is sent or given up."""

    mail_id: str
    about: str
    to: str
    subject: str
    sha256: str
    queued_at: datetime
    next_try_at: datetime | None
    attempts: int
    unknown_outcomes: int
    last_error: str | None
    sent_at: datetime | None
    gave_up_at: datetime | None

    @property
    def state(self) -> MailState:
        if self.sent_at is not None:
            return MailState.SENT
        return MailState.WAITING if self.gave_up_at is None else MailState.GIVEN_UP


def is_address(text: str) -> bool:
    """Whether mail can be sent to ``text``: name@domain and nothing else, so that nothing can hide in it."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None and ".." not in text


def mail_id_of(mail: Mail, about: str) -> str:
    """The same mail about the same thing has one id, and so is queued once. ``about`` names the thing with its moment:
    ``day_page:2026-10-01:ivanova``."""
    return sha256(f"{about}\n{mail.sha256}".encode()).hexdigest()[:32]


def next_try(queued_at: datetime, attempts: int, at: datetime) -> datetime | None:
    """When a mail is tried again whose attempt number ``attempts`` failed for now at ``at``; None: no more."""
    following = at + PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return following if following < queued_at + TRIED_FOR else None
